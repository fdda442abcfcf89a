"""What the page Your data asks and shows of preparing: what is learned from what, every step, and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from rnnviz.app import controls, preparing, session, starts
from rnnviz.app.frame import page
from rnnviz.app.settings import BY_FIELD
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.arranging import PARTS, Step
from rnnviz.data.dataset import Dataset
from rnnviz.data.errors import DataError
from rnnviz.figures.data import token_frequencies
from rnnviz.figures.prepared import MOST, prepared_series
from rnnviz.runs.store import StoreError
from rnnviz.tasks import TASKS, Batch, make_task
from rnnviz.tasks.uploaded import Prepares

GOALS = {"uploaded": "What comes next", "uploaded_class": "A class per sequence", "uploaded_steps": "A label per row"}
NOTHING = {"sequence_column": "no column", "time_column": "rows as they stand"}  # where none is chosen
FIRST_STEPS = 12  # time steps of the first window that are shown
CONTROLS = {  # the fields that decide a step
    "Sequences": ("sequence_column",),
    "Order in time": ("time_column",),
    "Resampling": ("resample",),
    "Parts": ("train_fraction", "test_fraction"),
    "Missing values": ("missing",),
    "Scaling": ("scaling",),
    "Categories": ("categories",),
    "Tokens": ("unit",),
    "Windows": ("length", "stride", "horizon"),
}


def goal(data: Dataset, chosen: ExperimentConfig) -> None:
    """What is learned, of which column, from which columns."""
    tasks = [task for task in GOALS if task == "uploaded" or data.kind == "table" and len(data.table) > 1]
    if len(tasks) > 1:
        st.segmented_control(
            "What to predict", tasks, key="prepare task", required=True, label_visibility="collapsed",
            default=controls.show("prepare task", chosen.task), format_func=GOALS.__getitem__,
            on_change=_task_used, args=(data,),
        )  # fmt: skip
    st.caption(TASKS[chosen.task].summary)
    if data.kind == "text":
        return
    now = preparing.resolved(data, chosen)
    left, right = st.columns([1, 2], gap="medium")
    with left:
        if "label_column" in TASKS[chosen.task].uses:
            labels = preparing.places(data, "number", "category", "text")
            _column(data, "label_column", "Label", labels, now["label_column"])
        elif now["targets"] or data.numbers:
            _columns(data, "targets", "Predict", data.numbers, now["targets"])
    with right:
        inputs = preparing.places(data, "number", "category", "text")
        _columns(data, "columns", "From", inputs, now["columns"])


def go(data: Dataset, chosen: ExperimentConfig) -> Prepares | None:
    """The way to the page Train; or None, and the reason why these choices cannot train."""
    try:
        task = make_task(chosen, data)
    except (DataError, ConfigError) as error:
        st.error(literal(str(error)), icon=":material/error:")
        return None
    assert isinstance(task, Prepares)
    if st.button("Train on it", type="primary", icon=":material/play_arrow:"):
        controls.take(chosen)
        st.switch_page(page("train.py"))
    return task


def steps(data: Dataset, chosen: ExperimentConfig, task: Prepares | None) -> None:
    """Every step with its controls, what it did, and the size of the data after it."""
    brought = data.pipeline.learned if data.pipeline else None
    _learned_from(chosen, task is not None and task.pipeline.learned is brought)
    done = {step.title: step for step in (task.steps if task else preparing.steps(data, chosen))}
    for number, title in enumerate(preparing.titles(data, chosen), 1):
        texts = title == "Sequences" and task is not None and task.pipeline.roles.reads == "texts"
        fields = [field for field in CONTROLS[title] if field in TASKS[chosen.task].uses and not texts]
        left, right = st.columns(2, gap="medium", vertical_alignment="center")
        with left:
            _said(number, title, done.get(title), BY_FIELD[fields[0]].help if len(fields) == 1 else None)
        with right:
            for place, field in zip(st.columns(len(fields), gap="small") if fields else (), fields, strict=True):
                with place:
                    _step_control(data, chosen, field, alone=len(fields) == 1)


def outcome(data: Dataset, chosen: ExperimentConfig, task: Prepares) -> None:
    """What comes out: the inputs over all rows, or the tokens; and the first window, number by number."""
    prepared, version = task.prepared, (data.fingerprint, chosen)
    if prepared.vocabulary is not None:
        picture("tokens", "prepared tokens", version, lambda: _tokens(task))
    else:
        picture("prepared", "prepared", version, lambda: _series(task))
    batch = task.heldout(1)
    given = f" Its class: **{literal(task.labels[int(batch.targets[0])])}**." if task.whole else ""
    st.caption(f"**The first window to judge by**, as the network gets it: a row is a time step.{given}")
    pinned = {
        name: st.column_config.Column(pinned=True) for name in ("t", *(f"→ {label}" for label in task.labels[:1]))
    }
    st.dataframe(_first_window(task, batch), hide_index=True, height="content", column_config=pinned)


def _learned_from(chosen: ExperimentConfig, brought: bool) -> None:
    """Whose scales, words and classes are used, where other networks know some. brought: not these data's own."""
    try:
        known = {"": "these data", **preparing.others()}
    except StoreError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return
    if len(known) == 1:
        return
    key = "prepare learned"
    now = starts.chosen(session.visitor().starts.get(chosen.start), known) if brought else ""
    now = now if now in known else ""
    st.selectbox(
        "Learned from", list(known), list(known).index(controls.show(key, now)), known.__getitem__, key=key,
        help="Scales, words and classes come from the training part of these data; or from the data that a network of "
        "yours was trained on, which then reads these.",
        on_change=lambda: preparing.prepare_as(st.session_state[key]),
    )  # fmt: skip


def _said(number: int, title: str, step: Step | None, explained: str | None) -> None:
    size = ""
    if step:
        counts = zip((step.rows, step.columns), step.what, strict=True)
        size = f" :gray[:small[{' × '.join(f'{count:,} {what}' + 's' * (count != 1) for count, what in counts)}]]"
    st.markdown(f"**{number} {title}**{size}", help=explained)
    if step:
        st.caption(literal(step.words))


def _step_control(data: Dataset, chosen: ExperimentConfig, field: str, alone: bool) -> None:
    """alone: the step has no other, so that its title says what it is."""
    row = BY_FIELD[field]
    if field in ("sequence_column", "time_column"):
        kinds = ("time", "number") if field == "time_column" else ("category", "number", "text")
        _column(data, field, row.label, (-1, *preparing.places(data, *kinds)), getattr(chosen, field), alone)
        return
    key = f"prepare {field}"
    controls.show(key, controls.value_of(row, chosen))
    common = {"label": row.label, "key": key, "help": row.help, "on_change": _used, "args": (data, field, key)}
    common["label_visibility"] = "collapsed" if alone else "visible"
    controls.DRAW[row.kind](row, chosen, common)


def _column(data: Dataset, field: str, label: str, options: Sequence[int], value: int, alone: bool = False) -> None:
    """A choice of one column, -1 being none."""
    key = f"prepare {field}"
    options = list(options) if value in options else [value, *options]
    st.selectbox(
        label, options, options.index(controls.show(key, value)), key=key, format_func=_name(data, field),
        help=BY_FIELD[field].help, on_change=_used, args=(data, field, key),
        label_visibility="collapsed" if alone else "visible",
    )  # fmt: skip


def _columns(data: Dataset, field: str, label: str, options: Sequence[int], value: Sequence[int]) -> None:
    key = f"prepare {field}"
    known = [number for number in value if number in options]  # a link may ask for others
    st.multiselect(
        label, list(options), default=controls.show(key, known), key=key, format_func=_name(data, field),
        placeholder="what suggests itself", on_change=_used, args=(data, field, key),
    )  # fmt: skip


def _name(data: Dataset, field: str) -> Callable[[int], str]:
    return lambda number: data.columns[number] if 0 <= number < len(data.columns) else NOTHING.get(field, "choose one")


def _used(data: Dataset, field: str, key: str) -> None:
    if controls.echoed(key):
        return
    value: Any = st.session_state[key]
    value = tuple(value) if isinstance(value, list) else value
    controls.take(preparing.changed(data, controls.current(), field, value))


def _task_used(data: Dataset) -> None:
    controls.take(preparing.fresh(data, st.session_state["prepare task"], controls.current().seed))


def _tokens(task: Prepares) -> Any:
    labels, tokens = task.prepared.input_labels, task.prepared.parts["train"].inputs
    return token_frequencies(labels, np.bincount(tokens, minlength=len(labels)))


def _series(task: Prepares) -> Any:
    prepared = task.prepared
    names = {name: PARTS[name] for name in prepared.parts}
    filled = {}
    for name, part in prepared.parts.items():
        filled[names[name]] = np.zeros((len(part.inputs), len(prepared.input_labels)), bool)
        filled[names[name]][:, list(prepared.numbers)] = part.filled
    return prepared_series(
        {names[name]: part.inputs[:, :MOST] for name, part in prepared.parts.items()},
        prepared.input_labels,
        {name: each[:, :MOST] for name, each in filled.items()},
        {names[name]: part.bounds for name, part in prepared.parts.items()},
    )


def _first_window(task: Prepares, batch: Batch) -> dict[str, Any]:
    """Targets and inputs of the first time steps of a batch's first sequence, under names that differ."""
    inputs, targets = batch.inputs[0][:FIRST_STEPS], batch.targets[0]
    count = len(inputs)
    known = np.ones(count, bool) if batch.counts is None else batch.counts[0][:count]
    table: dict[str, Any] = {"t": np.arange(count)}
    if task.tokens:
        table["token"] = [task.input_labels[token] for token in inputs]
    if not task.whole and targets.ndim == 1:
        table["→ target"] = [
            task.labels[int(each)] if there else "" for each, there in zip(targets[:count], known, strict=True)
        ]
    elif not task.whole:
        for k, name in enumerate(task.labels):
            table[f"→ {name}"] = np.where(known, targets[:count, k], np.nan)
    if not task.tokens:
        for k in range(min(MOST, inputs.shape[1])):
            table[f"{k + 1}. {task.input_labels[k]}"] = inputs[:, k]
    return table
