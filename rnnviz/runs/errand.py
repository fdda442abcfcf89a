"""Errands as the server sees them: each a process of its own, of which a few run at a time and the rest wait."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import IO, Any

from rnnviz import errands
from rnnviz.environment import whole_number
from rnnviz.errands.command import EXPECTED, FORMAT
from rnnviz.registry import UnknownName
from rnnviz.runs.process import ONE_THREAD, ROOT
from rnnviz.tensorfile import pack, unpack

WAITING, WORKING, DONE, FAILED = "waiting", "working", "done", "failed"
SECONDS, MEGABYTES, AT_ONCE = 180, 4000, 2
CANCELLED = "This was cancelled."
LATER = "This took longer than the {seconds:,} seconds that this server gives to one such request: ask for less."


class Errand:
    """One errand on its way. Everything here may be read at any time, from any thread.

    state: "waiting", "working", "done" or "failed". share: how far it is, 0 to 1, and note: what it does, in words.
    words, arrays: what it gave, once done. error: why it failed, in a sentence.
    """

    def __init__(self, name: str) -> None:
        self.name, self.state = name, WAITING
        self.share, self.note, self.error = 0.0, "", ""
        self.words: errands.Words = {}
        self.arrays: errands.Arrays = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False
        self._lock = threading.Lock()

    @property
    def over(self) -> bool:
        return self.state in (DONE, FAILED)

    def cancel(self, why: str = CANCELLED) -> None:
        """End it, if it is not over. Its process, if it has one, is killed."""
        with self._lock:
            self._cancelled = True
            if not self.over:
                self.state, self.error = FAILED, why
            if self._process is not None:
                self._process.kill()

    def wait(self, timeout: float) -> Errand:
        end = time.monotonic() + timeout
        while not self.over and time.monotonic() < end:
            time.sleep(0.01)
        return self

    def _hears(self, share: float, note: str) -> None:
        self.share, self.note = share, note

    def _fail(self, error: str) -> None:
        with self._lock:
            if not self.over:
                self.state, self.error = FAILED, error

    def _finish(self, words: errands.Words, arrays: errands.Arrays) -> None:
        with self._lock:
            if not self.over:
                self.words, self.arrays, self.share, self.state = words, arrays, 1.0, DONE

    def _start(self, megabytes: int) -> subprocess.Popen[bytes] | None:
        """Its process; None where it was cancelled before."""
        command = [sys.executable, "-m", "rnnviz", "errand", self.name, f"--megabytes={megabytes}"]
        with self._lock:
            if self._cancelled:
                return None
            self.state = WORKING
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | ONE_THREAD, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            return self._process


def send(name: str, words: errands.Words, make: Callable[[], errands.Arrays]) -> Errand:
    """Have an errand done; returns at once. make: gives its arrays, when its turn has come.

    `RNNVIZ_ERRANDS=inline` does it here and now instead. Raises UnknownName.
    """
    errands.ERRANDS[name]
    errand = Errand(name)
    if os.environ.get("RNNVIZ_ERRANDS") == "inline":
        _inline(errand, words, make)
    else:
        _line().submit(_do, errand, words, make)
    return errand


@cache
def _line() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(whole_number("RNNVIZ_ERRANDS_AT_ONCE", AT_ONCE), "rnnviz-errand")


def _inline(errand: Errand, words: errands.Words, make: Callable[[], errands.Arrays]) -> None:
    try:
        errand._finish(*errands.run(errand.name, words, make(), errand._hears))
    except EXPECTED as error:
        errand._fail(str(error))


def _do(errand: Errand, words: errands.Words, make: Callable[[], errands.Arrays]) -> None:
    if errand.over:  # cancelled while it waited
        return
    try:
        seconds = whole_number("RNNVIZ_ERRAND_SECONDS", SECONDS)
        message = pack(make(), dict(words), FORMAT)
        process = errand._start(whole_number("RNNVIZ_ERRAND_MB", MEGABYTES))
    except (OSError, *EXPECTED) as error:
        errand._fail(str(error))
        return
    if process is None:
        return
    assert process.stdin and process.stdout
    bell = threading.Timer(seconds, errand.cancel, (LATER.format(seconds=seconds),))
    bell.daemon = True
    bell.start()
    try:
        process.stdin.write(len(message).to_bytes(8, "little") + message)
        process.stdin.flush()
        del message
        _hear(errand, process.stdout)
    except (OSError, UnknownName, ValueError) as error:  # its process ended, or spoke nonsense
        errand._fail(f"This could not be done: its process ended early ({type(error).__name__}). Try it again.")
    finally:
        bell.cancel()
        process.kill()
        process.stdout.close()
        with suppress(OSError):  # what was not read any more
            process.stdin.close()
        process.wait()


def _hear(errand: Errand, pipe: IO[bytes]) -> None:
    for line in pipe:
        said: dict[str, Any] = json.loads(line)
        if "error" in said:
            return errand._fail(said["error"])
        if "bytes" in said:
            return errand._finish(*unpack(pipe.read(said["bytes"]), FORMAT, "answer"))
        errand._hears(said["share"], said["note"])
    raise ValueError("no answer")
