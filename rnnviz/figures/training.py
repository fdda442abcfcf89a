"""How training goes: loss, metric, and the size of the gradient, over steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.lines import line, rule
from rnnviz.figures.scales import decades, log_axis, spans
from rnnviz.figures.theme import STRONG, THIN, Explained, axis, empty, figure
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


def loss_figure(
    history: History,
    baseline: float | None = None,
    baseline_words: str = "",
    *,
    loss: str = "",
    diverged: Divergence | None = None,
) -> go.Figure:
    """Training loss (K,) thin and held-out loss (E,) thick over steps; log axis above 1.5 decades.

    baseline: a dashed line; baseline_words: which guess it is. loss: `"mse"` or `"cross_entropy"`, for the
    unit. diverged: marked by a vertical line.
    """
    if not len(history.loss) and not len(history.heldout_loss):
        return empty(LOSS.title, _WAITING)
    known = [history.loss, history.heldout_loss, [] if baseline is None else [baseline]]
    log = spans(*known)
    low, high = decades(*known)
    title = axis_title("loss", lookup(loss).unit if loss else "")
    yaxis = log_axis(title, low, high) if log else axis(title, rangemode="tozero")
    floor = 10.0**low if log else None
    steps = np.arange(len(history.loss))
    traces = line(
        steps, history.loss, "training batch", width=THIN, floor=floor, opacity=0.75, hover=_hover("training loss")
    )
    hover = _hover("held-out loss")
    traces += line(history.checked, history.heldout_loss, "held out", width=STRONG, floor=floor, hover=hover)
    if baseline is not None:
        words = f"baseline {baseline:.4g}" + (f": {baseline_words}" if baseline_words else "")
        ends = np.array([0, max(len(steps) - 1, int(history.checked[-1]) if len(history.checked) else 0, 1)])
        traces.append(rule(baseline, "baseline", f"{words}<extra></extra>", ends))
    return _over_steps(traces, LOSS.title, yaxis, legend=True, **_diverged(diverged))


def metric_figure(history: History, metric: str) -> go.Figure:
    """The metric (E,) on the held-out set over steps. metric: its name in the glossary."""
    entry = lookup(metric)
    heading = entry.label[:1].upper() + entry.label[1:] + ", held out"
    if not len(history.metric):
        return empty(heading, "Not checked yet.")
    low, high = decades(history.metric)
    label = entry.unit[:1].upper() + entry.unit[1:]
    if entry.bounds:
        floor, yaxis = None, axis(label, range=[entry.bounds[0] - 0.03, entry.bounds[1] + 0.03])
    elif spans(history.metric):
        floor, yaxis = 10.0**low, log_axis(label, low, high)
    else:
        floor, yaxis = None, axis(label, rangemode="tozero")
    hover = _hover(entry.label)
    traces = line(history.checked, history.metric, entry.label, width=STRONG, floor=floor, hover=hover)
    return _over_steps(traces, heading, yaxis)


def grad_norm_figure(history: History, clip_at: float | None = None) -> go.Figure:
    """Gradient norm (K,) before clipping over steps, on a log axis. clip_at: the limit, dashed."""
    norms = history.grad_norm
    if not len(norms):
        return empty(GRAD_NORM.title, _WAITING)
    low, high = decades(norms, [] if clip_at is None else [clip_at])
    hover = _hover("gradient norm")
    steps = np.arange(len(norms))
    traces = line(steps, norms, "gradient norm", width=THIN + 0.3, floor=10.0**low, hover=hover)
    note = "before clipping"
    if clip_at is not None:
        share = float(np.mean(~(np.asarray(norms) <= clip_at)))
        traces.append(rule(clip_at, "clip", f"clipped above {clip_at:g}<extra></extra>", steps))
        note = f"before clipping; {100 * share:.0f} % of the steps were clipped at {clip_at:g}"
    return _over_steps(traces, GRAD_NORM.title, log_axis(axis_title("grad_norm"), low, high), note=note)


def _hover(name: str) -> str:
    return f"{name} %{{y:.4~g}}<br>step %{{x:,}}<extra></extra>"


def _over_steps(traces: list[Any], title: str, yaxis: dict[str, Any], **layout: Any) -> go.Figure:
    xaxis = axis(axis_title("step", ""), rangemode="tozero", tickformat=",d")
    return figure(traces, title, xaxis, yaxis, height=280, **layout)


def _diverged(diverged: Divergence | None) -> dict[str, Any]:
    """A vertical line where training stopped being training, and the words for it."""
    if diverged is None:
        return {}
    mark = {"type": "line", "x0": diverged.step, "x1": diverged.step, "y0": 0, "y1": 1, "yref": "paper"}
    return {
        "shapes": [mark | {"line": {"color": "#D0021B", "width": 2, "dash": "dot"}}],
        "note": f"diverged at step {diverged.step}: {diverged.what}",
    }
