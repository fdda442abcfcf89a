"""From bytes to text: emptiness, kind of file and encoding are checked here, before anything is read."""

from __future__ import annotations

import codecs

from rnnviz.data.errors import DataError

# The longer mark first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (xls)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
)
_REMEDY = "save it as CSV or plain text in UTF-8 and upload that."


def shown(text: str, limit: int = 40) -> str:
    """Text from a file, fit to stand in a sentence: one line, no invisible characters, not too long."""
    plain = "".join(c if c.isprintable() else " " for c in text[: 4 * limit]).strip()
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def whole(text: str) -> str:
    """A text that another format held: half a surrogate pair and NUL, which are no characters, become U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def decode(name: str, content: bytes) -> tuple[str, str, tuple[str, ...]]:
    """The characters of a file, line ends as "\\n"; the encoding; notes on how they were read.

    UTF-8, and UTF-16 and UTF-32 with a byte order mark; UTF-16 without one where every other byte is 0; and
    Windows-1252 as the last resort. Raises DataError where the file is empty, binary, or in another encoding; the
    message gives line and byte (counted from 1).
    """
    for start, kind in _BINARY:
        if content.startswith(start):
            raise DataError(f"{name} is {kind}, not a table or text: {_REMEDY}")
    text, encoding, notes = _characters(name, content)
    if not text.strip():
        raise DataError(f"{name} is empty: upload a file that holds a table or a text.")
    _refuse_control_characters(name, text, notes)
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding, notes


def _characters(name: str, content: bytes) -> tuple[str, str, tuple[str, ...]]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strict(name, content, encoding, len(mark)), encoding.upper(), ()
    unmarked = _unmarked_utf16(content)
    if unmarked:
        note = f"Read as {unmarked.upper()}, which has no byte order mark here."
        return _strict(name, content, unmarked), unmarked.upper(), (note,)
    try:
        return content.decode("utf-8"), "UTF-8", ()
    except UnicodeDecodeError as error:
        place = _place(content, error.start)
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        raise DataError(f"{name} is not UTF-8 at {place}, nor Windows-1252: {_REMEDY}") from None
    return (
        text,
        "Windows-1252",
        (
            f"Not UTF-8 at {place}, so read as Windows-1252; if letters look wrong, save the file as UTF-8 and "
            "upload it again.",
        ),
    )


def _strict(name: str, content: bytes, encoding: str, skip: int = 0) -> str:
    try:
        return content[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        place = _place(content, skip + error.start)
        raise DataError(f"{name} begins as {encoding.upper()}, but is not at {place}: {_REMEDY}") from None


def _unmarked_utf16(content: bytes) -> str | None:
    """Mostly ASCII in UTF-16 has a zero at every other byte, and nowhere else."""
    start = content[:4096]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if len(content) % 2 == 0 and len(start) >= 4 and even + odd > 0.3 * len(start):
        if even == 0:
            return "utf-16-le"
        if odd == 0:
            return "utf-16-be"
    return None


def _refuse_control_characters(name: str, text: str, notes: tuple[str, ...]) -> None:
    """Text holds no NUL. Where the encoding was guessed, other control characters say that the guess is wrong."""
    suspects = [chr(k) for k in range(32) if chr(k) not in "\t\n\r\f\x1a"] if notes else ["\0"]
    found = [at for c in suspects if (at := text.find(c)) >= 0]
    if found:
        at = min(found)
        line = text.count("\n", 0, at) + 1
        raise DataError(
            f"{name} is not text: line {line:,} holds the control character U+{ord(text[at]):04X}; {_REMEDY}"
        )


def _place(content: bytes, at: int) -> str:
    newlines = content.count(b"\n", 0, at)
    return f"byte {at + 1:,} (line {newlines + 1:,})"
