"""The curves of one run over its training: what was changed and what fired on the way, and another run beside it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from rnnviz.app.settings import BY_FIELD
from rnnviz.app.show import picture
from rnnviz.breakpoints import hit_label
from rnnviz.config import ExperimentConfig
from rnnviz.figures.gradient_norms import flow_over_training
from rnnviz.figures.training import grad_norm_figure, loss_figure, metric_figure
from rnnviz.losses import TASKS_OWN
from rnnviz.run import Divergence
from rnnviz.runs.view import DIVERGED, View
from rnnviz.tasks import Task


def loss(view: View, other: View | None, task: Task) -> None:
    """task: as the run began; where its loss was changed on the way, the baseline is no longer one."""
    now = view.config.loss if view.config else TASKS_OWN
    name = task.loss if now in (TASKS_OWN, task.loss) else now
    baseline = task.baseline if name == task.loss else None
    diverged = Divergence(view.step, "see above", float("nan")) if view.status == DIVERGED else None
    picture(
        "loss",
        "train loss",
        _version(view, other),
        lambda: loss_figure(
            view.history.until(view.step),
            baseline,
            task.baseline_words,
            loss=name,
            diverged=diverged,
            **_layers(view, other),
        ),
    )


def metric(view: View, other: View | None, task: Task) -> None:
    if task.metric != task.loss:
        picture(
            "metric",
            "train metric",
            _version(view, other),
            lambda: metric_figure(view.history.until(view.step), task.metric, **_layers(view, other)),
        )


def grad_norm(view: View, other: View | None) -> None:
    picture(
        "grad_norm",
        "train grad norm",
        _version(view, other),
        lambda: grad_norm_figure(view.history.until(view.step), clip_limits(view), **_layers(view, other)),
    )


def clip_limits(view: View) -> np.ndarray | None:
    """The norm at which each step's gradient was clipped (K,), NaN where it was not; None where none was."""
    config = view.config or ExperimentConfig()
    limits = np.full(view.step, np.nan)
    end = view.step
    for change in (*reversed(view.changes), None):
        begin = change.step if change else 0
        if config.clip == "norm":
            limits[begin:end] = config.clip_at
        if change:
            config, end = config.with_(**{change.field: change.before}), begin
    return None if np.isnan(limits).all() else limits


def flow(view: View, layer: int) -> None:
    layers = {key: value for key, value in _layers(view, None).items() if key != "beside"}
    picture(
        "flow_over_training",
        "train flow",
        (*_version(view, None), layer),
        lambda: flow_over_training(view.history.until(view.step), layer, **layers),
    )


def setting_words(config: ExperimentConfig, field: str, value: Any) -> str:
    """A setting and its value in a few words: `learning rate 0.001`."""
    row = BY_FIELD[field]
    text = row.choices(config).get(value, value) if row.choices else f"{value:g}"
    return f"{row.label[:1].lower()}{row.label[1:]} {text}"


def _version(view: View, other: View | None) -> tuple[Hashable, ...]:
    """What the curves depend on."""
    past = view.past.step if view.past else None
    return view.job, view.revision, past, other and (other.job, other.revision, other.name)


def _layers(view: View, other: View | None) -> dict[str, Any]:
    config = view.config or ExperimentConfig()
    marks = [(change.step, setting_words(config, change.field, change.after)) for change in view.changes]
    marks += [(hit.step, label) for hit in view.hits if (label := hit_label(hit.kind))]
    if view.parent:
        marks.append((view.parent_step, "forked"))  # after what was changed there, which says more
    beside = None
    if other is not None and len(other.history.loss):
        beside = (name_of(other, view), other.history.until(other.step))
    marks.sort(key=lambda mark: mark[0])
    return {"marks": marks, "at": view.past.step if view.past else None, "beside": beside}


def name_of(other: View, view: View) -> str:
    """What the run beside is called."""
    return other.name or ("parent" if other.job == view.parent else "fork" if other.parent == view.job else "other run")
