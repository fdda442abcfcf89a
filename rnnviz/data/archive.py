"""Files that are zip archives: what their directory promises is checked before anything is unpacked, in memory."""

from __future__ import annotations

import zipfile
from io import BytesIO

from rnnviz.data.bounds import check_unpacked
from rnnviz.data.errors import DataError, reading

MOST_ENTRIES = 10_000
START = b"PK\x03\x04"
_ENCRYPTED = 0x1


def opened(name: str, content: bytes, limit_mb: float) -> zipfile.ZipFile:
    """The archive, its sizes checked; Python's reader gives no more of an entry than its directory says."""
    with reading(name, "zip archive"):
        archive = zipfile.ZipFile(BytesIO(content))
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise DataError(f"{name} is an archive of {len(entries):,} files; at most {MOST_ENTRIES:,} are read.")
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise DataError(f"{name} is locked with a password: save it without one and upload that.")
    check_unpacked(name, sum(entry.file_size for entry in entries), len(content), limit_mb)
    return archive
