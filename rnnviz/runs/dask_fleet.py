"""The workers of a Dask cluster that somebody else runs; RNNVIZ_SCHEDULER says where its scheduler listens.

One thread with one event loop connects, looks which workers there are, puts a Host (`dask_host.py`) on each and
carries messages. What goes away is tried again for as long as the fleet is open. Nothing here imports torch.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from contextlib import suppress
from importlib import import_module
from typing import Any

from distributed import Client, Future
from distributed.protocol import to_serialize

from rnnviz.runs.dask_host import Host
from rnnviz.runs.fleet import Fleet, Link
from rnnviz.runs.messages import pack, unpack

log = logging.getLogger(__name__)

CONNECT = 3.0  # seconds for an answer of the scheduler
LOOK_EVERY = 1.0  # seconds between two looks at which workers there are
TRY_AGAIN = 10.0  # seconds after which a worker that could not train is asked again
SILENCE = 30.0  # seconds without an answer, although `take` is held for two only, after which a worker is given up
TOGETHER = 0.2  # seconds within which workers that end have ended together
LEAVE = 3.0  # seconds for a Host to end
EXPECTED = (OSError, EOFError, ImportError)  # what makes a link end; anything else is a defect of ours


class DaskLink(Link):
    """The Host on one Dask worker."""

    def __init__(self, address: str, client: Client) -> None:
        self.address = address
        self.words = ""
        self.outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._client = client
        self.host: Future | None = None

    @property
    def label(self) -> str:
        return f"Dask worker {self.address}"

    @property
    def exit_words(self) -> str:
        return self.words

    def send(self, message: bytes) -> None:
        with suppress(RuntimeError):  # the fleet has closed, and its loop with it
            self._loop.call_soon_threadsafe(self.outbox.put_nowait, message)

    async def start(self) -> None:
        """Put a Host on the worker. Raises ImportError where it cannot import it."""
        here: dict[str, Any] = {"workers": [self.address], "allow_other_workers": False, "pure": False}
        error = await self._client.submit(import_module, Host.__module__, **here).exception()
        if error is not None:  # a Host sent there would end the worker
            raise error
        self.host = self._client.submit(Host, actor=True, **here)
        await self.host

    async def call(self, function: str, *arguments: bytes) -> Any:
        """Call the Host. As `distributed.Actor` does, but without waiting for a lost worker to come back."""
        if self.host is None:
            raise EOFError("it has no Host")
        wrapped = [to_serialize(argument) for argument in arguments]
        worker = self._client.rpc(self.address)
        answer = await worker.actor_execute(actor=self.host.key, function=function, args=wrapped, kwargs={})
        if answer["status"] != "OK":
            raise answer["exception"]
        return answer["result"]

    async def deliver(self) -> None:
        while True:
            messages = [await self.outbox.get()]
            while not self.outbox.empty():
                messages.append(self.outbox.get_nowait())
            await self.call("put", pack({}, *messages))


class DaskFleet(Fleet):
    """Every worker that the scheduler knows, once it can train. Callbacks come on the fleet's own thread."""

    comes_back = True

    def __init__(self, *callbacks: Any, address: str | None = None) -> None:
        super().__init__(*callbacks)
        self.address = address or os.environ.get("RNNVIZ_SCHEDULER") or ""
        if not self.address:
            raise ValueError("No Dask scheduler is named. Set RNNVIZ_SCHEDULER, for example to tcp://127.0.0.1:8786.")
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # `trouble` says it once, in words
        self._links: list[DaskLink] = []  # replaced, never changed: it is read on other threads
        self._trouble = ""
        self._refusals: dict[str, str] = {}  # a worker's address -> why it cannot train
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()  # and closing
        self.want(0)

    @property
    def links(self) -> list[Link]:
        return [*self._links]

    @property
    def trouble(self) -> str:
        return "" if self._links else self._trouble or next(iter(self._refusals.values()), "")

    def want(self, busy: int) -> None:
        with self._starting:
            if self._thread is None:
                self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
                self._thread = threading.Thread(target=self._run, name="rnnviz-dask", daemon=True)
                self._thread.start()

    def close(self) -> None:
        with self._starting:
            if self._thread is not None:
                self._loop.call_soon_threadsafe(self._stop.set)
                self._thread.join(2 * LEAVE)
                self._thread = None

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        """Connect, again and again."""
        stopped = asyncio.create_task(self._stop.wait())
        while not self._stop.is_set():
            session = asyncio.create_task(self._session())
            await asyncio.wait([session, stopped], return_when=asyncio.FIRST_COMPLETED)
            if self._stop.is_set():
                await _cancel(session)
            elif isinstance(error := _error(session), OSError):
                self._say(f"The Dask scheduler at {self.address} cannot be reached; runs go on when it is back.")
            else:  # other versions, an address that is none, missing certificates
                self._say(f"The Dask cluster at {self.address} cannot be used: {error}")
            await asyncio.wait([stopped], timeout=LOOK_EVERY)

    async def _session(self) -> None:
        """Until the connection to the scheduler breaks (OSError) or this is cancelled."""
        options: dict[str, Any] = {"asynchronous": True, "set_as_default": False, "direct_to_workers": True}
        client = Client(self.address, timeout=CONNECT, **options)
        served: dict[str, asyncio.Task[None]] = {}
        try:
            await client
            while client.status == "running":
                self._look(client, served, await client.nthreads())
                await asyncio.sleep(LOOK_EVERY)
            raise ConnectionError("the connection broke")
        finally:
            await _cancel(*served.values())
            self._refusals = {}
            await client.close()

    def _look(self, client: Client, served: dict[str, asyncio.Task[None]], listed: dict[str, int]) -> None:
        """Serve the workers that have come, leave those that have gone."""
        for address in [address for address in served if address not in listed or served[address].done()]:
            served.pop(address).cancel()
        self._refusals = {address: why for address, why in self._refusals.items() if address in listed}
        for address in listed:
            if address not in served:
                served[address] = asyncio.create_task(self._serve(DaskLink(address, client)))
        nobody = f"The Dask cluster at {self.address} has no workers; runs go on when one joins."
        self._say("" if listed else nobody)

    async def _serve(self, link: DaskLink) -> None:
        """Everything about one worker, until it goes or this is cancelled."""
        tasks = [asyncio.create_task(self._receive(link)), asyncio.create_task(link.deliver())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            error = _error(done.pop())
            link.words = _in_words(error)
            refusal = f"The {link.label} cannot train: {link.words}."
            if link.ready or refusal != self._refusals.get(link.address):
                log.warning("%s: %s", link.label, link.words, exc_info=None if isinstance(error, EXPECTED) else error)
        finally:
            await _cancel(*tasks)
            await self._leave(link)
        if not link.ready:
            self._refusals[link.address] = refusal
            await asyncio.sleep(TRY_AGAIN)

    async def _leave(self, link: DaskLink) -> None:
        self._links = [each for each in self._links if each is not link]
        if self._stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(link.call("end"), return_exceptions=True), LEAVE)
        elif link.ready:
            with suppress(asyncio.CancelledError):  # the callback is owed in any case
                await asyncio.sleep(TOGETHER)  # its jobs must not go to a worker that is about to end as well
            self.on_end(link)
        link.host = None  # the cluster may forget it

    async def _receive(self, link: DaskLink) -> None:
        await link.start()
        while True:
            batch = await asyncio.wait_for(link.call("take"), SILENCE)
            for message in unpack(batch)[1]:
                if link.ready:
                    self.on_message(link, message)
                else:
                    link.ready = True
                    self._refusals.pop(link.address, None)
                    self._links = [*self._links, link]
                    self.on_ready(link)

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.warning(trouble)
        self._trouble = trouble


def _error(task: asyncio.Task[None]) -> BaseException:
    """Of a task that never ends by itself."""
    error = None if task.cancelled() else task.exception()
    return error or ConnectionError("it was cancelled")


def _in_words(error: BaseException) -> str:
    """Why a worker went."""
    if isinstance(error, TimeoutError):
        return f"it did not answer for {SILENCE:g} seconds"
    if isinstance(error, OSError):
        return "the connection broke"
    return str(error) if isinstance(error, EXPECTED) else f"{type(error).__name__}: {error}"


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
