"""`python -m rnnviz errand NAME`: do one errand for the server, from standard input to standard output.

In: eight bytes with the length of a message, and the message; the end of the input after it means that nobody waits
any more. Out: frames, each a line of JSON; the last one says how many bytes of a message follow, or what went wrong.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import threading
from importlib.util import find_spec
from typing import IO

from rnnviz import errands
from rnnviz.registry import UnknownName
from rnnviz.tensorfile import pack, unpack

FORMAT = "rnnviz-errand-1"
NICE = 5  # pages come first
log = logging.getLogger(__name__)

EXPECTED = (ValueError, UnknownName)  # already said in a sentence; ConfigError and DataError are ValueErrors
UNEXPECTED = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="one of: " + ", ".join(errands.ERRANDS))
    parser.add_argument("--megabytes", type=int, default=0, help="memory at most (0: no limit)")


def main(args: argparse.Namespace) -> int:
    if hasattr(os, "nice"):
        os.nice(NICE)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no frame
    if args.megabytes and find_spec("resource"):  # not on Windows
        import resource

        limit = args.megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    size = int.from_bytes(sys.stdin.buffer.read(8), "little")
    message = sys.stdin.buffer.read(size)
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), daemon=True).start()

    def frame(**words: object) -> None:
        out.write(json.dumps(words).encode() + b"\n")
        out.flush()

    try:
        words, arrays = unpack(message, FORMAT, "errand")
        del message
        answer = errands.run(args.name, words, arrays, lambda share, note: frame(share=share, note=note))
        content = pack(answer[1], answer[0], FORMAT)
    except EXPECTED as error:
        frame(error=str(error))
    except MemoryError:
        frame(error=f"This needs more than the {args.megabytes:,} MB that this server gives to one such request.")
    except UNEXPECTED as error:
        log.exception("errand %s failed", args.name)
        full = "alloc" in str(error) and "memory" in str(error)  # as torch says it
        words = f"more memory than the {args.megabytes:,} MB this server gives" if full else type(error).__name__
        frame(error=f"This ended on an unexpected error: {words}. Nothing else was touched by it.")
    else:
        frame(bytes=len(content))
        out.write(content)
        out.flush()
    return 0


def _end_with(pipe: IO[bytes]) -> None:
    """End at once when the server, or its interest, is gone."""
    pipe.read()
    os._exit(1)
