"""From data in hand to settings that prepare them: what suggests itself, and what a change of one control means."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Any

import numpy as np
import streamlit as st

from rnnviz.app import controls, session, settings, starts
from rnnviz.config import ExperimentConfig
from rnnviz.data.arranging import Step
from rnnviz.data.dataset import FILE, Dataset
from rnnviz.data.errors import DataError
from rnnviz.data.roles import GOALS, Roles
from rnnviz.tasks.uploaded import prepare

LONGEST = 200  # time steps of a sequence that has one class, unless more are asked for


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Begin to load scikit-learn, while the visitor looks for a file: it takes a second, once in a process."""
    threading.Thread(target=import_module, args=("sklearn.preprocessing",), daemon=True).start()


def in_hand(data: Dataset | None, now: ExperimentConfig) -> Dataset | None:
    """The data in hand, with the preparation of others where the settings name them so."""
    return session.visitor().data_for(now) if data is not None else None


def chosen(data: Dataset, now: ExperimentConfig) -> ExperimentConfig:
    """The settings, where they are of these data; else the ones that suggest themselves."""
    same = now.task in GOALS and now.data == data.fingerprint
    return now if same else fresh(data, usual_task(data), now.seed)


def changed(data: Dataset, now: ExperimentConfig, field: str, value: Any) -> ExperimentConfig:
    return settings.changed(chosen(data, now), field, value)


def usual_task(data: Dataset) -> str:
    """A text with a category beside it has a class, and so have several sequences that hold one word each; what has
    numbers or is all text is forecast."""
    kinds = {column.kind for column in data.table if column.name != FILE}
    if kinds >= {"text", "category"} or data.sequences > 1 and _has_classes(data):
        return "uploaded_class"
    return "uploaded" if kinds & {"number", "text"} else "uploaded_steps"


def _has_classes(data: Dataset) -> bool:
    """Whether the last column of categories says one word in each sequence, and not the same in all."""
    spoken = [column for column in data.table if column.kind == "category" and column.name != FILE]
    if not spoken:
        return False
    first = spoken[-1].values[data.bounds[:-1]]
    alone = (spoken[-1].values == np.repeat(first, np.diff(data.bounds))).all()
    return bool(alone) and 1 < len(np.unique(first)) < data.sequences


def border(data: Dataset, config: ExperimentConfig) -> float | None:
    """The share of the rows, in the file's order, that trains; None where it is not the first ones that do."""
    try:
        roles = Roles.of(config, data)
    except DataError:
        return None
    cut = data.sequences == 1 and not roles.sequence and not roles.whole(1) and config.task in GOALS
    if not cut or roles.time and not (np.diff(data.table[config.time_column].values) >= 0).all():
        return None
    return config.train_fraction


def fresh(data: Dataset, task: str, seed: int = 0) -> ExperimentConfig:
    """Settings that work for a task on these data: its time index, and windows that fit."""
    config = settings.base(task, seed).with_(data=data.fingerprint)
    times = places(data, "time")
    try:
        if times and Roles.of(config, data).reads in ("rows", "cells"):
            config = config.with_(time_column=times[0])
        prepared = prepare(config, data)[1]
    except DataError:
        return config  # which the page says
    longest = [int(np.diff(part.bounds).max(initial=1)) for part in prepared.parts.values()]
    if GOALS[task] == "class":
        return config.with_(length=max(2, min(LONGEST, max(longest))))
    return config.with_(length=max(1, min(config.length, min(longest) - config.horizon)))


def resolved(data: Dataset, config: ExperimentConfig) -> dict[str, Any]:
    """Which columns play which part, by number; as asked for where that cannot be."""
    try:
        return Roles.of(config, data).numbers_in(data)
    except DataError:
        return {"columns": config.columns, "targets": config.targets, "label_column": config.label_column}


def places(data: Dataset, *kinds: str) -> tuple[int, ...]:
    """Columns of these kinds, by number."""
    return tuple(k for k, column in enumerate(data.table) if column.kind in kinds)


def titles(data: Dataset, config: ExperimentConfig) -> list[str]:
    """The steps that there are for these data, in order."""
    try:
        roles = Roles.of(config, data)
    except DataError:
        return ["Sequences", "Windows"]
    if roles.reads == "texts":
        return ["Sequences", "Parts", "Tokens", "Windows"]
    timed = places(data, "time") or len(places(data, "number")) > 1  # seconds, too, may be the time
    ordered = ["Order in time"] * bool(timed) + ["Resampling"] * bool(roles.time)
    first = ["Sequences", *ordered, "Parts"]
    if roles.reads == "cells":
        return [*first, "Tokens", "Windows"]
    spoken = any(data.table[k].kind == "category" for k in roles.numbers_in(data)["columns"])
    return [*first, "Missing values", "Scaling", *["Categories"] * spoken, "Windows"]


def steps(data: Dataset, config: ExperimentConfig) -> tuple[Step, ...]:
    """What was done, up to windows, which may not fit; nothing where that cannot be."""
    try:
        return prepare(config, data)[1].steps
    except DataError:
        return ()


def others() -> dict[str, str]:
    """Networks that know how data of a visitor's were prepared, by what `starts.begin_with` calls them, in words."""
    runs = {about.id for about in starts.kept_runs() if about.settings.get("task") in GOALS}
    known = {name for name, start in session.visitor().starts.items() if start.pipeline is not None}
    return {key: words for key, words in starts.choices().items() if key in known or key.partition(" ")[0] in runs}


def prepare_as(key: str) -> None:
    """Have the data in hand prepared as those were that another network was trained on, which is to read them; or,
    where the key is empty, by what their own training part says."""
    visitor, now = session.visitor(), controls.current()
    if key:
        starts.begin_with(key, now)
        data = visitor.data_for(controls.current())
        if data is not None and data.pipeline is None:
            st.toast("These data have other columns than that network knows: they are prepared anew.")
    elif visitor.data is not None:
        controls.take(fresh(visitor.data, now.task if now.task in GOALS else usual_task(visitor.data), now.seed))
