"""One worker process, seen from the server: started, talked to through queues, noticed when it ends.

It is started as `python -m rnnviz worker`, never by multiprocessing's spawn, which would run the app again.
The key of the connection and the sign of life are its standard input: when the server goes, however it goes,
the pipe closes and the worker ends.
"""

from __future__ import annotations

import logging
import os
import queue
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import IO

import psutil

from rnnviz.runs.fleet import Link

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class WorkerProcess(Link):
    """Starts its process and hands every message that arrives to `on_message`.

    on_message(worker, message), on_ready(worker) and on_end(worker) are called on this worker's own thread.
    """

    def __init__(
        self,
        on_message: Callable[[WorkerProcess, bytes], None],
        on_ready: Callable[[WorkerProcess], None],
        on_end: Callable[[WorkerProcess], None],
    ) -> None:
        self._on_message = on_message
        self._on_ready = on_ready
        self._on_end = on_end
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = False
        self._lock = threading.Lock()  # starting and ending exclude each other
        self._receiver = threading.Thread(target=self._receive, name="rnnviz-receive", daemon=True)
        self._receiver.start()

    @property
    def pid(self) -> int | None:
        """None before the process has started."""
        return None if self._process is None else self._process.pid

    @property
    def rss(self) -> int | None:
        try:
            return None if self.pid is None else int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:  # it ended
            return None

    @property
    def label(self) -> str:
        return f"process {self.pid}"

    @property
    def exit_words(self) -> str:
        return "" if self._process is None else f"exit status {self._process.poll()}"

    def send(self, message: bytes) -> None:
        """Put on the queue; returns at once."""
        self._outbox.put(message)

    def ask_to_end(self) -> None:
        with self._lock:
            self._ending = True
            if self._process is not None:
                _close(self._process.stdin)

    def close(self, patience: float = 2.0) -> None:
        """End the process and wait until it is gone; kill it after `patience` seconds."""
        self.ask_to_end()
        self._wait(patience)
        self._receiver.join(patience)

    def _wait(self, patience: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _receive(self) -> None:
        connection = None
        try:
            connection = self._connect()
            threading.Thread(target=self._deliver, args=(connection,), name="rnnviz-send", daemon=True).start()
            connection.recv_bytes()  # it can train now
            self.ready = True
            self._on_ready(self)
            while True:
                self._on_message(self, connection.recv_bytes())
        except (EOFError, OSError, AuthenticationError) as error:
            log.debug("worker %s: %r", self.pid, error)
        finally:
            self._outbox.put(None)
            if connection is not None:
                connection.close()
            self._wait(patience=2.0)
            self.ask_to_end()
            if self._process is not None:
                _close(self._process.stdout)
            self._on_end(self)

    def _connect(self) -> Connection:
        """Start the process. It listens on loopback, says at which port, and takes only who knows the key."""
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        with self._lock:
            if self._ending:
                raise EOFError("ended before it was started")
            self._process = subprocess.Popen(
                [sys.executable, "-m", "rnnviz", "worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
            )
            key = secrets.token_bytes(32)
            stdin, stdout = self._process.stdin, self._process.stdout
            assert stdin is not None and stdout is not None
            stdin.write(key.hex().encode() + b"\n")
            stdin.flush()
        port = stdout.readline()
        if not port.strip().isdigit():
            raise EOFError("the worker ended before it listened")
        return Client(("127.0.0.1", int(port)), authkey=key)

    def _deliver(self, connection: Connection) -> None:
        while (message := self._outbox.get()) is not None:
            try:
                connection.send_bytes(message)
            except OSError as error:  # it ended; the receiving thread says so to everyone
                log.debug("worker %s: %r", self.pid, error)
                return


def _close(stream: IO[bytes] | None) -> None:
    """Close a pipe whose other end may be gone already."""
    try:
        if stream is not None:
            stream.close()
    except OSError as error:
        log.debug("closing a pipe: %r", error)
