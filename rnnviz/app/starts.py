"""Weights to begin with: which the visitor can choose, which tasks they fit, and taking them up."""

from __future__ import annotations

import time
from dataclasses import replace

import streamlit as st

from rnnviz.app import controls, kept, session
from rnnviz.app.results import result
from rnnviz.app.runs_view import title
from rnnviz.app.settings import base
from rnnviz.app.words import literal
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.data.errors import DataError
from rnnviz.embedding import embedding_of
from rnnviz.runs.store import About, StoreError
from rnnviz.shapes import SHAPES
from rnnviz.start import STACKS, Start
from rnnviz.tasks import TASKS, Task, make_task

LISTED = 5  # seconds that a list of the runs is good for: a store may be far away
_ORIGINS = "origins of starts"  # among the visitor's results: fingerprint -> key of the run that it is of


def kept_runs() -> list[About]:
    """The visitor's runs, the newest first, as of a few seconds ago. Raises StoreError."""
    visitor = session.visitor()
    version = int(time.monotonic() / LISTED), tuple(visitor.made)  # one just made or let go changes it at once
    return result("kept runs", version, lambda: session.engine().runs(visitor.owner))


def choices() -> dict[str, str]:
    """What one can begin with, by key, in words: runs that are kept, the newest first, and weights in hand."""
    visitor = session.visitor()
    runs = {_key(about): f"{title(about)}, step {about.step:,}" for about in kept_runs()}
    weights = {each: start.name for each, start in visitor.starts.items() if _origins().get(each) not in runs}
    return runs | weights


def chosen(start: Start | None, found: dict[str, str]) -> str | None:
    """The key, of those found, of what the settings begin with; None where that is nothing."""
    if start is None:
        return None
    origin = _origins().get(start.fingerprint, "")
    return origin if origin in found else start.fingerprint


def begin_with(key: str, settings: ExperimentConfig) -> None:
    """Begin the experiment with other weights: a run's as last saved, or some in hand."""
    visitor = session.visitor()
    try:
        about = next((each for each in kept_runs() if each.id == key.partition(" ")[0]), None)
        start = visitor.starts.get(key) or (_of_run(about) if about else None)
        if start is None:
            st.toast("This run is not kept any more.", icon=":material/error:")
            return
        take(start, settings.task if settings.task in fitting(start) else _own_task(start, about), settings)
    except (ConfigError, StoreError, DataError) as error:
        st.toast(literal(str(error)), icon=":material/error:")


def take(start: Start, task: str, settings: ExperimentConfig) -> None:
    """Make an experiment of a task and weights to begin with the visitor's; data are prepared as those weights know."""
    visitor = session.visitor()
    visitor.bring(start)
    config = settings if task == settings.task else base(task, settings.seed)
    shared = {"start": start.fingerprint, "precision": settings.precision}
    config = config.with_(**start.settings, **shared, freeze=settings.freeze, readout=settings.readout)
    if TASKS[task].needs_data and (found := alike(start, task, visitor.data)):
        visitor.alike, fields = found
        config = config.with_(**fields, data=visitor.alike.fingerprint)
    kept.unlink()
    controls.take(config)


def alike(start: Start, task: str, data: Dataset | None) -> tuple[Dataset, dict[str, object]] | None:
    """Data that are prepared as those were that the weights know, and the settings that say so; None: they do not fit.

    Letters and words keep their tokens, and numbers their scale.
    """
    if data is None or start.pipeline is None:
        return None
    try:
        fields = start.pipeline.fields(data)
    except DataError:  # it has other columns: it is prepared anew
        return None
    if fields["task"] != task:
        return None
    note = f"Prepared as the data were that {start.name} learned from."
    return replace(data, pipeline=start.pipeline, notes=(*data.notes, note)), fields


def fitting(start: Start) -> list[str]:
    """The tasks whose inputs, at usual settings, the recurrent layers can read; the visitor's own data among them."""
    data = session.visitor().data
    version = start.fingerprint, data and data.fingerprint
    return result("tasks that fit", version, lambda: [name for name in TASKS if _fits(start, name, data)])


def _fits(start: Start, task: str, data: Dataset | None) -> bool:
    data, config = data if TASKS[task].needs_data else None, base(task)
    if found := alike(start, task, data):
        data, fields = found
        config = config.with_(**fields)
    return reads(start, config, data) is not None


def reads(start: Start, config: ExperimentConfig, data: Dataset | None) -> Task | None:
    """The task of these settings, if the recurrent layers can read its inputs; what they are to predict they must not
    have seen."""
    task, stacks = TASKS[config.task], {name.partition(".")[0] for name in start.weights} & set(STACKS)
    shape = SHAPES[task.shape]
    same = shape.encodes == ("encoder" in stacks) and not (shape.writes and not shape.encodes and start.bidirectional)
    if not same or task.causal and start.bidirectional:
        return None
    try:
        made = make_task(config, data)
    except (ConfigError, DataError):
        return None
    if shape.writes:  # a decoder reads what it writes
        fits = bool(start.embedding_size) or made.output_size == start.input_size
    else:
        fits = embedding_of(made, start.embedding_size).size == start.input_size
    return made if fits else None


def _of_run(about: About) -> Start | None:
    run = session.engine().read(about.id, session.visitor().owner)
    if run is None:
        return None
    start = Start.of(run, f"{title(about)}, step {run.step:,}")
    _origins()[start.fingerprint] = f"{about.id} {run.step}"  # which may have trained since it was listed
    return start


def _own_task(start: Start, about: About | None) -> str:
    """The task that a run learned; for weights from elsewhere, and runs on data that are gone, one that fits."""
    own, found = about and about.settings.get("task"), fitting(start)
    if not found:
        raise ConfigError(f"No task feeds {start.input_size} features to these weights. Bring data of your own.")
    return own if own in found else found[0]


def _origins() -> dict[str, str]:
    return result(_ORIGINS, None, dict[str, str])


def _key(about: About) -> str:
    return f"{about.id} {about.step}"
