"""DataError: what is wrong with data, in one sentence that names the place and the remedy."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

# What readers of other libraries raise on a file that somebody damaged, or made to do harm.
DAMAGE: tuple[type[Exception], ...] = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, SyntaxError,
    TypeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class DataError(ValueError):
    """Data that cannot be used. The message names the file, line or column, and says what to do."""


@contextmanager
def reading(name: str, kind: str, also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """What another library raises within, in a sentence. kind: what the file should be; also: errors of its own."""
    expected: tuple[type[Exception], ...] = DAMAGE + also
    try:
        yield
    except DataError:
        raise
    except MemoryError:
        raise DataError(f"{name} needs more memory than there is: save a part of it as CSV and upload that.") from None
    except expected as error:
        raise DataError(
            f"{name} is damaged or no {kind} ({type(error).__name__}): save it again, or as CSV, and upload that."
        ) from None
