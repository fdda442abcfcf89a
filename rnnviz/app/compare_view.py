"""What the Compare page shows: cells on identical batches, over several seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from plotly.graph_objects import Figure

from rnnviz.analysis.norms import grad_norms
from rnnviz.app.controls import page_choice
from rnnviz.app.live import Views, trouble
from rnnviz.app.settings import BY_FIELD, consistent
from rnnviz.app.show import picture
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.figures.compare import bands_figure
from rnnviz.figures.gates import gates_side_by_side
from rnnviz.figures.gradient_norms import grad_norms_figure
from rnnviz.glossary import lookup
from rnnviz.runs.view import DIVERGED, FAILED, PLAYING
from rnnviz.sizes import network
from rnnviz.start import from_scratch
from rnnviz.tasks import Task

SHOWN = ("lstm", "gru", "rnn_tanh")
SEEDS = (1, 3, 5)
STEPS = (300, 1000, 3000)
MATCHED = ("hidden size", "parameter count")


@dataclass(frozen=True)
class Entry:
    """One run of the comparison: a cell's label, and its settings with one of the seeds."""

    label: str
    settings: ExperimentConfig

    @property
    def name(self) -> str:
        return f"{self.label}, seed {self.settings.seed}"


def options() -> tuple[int, str, int]:
    """How many seeds, what is held equal, and how many steps are trained; all three stand in the link."""
    with st.container(horizontal=True, gap="large"):
        seeds = page_choice(
            "seeds",
            "Seeds",
            SEEDS,
            3,
            "Each cell is trained from this many seeds; a seed gives every cell the same batches.",
        )
        matched = page_choice(
            "match", "Matched by", MATCHED, MATCHED[0],
            "By parameter count: the other cells get the hidden size that comes nearest to the LSTM's count.",
        )  # fmt: skip
        steps = page_choice("steps", "Steps", STEPS, STEPS[1], "Play trains every run up to this step.", "{:,}".format)
    return seeds, matched, steps


def entries(settings: ExperimentConfig, task: Task, seeds: int, matched: str) -> list[Entry]:
    """Every run: cells × seeds. The first cell has the hidden size of the settings."""
    model = network(settings.with_(cell=SHOWN[0]), task)
    found = []
    for name in SHOWN:
        hidden = model.matched(name).hidden_size if matched == MATCHED[1] else settings.hidden_size
        hidden = min(hidden, int(BY_FIELD["hidden_size"].bounds[1]))
        for k in range(seeds):
            given = from_scratch(settings.other_seed(k)).with_(cell=name, hidden_size=hidden, patience=0)
            each, _ = consistent(given, [])
            found.append(Entry(CELLS[name].label, each))
    return found


def draw(views: Views, entries: list[Entry], task: Task, steps: int) -> None:
    """Loss and metric with bands, what each cell costs, gates and gradients of the first seed."""
    running = sum(view.status == PLAYING for view in views.values())
    done = sum(min(view.step, steps) for view in views.values()) / (steps * len(views))
    slowest, fastest = min(view.step for view in views.values()), max(view.step for view in views.values())
    st.progress(done, f"{len(views)} runs, {running} of them training; step {slowest:,} to {fastest:,} of {steps:,}.")
    if trouble(views):
        return
    seen = tuple((view.job, view.revision) for view in views.values())
    labels = list(dict.fromkeys(entry.label for entry in entries))
    first = {label: views[next(e.name for e in entries if e.label == label)] for label in labels}
    left, right = st.columns(2, gap="medium")
    with left:
        picture("bands", "compare loss", seen, lambda: _bands(views, entries, labels, "heldout_loss", task))
    with right:
        if task.metric != task.loss:
            picture("bands", "compare metric", seen, lambda: _bands(views, entries, labels, task.metric, task))
        else:
            picture("grad_norms", "compare norms", seen, lambda: _norms(first))
    _costs(first, entries, task)
    traces = [(label, view.trace) for label, view in first.items() if view.trace is not None]
    gated = [(label, trace) for label, trace in traces if trace.gates]
    picture("gates", "compare gates", seen, lambda: gates_side_by_side(gated))
    if task.metric != task.loss:
        picture("grad_norms", "compare norms", seen, lambda: _norms(first))


def _bands(views: Views, entries: list[Entry], labels: list[str], quantity: str, task: Task) -> Figure:
    """Up to the last check that every run which goes on has reached; runs that ended count as not finite after it."""
    loss, series = quantity == "heldout_loss", []
    for label in labels:
        mine = [views[entry.name] for entry in entries if entry.label == label]
        going = [view.history for view in mine if view.status not in (DIVERGED, FAILED)]
        steps = min((h.checked for h in going or [view.history for view in mine]), key=len)
        values = np.full((len(mine), len(steps)), np.nan)
        for row, view in zip(values, mine, strict=True):
            known = (view.history.heldout_loss if loss else view.history.metric)[: len(steps)]
            row[: len(known)] = known
        series.append((label, steps, values))
    title = f"Held-out loss: {lookup(task.loss).label}" if loss else f"Held-out {lookup(quantity).label}"
    return bands_figure(series, quantity, baseline=task.baseline if loss else None, title=title)


def _norms(first: Views) -> Figure:
    traces = [(label, view.trace) for label, view in first.items() if view.trace is not None]
    return grad_norms_figure([(label, grad_norms(trace)[-1]) for label, trace in traces])


def _costs(first: Views, entries: list[Entry], task: Task) -> None:
    """What each cell costs, as a table."""
    rows = []
    for label, view in first.items():
        model = network(next(entry.settings for entry in entries if entry.label == label), task)
        rows.append(
            {
                "Cell": label,
                "Hidden units": model.hidden_size,
                "Parameters": model.parameters,
                "Multiply-adds per time step": model.multiply_adds,
                "ms per step": _measured(1e3 * view.seconds_per_step),
                "µs per time step": _measured(1e6 * view.seconds_per_step / (task.time_steps + task.target_steps)),
            }
        )
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config={
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Multiply-adds per time step": st.column_config.NumberColumn(
                format="localized", help="Of one sequence, going forward; matrix products only."
            ),
            "ms per step": st.column_config.TextColumn(
                help="Measured here: one optimiser step of a whole batch, forward and backward."
            ),
            "µs per time step": st.column_config.TextColumn(help="The same, divided by T."),
        },
    )


def _measured(value: float) -> str:
    return (
        "after Play" if value != value else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    )  # NaN: no step has been taken
