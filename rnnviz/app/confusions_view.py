"""Which classes are taken for which, and held-out examples of the cell that was clicked on."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from rnnviz.app import session
from rnnviz.app.results import result
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.figures.confusion import confusion_figure
from rnnviz.figures.inputs import MOST, inputs_figure
from rnnviz.figures.tokens import visible
from rnnviz.runs.errand import Errand
from rnnviz.tasks import Task
from rnnviz.tasks.base import Batch

LISTED, CONTEXT = 12, 36  # examples in a table, and tokens before the one that was asked for
_CELL = "evaluation cell"


@st.fragment
def confusions(errand: Errand, task: Task, job: str) -> None:
    """The matrix, and beside it what is in one of its cells."""
    arrays, seen = errand.arrays, (job, errand.words["step"])
    matrix = arrays["matrix"]
    left, right = st.columns(2, gap="medium")
    with left:
        picture(
            "confusion", "evaluation confusion", seen, lambda: confusion_figure(matrix, task.labels), on_unit=_chosen
        )
    row, column = cell(matrix, session.visitor().noted.get(_CELL))
    with right:
        many = int(matrix[row, column])
        names = [literal(visible(task.labels[k], 24)) for k in (row, column)]
        what = f"**{names[0]}** answered as **{names[1]}**" if row != column else f"**{names[0]}**, answered rightly"
        st.markdown(f"{what}: {many:,} held out.")
        if many:
            _examples(errand, task, job, row, column)


def cell(matrix: np.ndarray, clicked: int | None) -> tuple[int, int]:
    """Right class and answer of a cell (C, C) by its number; else the most frequent confusion."""
    classes = len(matrix)
    if clicked is None or not 0 <= clicked < classes * classes:
        wrong = matrix - np.diag(np.diag(matrix))
        clicked = int(wrong.argmax()) if wrong.any() else int(np.diag(matrix).argmax()) * (classes + 1)
    return divmod(clicked, classes)


def _chosen(number: int) -> None:
    session.visitor().noted[_CELL] = number


def found(errand: Errand, batch: Batch, row: int, column: int, most: int) -> list[tuple[int, int | None, float]]:
    """(sequence, time step or None, probability of the answer) of the surest held-out examples of a cell."""
    answers, sure = errand.arrays["answers"], errand.arrays["sure"]
    places = np.argwhere((answers == column) & (batch.targets == row))
    order = np.argsort(-sure[tuple(places.T)], kind="stable")[:most]
    return [
        (int(place[0]), int(place[1]) if len(place) > 1 else None, float(sure[tuple(place)])) for place in places[order]
    ]


def _examples(errand: Errand, task: Task, job: str, row: int, column: int) -> None:
    batch = result("evaluation held out", job, lambda: task.heldout(len(errand.arrays["answers"])))
    if task.tokens:
        _table(task, batch, found(errand, batch, row, column, LISTED))
        return
    some = found(errand, batch, row, column, MOST)
    ends = np.full(len(batch.inputs), batch.inputs.shape[1]) if batch.lengths is None else batch.lengths
    sequences = [batch.inputs[n, : ends[n]] for n, _, _ in some]
    captions = [f"sequence {n}" + ("" if t is None else f", time step {t}") + f": p = {p:.2f}" for n, t, p in some]
    version = (job, errand.words["step"], row, column)
    picture("inputs", "evaluation inputs", version, lambda: inputs_figure(sequences, captions, task.input_labels))


def _table(task: Task, batch: Batch, some: list[tuple[int, int | None, float]]) -> None:
    """Texts, each with how sure the network was."""
    rows: list[dict[str, Any]] = []
    for n, t, p in some:
        end = batch.inputs.shape[1] if batch.lengths is None else int(batch.lengths[n])
        tokens = batch.inputs[n, :end] if t is None else batch.inputs[n, max(0, t + 1 - CONTEXT) : t + 1]
        rows.append({"Read": text(task, tokens), "p": p} | ({} if t is None else {"Time step": t}))
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config={
            "p": st.column_config.NumberColumn(
                format="%.3f", help="Probability that was given to the answer.", width=70
            ),
            "Read": st.column_config.TextColumn(help="The surest first. Of a long text, the tokens before."),
        },
    )


def text(task: Task, tokens: np.ndarray) -> str:
    """What tokens of the input stand for."""
    if hasattr(task, "decode_input"):
        return str(task.decode_input(tokens))
    names = [task.input_labels[k] for k in tokens]
    return ("" if all(len(name) == 1 for name in names) else " ").join(names)
