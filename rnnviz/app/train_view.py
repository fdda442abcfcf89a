"""What the Train page shows of one run."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from rnnviz.analysis.gates import saturated_fraction
from rnnviz.app import curves, kept, look, signals_view
from rnnviz.app.live import Views, state_words, waiting
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.figures.gates import gate_traces
from rnnviz.figures.gradient_norms import grad_norms_figure
from rnnviz.figures.prediction import predictions_figure, words_for
from rnnviz.figures.states import gate_heatmap, state_heatmap
from rnnviz.glossary import lookup, tooltip
from rnnviz.runs.view import View
from rnnviz.tasks import Task
from rnnviz.trace import Trace


def look_at(settings: ExperimentConfig, job: str) -> None:
    """Which sequence, layer and quantity the pictures show; they follow at once."""
    look.pickers(job, unit=False, more=partial(_map, settings))


def _map(settings: ExperimentConfig) -> None:
    cell = CELLS[settings.cell]
    st.selectbox(
        "Heat map",
        (*cell.states, *cell.gates),
        format_func=lambda name: f"Heat map: {lookup(name).label} {name}",
        key="look quantity",
        label_visibility="collapsed",
        width=250,
    )
    st.toggle("Sort units", key="look sorted", help="Units that behave alike stand side by side.")


def draw(views: Views, settings: ExperimentConfig, task: Task) -> None:
    """Numbers and pictures of the run in `views`, at the step that is looked at; the run beside it in the curves."""
    view, other = views["run"], views.get("beside")
    kept.write_link(view)
    numbers(view, task)
    trace = view.shown_trace
    if trace is None:
        waiting(views)
        return
    seen_at, chosen = look.at(trace), st.session_state
    layer, sequence = seen_at.layer, seen_at.sequence
    quantity, in_order = chosen.get("look quantity", "h"), chosen.get("look sorted", False)
    seen = (view.job, ("past", view.past.step) if view.past else view.revision)
    left, right = st.columns(2, gap="medium")
    with left:
        curves.loss(view, other, task)
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
        _saturation(trace, layer)
        curves.metric(view, other, task)
    with right:
        picture(words_for(trace), "train predictions", (*seen, sequence), lambda: predictions_figure(trace, sequence))
        signals_view.draw(task, trace, sequence, seen)
        picture("grad_norms", "train grad norms", seen, lambda: grad_norms_figure(trace))
        curves.grad_norm(view, other)
        curves.flow(view, layer)


def _saturation(trace: Trace, layer: int) -> None:
    """How much of each gate (without gates: of h) is pinned to an end of its range, as a line of text."""
    shares = {name: np.nanmean(share[layer]) for name, share in saturated_fraction(trace).items()}
    words = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())
    if words:
        st.caption(f"Saturated, over all sequences: {words}.", help=tooltip("saturated_fraction"))


def numbers(view: View, task: Task) -> None:
    """The state of the run at the step that is looked at, in figures that do not move, and a line on its keeping."""
    history, speed = view.history.until(view.shown_step), view.steps_per_second
    loss = history.loss[-1] if len(history.loss) else None
    step = f"{view.shown_step:,}" + (f" of {view.step:,}" if view.past else "")
    with st.container(horizontal=True, gap="medium", key="numbers"):
        st.metric("Run", state_words(view))
        st.metric("Step", step, help=tooltip("step"))
        st.metric("Training loss", "–" if loss is None else f"{loss:.4g}", help=tooltip("loss"))
        if len(history.metric):
            checked = f"On sequences never trained on, last checked at step {history.checked[-1]:,}."
            st.metric(f"Held-out {lookup(task.metric).label}", f"{history.metric[-1]:.4g}", help=checked)
        st.metric("Steps per second", "–" if not speed else f"{speed:,.0f}" if speed >= 10 else f"{speed:.2g}")
        st.metric("Parameters", f"{view.parameters:,}")
    if view.trouble:
        st.warning(literal(view.trouble), icon=":material/save:")
    name = f"**{literal(view.name)}** · " if view.name else ""
    saved = f"Saved at step {view.saved:,}." if view.saved >= 0 else "Not saved yet." if view.step else ""
    seeking = f"Recomputing step {view.seeking:,} from the snapshot before it." if view.seeking is not None else ""
    st.caption(name + (seeking or literal(view.queue) or saved or "\u00a0"))
