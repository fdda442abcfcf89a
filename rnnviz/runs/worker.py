"""The worker: `python -m rnnviz worker`, started by the pool. It trains jobs until its server goes.

Reads a key (hex, one line) on standard input, listens on loopback, prints the port, and serves the one
connection that knows the key. torch is imported after that, so that it can be ended at any moment.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener

from rnnviz.runs.messages import pack

log = logging.getLogger(__name__)

NICE = 10  # lower priority than the server, so that pages stay responsive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The worker takes none: its key comes on standard input, where no list of processes shows it."""


def main(args: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.WARNING, format="rnnviz worker %(process)d: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the server, which then ends us
    key = bytes.fromhex(sys.stdin.readline())
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    with Listener(("127.0.0.1", 0), authkey=key) as listener:
        print(listener.address[1], flush=True)
        connection = _accept(listener)
    os.dup2(2, 1)  # whatever else is printed belongs to the log
    try:
        import torch

        from rnnviz import training
        from rnnviz.runs.scheduler import Scheduler

        torch.set_num_threads(1)
        training.warm_up()
        if hasattr(os, "nice"):
            os.nice(NICE)  # only now: someone waits for the first picture
        connection.send_bytes(pack({"kind": "ready"}))
        Scheduler(connection).serve()
    except (EOFError, ConnectionError):
        log.debug("the server is gone")
    return 0


def _accept(listener: Listener) -> Connection:
    while True:
        try:
            return listener.accept()
        except (AuthenticationError, EOFError, ConnectionError):
            log.warning("refused a connection that did not know the key")


def _end_with_the_server() -> None:
    """Standard input ends when the server does, even if it was killed and even in the middle of a slice."""
    while os.read(0, 1024):  # not sys.stdin.read(): its lock would be held when the interpreter shuts down
        pass
    os._exit(0)
