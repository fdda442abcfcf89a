"""The loss on training, held-out and test sequences over training, all taken alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import COLOURS
from rnnviz.figures.lines import line, rule
from rnnviz.figures.marks import upright
from rnnviz.figures.scales import decades, log_axis, spans
from rnnviz.figures.theme import STRONG, Explained, axis, empty, figure, steps_axis
from rnnviz.glossary import axis_title, lookup

SPLITS = Explained(
    "Training, held-out and test loss",
    "The loss at the same steps on sequences it was trained on, on held-out ones and on the test part. The distance "
    "between the first two is the gap.",
    "A held-out line that turns upwards while the training line falls on: what is learned from then on is by heart.",
)
HEIGHT = 280  # that of the loss of a run that trains
# brown, ink and indigo: no quantity has brown or indigo, and ink is the held-out loss of every page
LOOKS = {
    "train": ("training", "#A0694B", "dot"),
    "heldout": ("held out", COLOURS["ink"], "solid"),
    "test": ("test", "#6C5CE0", "dash"),
}


def splits_figure(
    steps: np.ndarray,
    curves: Mapping[str, np.ndarray],
    loss: str = "",
    baseline: float | None = None,
    best: int | None = None,
) -> go.Figure:
    """curves: `"train"`, `"heldout"`, `"test"` -> losses (K,) at steps (K,). loss: its name in the glossary.

    best: the step with the lowest held-out loss, marked. Log axis above 1.5 decades.
    """
    title = ("Training, held-out and test" if "test" in curves else "Training and held-out") + " loss"
    if not len(steps):
        return empty(title, "No step taken yet.", HEIGHT)
    known = [*curves.values()] + [np.array([baseline])] * (baseline is not None)
    log, (low, high) = spans(*known), decades(*known)
    label = axis_title("loss", lookup(loss).unit if loss else "")
    yaxis = log_axis(label, low, high) if log else axis(label, rangemode="tozero")
    traces: list[dict[str, Any]] = []
    for name, values in curves.items():
        words, colour, dash = LOOKS[name]
        hover = f"{words} %{{y:.4~g}}<br>step %{{x:,}}<extra></extra>"
        traces += line(
            steps, values, words, colour, dash=dash, width=STRONG, floor=10.0**low if log else None, hover=hover,
            mode="lines+markers" if len(steps) < 12 else "lines",
        )  # fmt: skip
    last = max(1, int(steps[-1]))
    if baseline is not None:
        words = f"baseline {baseline:.4g}<extra></extra>"
        traces.append(rule(baseline, "baseline", words, np.array([0, last])))
    shapes = [] if best is None else [upright(best, {"color": COLOURS["ink"], "width": 1, "dash": "dot"})]
    note = "" if best is None else f"dotted line: lowest held-out loss, at step {best:,}"
    return figure(traces, title, steps_axis(last, 1.02), yaxis, note=note, height=HEIGHT, legend=True, shapes=shapes)
