"""What was read: how, which columns with which values and gaps, a picture, and how it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from rnnviz.app.results import result
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.data.dataset import Column, Dataset
from rnnviz.data.summary import Summary
from rnnviz.figures.data import series_preview, token_frequencies

FIRST_ROWS, WIDEST = 100, 100  # rows, and columns, of the table of first rows
CHARACTERS, COUNTED = 400, 2_000_000  # of a text: shown, and looked at
NOTES = 4  # shown before the others hide
HOW = ("Read", "Names of columns", "No names of columns", "What stands before")  # how notes begin that always are there


def preview(data: Dataset, train_fraction: float | None = None) -> None:
    """train_fraction: where, in the file's order, the training part ends; None where that is no single row."""
    size = f"{data.rows:,} rows, {len(data.table):,} columns" if data.kind == "table" else ""
    texts = f"{len(data.texts):,} texts, " * (len(data.texts) > 1) + f"{data.characters:,} characters"
    several = f" in {data.sequences:,} sequences" if data.sequences > 1 and data.kind == "table" else ""
    st.markdown(f"**{literal(data.name)}** · {size or texts}{several}")
    _notes(data.notes)
    if data.kind == "text":
        _texts(data)
        return
    chosen = _columns(data)
    _series(data, chosen, train_fraction)
    st.dataframe(_first_rows(data.table[:WIDEST]), height=_height(data), hide_index=True)
    if len(data.table) > WIDEST:
        st.caption(f"The first {FIRST_ROWS} rows of the first {WIDEST} columns.")


def _notes(notes: Sequence[str]) -> None:
    how = [note for note in notes if note.startswith(HOW)]
    rest = [note for note in notes if not note.startswith(HOW)]
    st.caption(literal(" ".join(how)) + "".join(f"\n- {literal(note)}" for note in rest[:NOTES]))
    if more := rest[NOTES:]:
        with st.expander(f"{len(more)} more on how it was read"):
            st.caption("\n".join(f"- {literal(note)}" for note in more))


def _columns(data: Dataset) -> list[int]:
    """One line for each column; gives those that are chosen to be drawn."""
    lines: list[Summary] = result("columns", data.fingerprint, lambda: [Summary.of(column) for column in data.table])
    table = {
        "Column": [line.name for line in lines],
        "Kind": [line.kind for line in lines],
        "Holds": [line.holds for line in lines],
        "Missing": [line.gaps for line in lines],
    }
    missing = st.column_config.ProgressColumn(format="%d", min_value=0, max_value=data.rows, width="small")
    chosen = st.dataframe(
        table,
        hide_index=True,
        height=min(38 + 35 * len(lines), 318),
        column_config={
            "Missing": missing,
            "Column": st.column_config.TextColumn(help="Ticked columns are drawn below."),
            "Kind": st.column_config.TextColumn(width="small"),
            "Holds": st.column_config.TextColumn(width="large"),
        },
        on_select="rerun",
        selection_mode="multi-row",
        key=f"columns {data.fingerprint}",
    )
    return list(chosen["selection"]["rows"])


def _series(data: Dataset, chosen: Sequence[int], train_fraction: float | None) -> None:
    """The numbers over the rows; where there are none, how often each word occurs."""
    numbers = [k for k in chosen if k in data.numbers] or list(data.numbers)
    columns = [data.table[k] for k in numbers]
    if columns:
        seen = (data.fingerprint, tuple(numbers), train_fraction)
        names, values = [column.name for column in columns], [column.values for column in columns]
        picture("series", "data series", seen, lambda: series_preview(values, names, train_fraction, data.bounds))
        return
    words = [k for k in chosen if data.table[k].kind == "category"]
    words = words or [k for k, column in enumerate(data.table) if column.kind == "category"]
    words.sort(key=lambda k: len(data.table[k].levels))  # a name for every row tells nothing
    if words:
        column = data.table[words[0]]
        picture("tokens", "data tokens", (data.fingerprint, words[0]), lambda: _words(column))


def _words(column: Column) -> Any:
    counts = np.bincount(column.values[~column.gaps], minlength=len(column.levels))
    return token_frequencies(column.levels, counts, what=column.name)


def _first_rows(columns: Sequence[Column]) -> dict[str, Any]:
    """The first rows by column: numbers, dates, words."""
    return {column.name: _shown(Column(column.name, column.kind, column.values[:FIRST_ROWS], column.levels))
            for column in columns}  # fmt: skip


def _shown(column: Column) -> Any:
    if column.kind == "number":
        return column.values
    if column.kind == "time":
        values = np.where(column.gaps, 0, column.values)
        return np.where(column.gaps, np.datetime64("NaT", "ms"), (1000 * values).astype("M8[ms]"))
    return [word[:CHARACTERS] for word in column.words()]


def _texts(data: Dataset) -> None:
    first = data.texts[0]

    def frequencies() -> Any:
        counts = Counter((data.text or "")[:COUNTED])
        return token_frequencies(list(counts), np.array(list(counts.values())))

    picture("tokens", "data tokens", data.fingerprint, frequencies)
    st.code(first[:CHARACTERS], language=None, wrap_lines=True)
    if len(data.texts) > 1:
        st.dataframe(_first_rows(data.table), height=_height(data), hide_index=True)


def _height(data: Dataset) -> int:
    """Of the table of first rows, in pixels: of all rows where they are few."""
    return min(282, 38 + 35 * data.rows)
