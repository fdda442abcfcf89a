"""What the Gradients page shows: three cells on the same data, before training, and how gradients pass back."""

from __future__ import annotations

import streamlit as st

from rnnviz.analysis.probe import Probe, probe
from rnnviz.app.controls import share, slider, undo_button
from rnnviz.app.live import Views, trouble
from rnnviz.app.results import result
from rnnviz.app.show import picture
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.figures.flow import flow_figure
from rnnviz.figures.gradient_norms import grad_norms_figure
from rnnviz.runs.view import View
from rnnviz.start import from_scratch

MOST_STEPS, MOST_UNITS = 200, 64
SHOWN = ("rnn_tanh", "lstm", "gru")
STEPS = {
    "spectral_radius": (0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0, 1.05, 1.1, 1.25, 1.5, 2.0, 3.0),
    "length": (5, 10, 20, 30, 50, 75, 100, 150, 200),
    "input_scale": (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
    "forget_bias": (None, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0),
}


@st.fragment
def sliders(settings: ExperimentConfig) -> None:
    """The four settings that decide how gradients pass back; the page runs again when one has changed."""
    for column, (field, steps) in zip(st.columns(len(STEPS), gap="medium"), STEPS.items(), strict=True):
        with column:
            now = slider(field, steps)
    with st.container(horizontal=True, gap="small"):
        undo_button()
        share()
    if now != settings:
        st.rerun()
    if settings.length > MOST_STEPS or settings.hidden_size > MOST_UNITS:
        st.caption(f"This page shows at most {MOST_STEPS} time steps and {MOST_UNITS} hidden units.")


def experiments(settings: ExperimentConfig) -> dict[str, ExperimentConfig]:
    """The three experiments by label: same noise, same recurrent scale, same bias of the gate that keeps the past.

    Small enough to be analysed between two pictures.
    """
    shared = from_scratch(settings).with_(
        task="noise", init="orthogonal", precision="float64", num_layers=1, bidirectional=False,
        embedding_size=0, dropout=0.0, update_bias=settings.forget_bias,
    )  # fmt: skip
    return {CELLS[name].label: shared.with_(cell=name) for name in SHOWN}


def draw(views: Views) -> None:
    """Gradient norms with theory beside them, the factors as a table, and the T×T maps."""
    if trouble(views) or any(view.trace is None for view in views.values()):
        return
    seen = tuple((view.job, view.revision) for view in views.values())
    probes = {label: _probe(label, view) for label, view in views.items()}
    left, right = st.columns([3, 2], gap="medium")
    with left:
        norms = [(label, seen_by.last_row) for label, seen_by in probes.items()]
        expected = {label: seen_by.expected for label, seen_by in probes.items()}
        picture("grad_norms", "gradients norms", seen, lambda: grad_norms_figure(norms, expected))
    with right:
        _factors(probes)
    flows = [(label, seen_by.flow) for label, seen_by in probes.items()]
    picture("flow", "gradients flow", seen, lambda: flow_figure(flows))
    two_paths = next(flow for _, flow in flows if flow.through_c is not None)
    left, right = st.columns(2, gap="medium")
    with left:
        picture("flow", "gradients along c", seen, lambda: flow_figure(two_paths, 0, "through_c"), words=False)
        st.caption("The LSTM's gradient on its way along the forget gates alone, never through the recurrent weights.")
    with right:
        picture("flow", "gradients through h", seen, lambda: flow_figure(two_paths, 0, "through_h"), words=False)
        st.caption("The rest: all that crossed the recurrent weights at least once. The two parts add up.")


def _probe(label: str, view: View) -> Probe:
    """The analysis of a view's trace, made once."""
    assert view.trace is not None
    trace = view.trace
    return result(f"gradients {label}", (view.job, view.revision), lambda: probe(trace))


def _factors(probes: dict[str, Probe]) -> None:
    """Factor per time step, theory beside measurement."""
    st.markdown("**Factor per time step, going back**")
    table = {
        "Cell": list(probes),
        "Theory": [seen.expected for seen in probes.values()],
        "Measured": [seen.measured for seen in probes.values()],
        "Over all time steps": [f"{seen.ratio:.1e}" for seen in probes.values()],
    }
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            name: st.column_config.NumberColumn(format="%.4f", help=words)
            for name, words in (
                ("Theory", "Vanilla RNN: the spectral radius of W_hh. LSTM, GRU: sigmoid of the bias of f or z."),
                ("Measured", "Fitted to the norms of dL/dh from the loss at the last time step."),
            )
        },
    )
    st.caption(
        "Theory holds for small inputs. It leaves out saturation, which only shrinks the vanilla RNN's gradient, and "
        "for LSTM and GRU the paths through the weights, which add to the path along the gate. With the default "
        "bias an untrained LSTM forgets within a few time steps: raise the forget bias and look again. For the GRU "
        "the same slider sets the bias of the update gate."
    )
