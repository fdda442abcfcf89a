"""How training goes: loss, metric, and the size of the gradient, over steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.lines import line, rule
from rnnviz.figures.marks import Marks, on_steps, upright
from rnnviz.figures.scales import decades, log_axis, spans
from rnnviz.figures.theme import STRONG, THIN, Explained, axis, empty, figure, plain, steps_axis
from rnnviz.glossary import axis_title, lookup
from rnnviz.run import Divergence, History

LOSS = Explained(
    "Loss",
    "Lower is better. The thin line is the loss of each training batch, the thick one the loss on sequences never "
    "trained on; below the dashed baseline the network uses its input.",
    "A held-out loss that rises while the training loss falls (over-fitting), or a sudden jump (a step too far).",
)
METRIC = Explained(
    "Metric",
    "How well the network does on sequences never trained on.",
    "A long flat stretch followed by a sudden gain: the network has found the long-range rule.",
)
GRAD_NORM = Explained(
    "Gradient norm",
    "Length of the gradient of all parameters at each step, before clipping, on a log axis. Above the dashed line "
    "it is shortened to the line.",
    "Spikes ten times or more above the usual level: steps that would have thrown the weights far away.",
)
_WAITING = "No step taken yet."
_BESIDE = {"colour": "#A0694B", "dash": "dash", "legendrank": 1001}  # brown: no quantity has it; named last

Beside = tuple[str, History]


def loss_figure(
    history: History,
    baseline: float | None = None,
    baseline_words: str = "",
    *,
    loss: str = "",
    diverged: Divergence | None = None,
    marks: Marks = (),
    at: int | None = None,
    beside: Beside | None = None,
) -> go.Figure:
    """Training loss (K,) thin and held-out loss (E,) thick over steps; log axis above 1.5 decades.

    baseline: a dashed line; baseline_words: which guess it is. loss: its name in the glossary, for title and
    unit. diverged: a red line. marks: (step, words) of what happened on the way. at: the step looked at.
    beside: name and history of another run, dashed.
    """
    title = f"{LOSS.title}: {lookup(loss).label}" if loss else LOSS.title
    if not len(history.loss) and not len(history.heldout_loss):
        return empty(title, _WAITING)
    runs = _runs(history, beside)
    known = [values for _, each, _ in runs for values in (each.loss, each.heldout_loss)]
    known += [np.array([baseline])] * (baseline is not None)
    log = spans(*known)
    low, high = decades(*known)
    label = axis_title("loss", lookup(loss).unit if loss else "")
    yaxis = log_axis(label, low, high) if log else axis(label, rangemode="tozero")
    floor = 10.0**low if log else None
    traces: list[dict[str, Any]] = []
    for name, each, look in runs:
        checks = len(each.checked)
        thin: dict[str, Any] = {"width": THIN, "opacity": 0.75, "showlegend": not (name and checks)}
        hover = _hover("training loss", name)
        steps = np.arange(len(each.loss))
        traces += line(steps, each.loss, name or "training batch", floor=floor, hover=hover, **look, **thin)
        hover = _hover("held-out loss", name)
        thick: dict[str, Any] = {"width": STRONG, "floor": floor, "hover": hover}
        traces += line(each.checked, each.heldout_loss, name or "held out", **look, **thick)
    last = _last(runs)
    if baseline is not None:
        words = f"baseline {baseline:.4g}" + (f": {baseline_words}" if baseline_words else "")
        traces.append(rule(baseline, "baseline", f"{words}<extra></extra>", np.array([0, last])))
    layout = on_steps(marks, at, last)
    if diverged is not None:
        layout["shapes"].append(upright(diverged.step, {"color": "#D0021B", "width": 2, "dash": "dot"}))
        layout["note"] = f"diverged at step {diverged.step}: {diverged.what}"
    return _over_steps(traces, title, last, yaxis, legend=True, **layout)


def metric_figure(
    history: History, metric: str, *, marks: Marks = (), at: int | None = None, beside: Beside | None = None
) -> go.Figure:
    """The metric (E,) on the held-out set over steps. metric: its name in the glossary; others: as in `loss_figure`."""
    entry = lookup(metric)
    heading = entry.label[:1].upper() + entry.label[1:] + ", held out"
    if not len(history.metric):
        return empty(heading, "Not checked yet.")
    runs = _runs(history, beside)
    known = [each.metric for _, each, _ in runs]
    low, high = decades(*known)
    label = entry.unit[:1].upper() + entry.unit[1:]
    if entry.bounds:
        floor, yaxis = None, axis(label, range=[entry.bounds[0] - 0.03, entry.bounds[1] + 0.03])
    elif spans(*known):
        floor, yaxis = 10.0**low, log_axis(label, low, high)
    else:
        floor, yaxis = None, axis(label, rangemode="tozero")
    traces: list[dict[str, Any]] = []
    for name, each, look in runs:
        hover = _hover(entry.label, name)
        traces += line(each.checked, each.metric, name or entry.label, width=STRONG, floor=floor, hover=hover, **look)
    last = _last(runs)
    return _over_steps(traces, heading, last, yaxis, legend=len(runs) > 1, **on_steps(marks, at, last))


def grad_norm_figure(
    history: History,
    clip_at: float | np.ndarray | None = None,
    *,
    marks: Marks = (),
    at: int | None = None,
    beside: Beside | None = None,
) -> go.Figure:
    """Gradient norm (K,) before clipping over steps, on a log axis. clip_at: the limit, dashed; where it changed on
    the way, that of each step (K,), NaN where there was none.

    Others: as in `loss_figure`.
    """
    norms = history.grad_norm
    if not len(norms):
        return empty(GRAD_NORM.title, _WAITING)
    runs = _runs(history, beside)
    limits = np.broadcast_to(np.nan if clip_at is None else clip_at, np.shape(norms)).astype(float)
    clipped = np.isfinite(limits)
    low, high = decades(*(each.grad_norm for _, each, _ in runs), limits[clipped])
    traces: list[dict[str, Any]] = []
    for name, each, look in runs:
        hover = _hover("gradient norm", name)
        thin: dict[str, Any] = {"width": THIN + 0.3, "floor": 10.0**low, "opacity": 0.75 if name else 1}
        traces += line(
            np.arange(len(each.grad_norm)), each.grad_norm, name or "gradient norm", hover=hover, **look, **thin
        )
    note = "before clipping"
    if clipped.any():
        share = float(np.mean(clipped & ~(np.asarray(norms) <= limits)))
        starts = np.flatnonzero(np.append(True, limits[1:] != limits[:-1]) & clipped)
        for start in starts:
            end = start + int(np.argmin(np.append(limits[start:] == limits[start], False)))
            words, ends = f"clipped above {limits[start]:g}<extra></extra>", np.array([start, end - 1])
            traces.append(rule(limits[start], "clip", words, ends, showlegend=bool(start == starts[0])))
        where = f"at {limits[starts[0]]:g}" if len(starts) == 1 else "at the limit of the time"
        note = f"before clipping; {100 * share:.0f} % of the steps were clipped {where}"
    yaxis = log_axis(axis_title("grad_norm"), low, high)
    last = _last(runs)
    layout = {"note": note, "legend": len(runs) > 1, **on_steps(marks, at, last)}
    return _over_steps(traces, GRAD_NORM.title, last, yaxis, **layout)


def _runs(history: History, beside: Beside | None) -> list[tuple[str, History, dict[str, Any]]]:
    """(name, history, look) of the run itself, which needs no name, and before it, so behind it, of the other."""
    runs: list[tuple[str, History, dict[str, Any]]] = [("", history, {})]
    return runs if beside is None else [(plain(beside[0], 24), beside[1], _BESIDE), *runs]


def _last(runs: Sequence[tuple[str, History, dict[str, Any]]]) -> int:
    """The last step that a figure of the runs reaches, 1 at least."""
    return int(max(1, *(end for _, each, _ in runs for end in (len(each.loss), *each.checked[-1:]))))


def _hover(quantity: str, run: str = "") -> str:
    return f"{quantity} %{{y:.4~g}}<br>step %{{x:,}}<extra>{run}</extra>"


def _over_steps(traces: list[Any], title: str, last: int, yaxis: dict[str, Any], **layout: Any) -> go.Figure:
    return figure(traces, title, steps_axis(last), yaxis, height=280, **layout)
