"""What the Train page shows of one run."""

from __future__ import annotations

import streamlit as st
from plotly.graph_objects import Figure

from rnnviz.app.live import Views, state_words, trouble
from rnnviz.app.show import picture
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.figures.gates import gate_traces
from rnnviz.figures.gradient_norms import flow_over_training, grad_norms_figure
from rnnviz.figures.prediction import predictions_figure
from rnnviz.figures.states import state_heatmap
from rnnviz.figures.training import grad_norm_figure, loss_figure, metric_figure
from rnnviz.glossary import lookup
from rnnviz.run import Divergence
from rnnviz.runs.engine import DIVERGED, View
from rnnviz.tasks import Task
from rnnviz.tasks.base import PROBE_SIZE


@st.fragment
def look_at(settings: ExperimentConfig) -> None:
    """Which sequence, layer and state the pictures show; the live pictures follow at their next tick."""
    directions = ("", "_reverse") if settings.bidirectional else ("",)
    layers = [f"l{k}{way}" for k in range(settings.num_layers) for way in directions]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.selectbox(
            "Sequence",
            range(PROBE_SIZE),
            key="look sequence",
            width=110,
            help="One of the held-out probe sequences.",
        )
        if len(layers) > 1:
            st.selectbox("Layer", range(len(layers)), format_func=layers.__getitem__, key="look layer", width=140)
        states = CELLS[settings.cell].states
        if len(states) > 1:
            st.selectbox(
                "State",
                states,
                format_func=lambda name: f"{lookup(name).label} {name}",
                key="look state",
                width=180,
                help="Which state the heat map shows.",
            )


def draw(views: Views, settings: ExperimentConfig, task: Task) -> None:
    """Numbers and pictures of the one run in `views`."""
    (view,) = views.values()
    numbers(view, task)
    if trouble(views) or view.trace is None:
        return
    trace, history = view.trace, view.history
    look = st.session_state
    layer = min(look.get("look layer", 0), len(trace.layer_names) - 1)
    sequence = min(look.get("look sequence", 0), trace.size[1] - 1)
    state = look.get("look state", "h")
    state = state if state in trace.states else "h"
    seen = (view.job, view.revision)
    clip_at = settings.clip_at if settings.clip == "norm" else None
    left, right = st.columns(2, gap="medium")
    with left:
        picture("loss", "train loss", seen, lambda: _loss(view, task))
        shown = (*seen, state, layer, sequence)
        picture("state", "train state", shown, lambda: state_heatmap(trace, state, layer, sequence))
        picture("gates", "train gates", (*seen, layer, sequence), lambda: gate_traces(trace, layer, sequence))
    with right:
        picture("predictions", "train predictions", (*seen, sequence), lambda: predictions_figure(trace, sequence))
        picture("grad_norms", "train grad norms", seen, lambda: grad_norms_figure(trace))
        if task.metric != task.loss:
            picture("metric", "train metric", seen, lambda: metric_figure(history, task.metric))
        picture("grad_norm", "train grad norm", (*seen, clip_at), lambda: grad_norm_figure(history, clip_at))
        picture("flow_over_training", "train flow", (*seen, layer), lambda: flow_over_training(history, layer))


def _loss(view: View, task: Task) -> Figure:
    diverged = Divergence(view.step, "see above", float("nan")) if view.status == DIVERGED else None
    return loss_figure(view.history, task.baseline, task.baseline_words, loss=task.loss, diverged=diverged)


def numbers(view: View, task: Task) -> None:
    """The state of the run in figures that do not move."""
    history = view.history
    loss = history.loss[-1] if len(history.loss) else None
    with st.container(horizontal=True, gap="medium", key="numbers"):
        st.metric("Run", state_words(view))
        st.metric("Step", f"{view.step:,}")
        st.metric("Training loss", "–" if loss is None else f"{loss:.4g}")
        if len(history.metric):
            st.metric(f"Held-out {lookup(task.metric).label}", f"{history.metric[-1]:.4g}")
        st.metric("Steps per second", f"{view.steps_per_second:,.0f}" if view.steps_per_second else "–")
        st.metric("Parameters", f"{view.parameters:,}")
