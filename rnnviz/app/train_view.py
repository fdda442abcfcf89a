"""What the Train page shows of one run."""

from __future__ import annotations

import numpy as np
import streamlit as st
from plotly.graph_objects import Figure

from rnnviz.analysis.gates import saturated_fraction
from rnnviz.app import kept, session
from rnnviz.app.live import Views, state_words, trouble
from rnnviz.app.show import picture
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.figures.gates import gate_traces
from rnnviz.figures.gradient_norms import flow_over_training, grad_norms_figure
from rnnviz.figures.prediction import predictions_figure
from rnnviz.figures.states import gate_heatmap, state_heatmap
from rnnviz.figures.training import grad_norm_figure, loss_figure, metric_figure
from rnnviz.glossary import lookup, tooltip
from rnnviz.run import Divergence
from rnnviz.runs.view import DIVERGED, View
from rnnviz.tasks import Task
from rnnviz.tasks.base import PROBE_SIZE


@st.fragment
def look_at(settings: ExperimentConfig, job: str) -> None:
    """Which sequence, layer and quantity the pictures show; they follow at their next tick."""
    directions = ("", "_reverse") if settings.bidirectional else ("",)
    layers = [f"l{k}{way}" for k in range(settings.num_layers) for way in directions]
    view = session.engine().latest(job)
    sequences = view.trace.size[1] if view and view.trace else PROBE_SIZE
    cell = CELLS[settings.cell]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.selectbox(
            "Sequence", range(sequences), key="look sequence", width=110, help="One of the held-out sequences shown."
        )
        if len(layers) > 1:
            st.selectbox("Layer", range(len(layers)), format_func=layers.__getitem__, key="look layer", width=140)
        st.selectbox(
            "Heat map",
            (*cell.states, *cell.gates),
            format_func=lambda name: f"{lookup(name).label} {name}",
            key="look quantity",
            width=180,
            help="Which state or gate the heat map shows, unit by unit.",
        )
        st.toggle("Sort units", key="look sorted", help="Units that behave alike stand side by side.")


def draw(views: Views, settings: ExperimentConfig, task: Task) -> None:
    """Numbers and pictures of the one run in `views`."""
    (view,) = views.values()
    kept.write_link(view)
    numbers(view, task)
    if trouble(views) or view.trace is None:
        return
    trace, history = view.trace, view.history
    look = st.session_state
    layer = min(look.get("look layer", 0), len(trace.layer_names) - 1)
    sequence = min(look.get("look sequence", 0), trace.size[1] - 1)
    quantity, in_order = look.get("look quantity", "h"), look.get("look sorted", False)
    seen = (view.job, view.revision)
    clip_at = settings.clip_at if settings.clip == "norm" else None
    left, right = st.columns(2, gap="medium")
    with left:
        picture("loss", "train loss", seen, lambda: _loss(view, task))
        heat = gate_heatmap if quantity in trace.gates else state_heatmap
        shown = quantity if quantity in {*trace.gates, *trace.states} else "h"
        picture(
            "gate" if shown in trace.gates else "state",
            "train heat map",
            (*seen, shown, layer, sequence, in_order),
            lambda: heat(trace, shown, layer, sequence, in_order),
        )
        if trace.gates:
            picture("gates", "train gates", (*seen, layer, sequence), lambda: gate_traces(trace, layer, sequence))
        _saturation(view, layer)
    with right:
        picture("predictions", "train predictions", (*seen, sequence), lambda: predictions_figure(trace, sequence))
        picture("grad_norms", "train grad norms", seen, lambda: grad_norms_figure(trace))
        if task.metric != task.loss:
            picture("metric", "train metric", seen, lambda: metric_figure(history, task.metric))
        picture("grad_norm", "train grad norm", (*seen, clip_at), lambda: grad_norm_figure(history, clip_at))
        picture("flow_over_training", "train flow", (*seen, layer), lambda: flow_over_training(history, layer))


def _saturation(view: View, layer: int) -> None:
    """How much of each gate (without gates: of h) is pinned to an end of its range, as a line of text."""
    assert view.trace is not None
    shares = {name: np.nanmean(share[layer]) for name, share in saturated_fraction(view.trace).items()}
    words = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())
    if words:
        st.caption(f"Saturated, over all sequences: {words}.", help=tooltip("saturated_fraction"))


def _loss(view: View, task: Task) -> Figure:
    diverged = Divergence(view.step, "see above", float("nan")) if view.status == DIVERGED else None
    return loss_figure(view.history, task.baseline, task.baseline_words, loss=task.loss, diverged=diverged)


def numbers(view: View, task: Task) -> None:
    """The state of the run in figures that do not move."""
    history, speed = view.history, view.steps_per_second
    loss = history.loss[-1] if len(history.loss) else None
    with st.container(horizontal=True, gap="medium", key="numbers"):
        st.metric("Run", state_words(view))
        st.metric("Step", f"{view.step:,}", help=tooltip("step"))
        st.metric("Training loss", "–" if loss is None else f"{loss:.4g}", help=tooltip("loss"))
        if len(history.metric):
            checked = f"On sequences never trained on, last checked at step {history.checked[-1]:,}."
            st.metric(f"Held-out {lookup(task.metric).label}", f"{history.metric[-1]:.4g}", help=checked)
        st.metric("Steps per second", "–" if not speed else f"{speed:,.0f}" if speed >= 10 else f"{speed:.2g}")
        st.metric("Parameters", f"{view.parameters:,}")
