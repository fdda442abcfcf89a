"""Weights to begin with: which the visitor can choose, which tasks they fit, and taking them up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import streamlit as st

from rnnviz.app import controls, kept, session
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
from rnnviz.tasks import TASKS, make_task

_ORIGINS = "origins of starts"  # among the visitor's results: fingerprint -> key of the run that it is of


def choices() -> dict[str, str]:
    """What one can begin with, by key, in words: runs that are kept, the newest first, and weights in hand."""
    visitor = session.visitor()
    runs = {_key(about): f"{title(about)}, step {about.step:,}" for about in session.engine().runs(visitor.owner)}
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
        start = visitor.starts.get(key) or _of_run(key)
        if start is None:
            st.toast("This run is not kept any more.", icon=":material/error:")
            return
        task = settings.task if fits(start, settings.task) else _own_task(start, key)
        take(start, task, settings)
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
    """The tasks whose inputs the recurrent layers can read, the visitor's own data among them."""
    return [name for name in TASKS if fits(start, name)]


def fits(start: Start, task: str) -> bool:
    """Whether the recurrent layers can read a task's inputs, at its usual settings."""
    data = session.visitor().data if TASKS[task].needs_data else None
    if TASKS[task].needs_data and data is None:
        return False
    key = f"{start.fingerprint} fits {task}"
    kept_answer, version = session.visitor().results.get(key), data and data.fingerprint
    if kept_answer is None or kept_answer[0] != version:
        kept_answer = session.visitor().results[key] = version, _fits(start, task, data)
    return bool(kept_answer[1])


def _fits(start: Start, task: str, data: Dataset | None) -> bool:
    shape, stacks = SHAPES[TASKS[task].shape], {name.partition(".")[0] for name in start.weights} & set(STACKS)
    same = shape.encodes == ("encoder" in stacks) and not (shape.writes and not shape.encodes and start.bidirectional)
    if not same or TASKS[task].causal and start.bidirectional:
        return False
    config = base(task)
    if found := alike(start, task, data):
        data, fields = found
        config = config.with_(**fields)
    try:
        made = make_task(config, data)
    except (ConfigError, DataError):
        return False
    if shape.writes:  # a decoder reads what it writes
        return bool(start.embedding_size) or made.output_size == start.input_size
    return embedding_of(made, start.embedding_size).size == start.input_size


def _of_run(key: str) -> Start | None:
    run_id = key.partition(" ")[0]
    run = session.engine().read(run_id, session.visitor().owner)
    if run is None:
        return None
    about = next(each for each in session.engine().runs(session.visitor().owner) if each.id == run_id)
    start = Start.of(run, f"{title(about)}, step {run.step:,}")
    _origins()[start.fingerprint] = f"{run_id} {run.step}"  # which may have trained since it was listed
    return start


def _own_task(start: Start, key: str) -> str:
    """The task that a run learned; for weights from elsewhere, and runs on data that are gone, one that fits."""
    run_id = key.partition(" ")[0]
    abouts: Iterator[About] = (each for each in session.engine().runs(session.visitor().owner) if each.id == run_id)
    own = next((str(about.settings.get("task")) for about in abouts), "")
    found = [name for name in (own, *TASKS) if name in TASKS and fits(start, name)]
    if not found:
        raise ConfigError(f"No task feeds {start.input_size} features to these weights. Bring data of your own.")
    return found[0]


def _origins() -> dict[str, str]:
    origins: dict[str, str] = session.visitor().results.setdefault(_ORIGINS, (None, {}))[1]
    return origins


def _key(about: About) -> str:
    return f"{about.id} {about.step}"
