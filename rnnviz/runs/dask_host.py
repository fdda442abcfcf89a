"""What runs inside a Dask worker: our Scheduler on a thread of its own, and a letter box between it and the server.

A Host is a Dask actor. The server calls its coroutines straight on the worker, past Dask's scheduler: `put` brings
messages, `take` waits until there are some (a long poll). A batch of messages travels as one packed message, so Dask
carries bytes and pickles nothing of ours. A server that asks no more is gone, and training ends.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from distributed import get_worker

from rnnviz.runs.messages import pack, unpack

HELD = 2.0  # seconds for which `take` waits for a message
ALONE = 10.0  # seconds without a `take` after which the server is thought gone
NICE = 10  # lower priority than the worker's event loop and what else runs beside it


class LetterBox:
    """What the Scheduler, on its thread, takes for a connection. `put`, `take` and `end` are for the event loop."""

    def __init__(self, on_loop: Callable[[Callable[[], None]], object]) -> None:
        """on_loop(function): has the event loop call it; may be used on any thread."""
        self.ended = ""  # why nothing comes any more
        self._on_loop = on_loop
        self._heard = time.monotonic()  # when the server last asked
        self._inbox: deque[bytes] = deque()
        self._outbox: deque[bytes] = deque()
        self._arrived = threading.Condition()
        self._filled = asyncio.Event()

    def poll(self, timeout: float) -> bool:
        """Whether there is a message, within `timeout` seconds. Raises EOFError when the server is gone."""
        until = time.monotonic() + timeout
        with self._arrived:
            while True:
                now = time.monotonic()
                if self.ended or now > self._heard + ALONE:
                    raise EOFError("the server is gone")
                if self._inbox or now >= until:
                    return bool(self._inbox)
                self._arrived.wait(min(until - now, ALONE / 4))

    def recv_bytes(self) -> bytes:
        return self._inbox.popleft()

    def send_bytes(self, message: bytes) -> None:
        self._outbox.append(message)
        self._on_loop(self._filled.set)

    def put(self, messages: list[bytes]) -> None:
        with self._arrived:
            self._inbox.extend(messages)
            self._arrived.notify()

    async def take(self) -> list[bytes]:
        """All that waits to be sent; [] after HELD seconds. Raises EOFError when nothing will come any more."""
        self._heard = time.monotonic()
        if not self._outbox and not self.ended:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._filled.wait(), HELD)
        self._heard = time.monotonic()
        self._filled.clear()
        messages = [self._outbox.popleft() for _ in range(len(self._outbox))]
        if self.ended and not messages:
            raise EOFError(self.ended)
        return messages

    def end(self, why: str) -> None:
        with self._arrived:
            self.ended = self.ended or why
            self._arrived.notify()
        self._on_loop(self._filled.set)


class Host:
    """The actor: one for each server that uses this worker."""

    def __init__(self) -> None:
        self._box = LetterBox(get_worker().loop.add_callback)
        self._thread = threading.Thread(target=self._work, name="rnnviz", daemon=True)
        self._thread.start()
        atexit.register(self._leave)  # or the interpreter would be taken down under a training step

    async def put(self, batch: bytes) -> None:
        self._box.put(unpack(batch)[1])

    async def take(self) -> bytes:
        return pack({}, *await self._box.take())

    async def end(self) -> None:
        """Train no more. Returns when the thread has ended, at the latest after two seconds."""
        await asyncio.to_thread(self._leave)

    def _leave(self) -> None:
        self._box.end("the server has closed")
        self._thread.join(2.0)

    def _work(self) -> None:
        why = "it ended on an error, which its log has"
        try:
            import torch

            from rnnviz import training
            from rnnviz.runs.scheduler import Scheduler

            torch.set_num_threads(1)
            training.warm_up()
            if hasattr(os, "nice"):
                os.nice(NICE)  # on Linux of this thread alone
            self._box.send_bytes(pack({"kind": "ready"}))
            Scheduler(self._box).serve()
        except ImportError as error:
            why = str(error)
        except EOFError:
            why = "it heard nothing from the server"
        finally:
            atexit.unregister(self._leave)
            self._box.end(why)
