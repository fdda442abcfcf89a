"""JSON: one flat record a line (JSON lines), or one list of records, of rows or of values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rnnviz.data.bounds import MOST_COLUMNS, MOST_ROWS
from rnnviz.data.decoding import shown, whole
from rnnviz.data.errors import DataError
from rnnviz.data.rows import Rows, gather

ENDINGS = (".json", ".jsonl", ".ndjson")
_REMEDY = 'write one flat record a line, such as {"day": "2024-05-31", "sales": 12.5}.'
# Numbers stay the text they are; a number of a million digits is not worked out.
_parse = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str).decode


def read_json(name: str, text: str) -> Rows:
    """A list of records, rows or values, or the same with one on each line. Raises DataError naming the line."""
    try:
        parsed = _parse(text)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, list):
        return _rows(name, lambda: enumerate(parsed, 1), "record", len(parsed))
    lines = text.split("\n")
    return _rows(name, lambda: _lines(name, lines), "line", len(lines))


def _lines(name: str, lines: list[str]) -> Iterator[tuple[int, Any]]:
    for place, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield place, _parse(line)
            except json.JSONDecodeError as error:
                at = f"line {place:,}, character {error.pos + 1:,}"
                raise DataError(f"{name} is not JSON at {at} ({error.msg}): {_REMEDY}") from None
            except RecursionError:
                raise DataError(f"{name} is nested too deeply on line {place:,}: {_REMEDY}") from None


def _rows(name: str, entries: Any, where: str, count: int) -> Rows:
    """entries: gives (place, entry), every time it is called."""
    if count > MOST_ROWS:
        raise DataError(f"{name} has {count:,} {where}s, at most {MOST_ROWS:,} can be read: upload fewer.")
    names: dict[str, int] = {}
    records = None
    for place, entry in entries():
        if records is None:
            records = isinstance(entry, dict)
        if isinstance(entry, dict) != records:
            raise DataError(f"{name} mixes records with other things, first at {where} {place:,}: {_REMEDY}")
        for key in entry if records else ():
            names.setdefault(key, len(names))
        if len(names) > MOST_COLUMNS:
            raise DataError(f"{name} has more than {MOST_COLUMNS:,} different names at {where} {place:,}: {_REMEDY}")
    if records:
        return gather(_records(name, entries(), where, names), where, header=[whole(key) for key in names])
    return gather(_lists(name, entries(), where), where, fit=_unequal(where))


def _records(
    name: str, entries: Iterable[tuple[int, Any]], where: str, names: dict[str, int]
) -> Iterator[tuple[int, list[str]]]:
    for place, entry in entries:
        row = [""] * len(names)
        for key, value in entry.items():
            row[names[key]] = _value(name, value, where, place, key)
        yield place, row


def _lists(name: str, entries: Iterable[tuple[int, Any]], where: str) -> Iterator[tuple[int, list[str]]]:
    for place, entry in entries:
        row = entry if isinstance(entry, list) else [entry]
        yield place, [_value(name, value, where, place, f"{k + 1}") for k, value in enumerate(row)]


def _unequal(where: str) -> Any:
    def fit(row: list[str], width: int, place: int, first: int) -> list[str]:
        raise DataError(
            f"{where.capitalize()} {place:,} has {len(row)} values, but {where} {first:,} has {width}: give all "
            "equally many."
        )

    return fit


def _value(name: str, value: Any, where: str, place: int, field: str) -> str:
    if isinstance(value, (dict, list)):
        kind = "a list" if isinstance(value, list) else "a record"
        raise DataError(
            f"{name} holds {kind} inside '{shown(field)}' at {where} {place:,}; a cell takes a number or text: "
            f"{_REMEDY}"
        )
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else whole(value)
