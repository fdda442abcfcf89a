"""The page Unrolled network: the run of the page Train, one sequence of it, laid out through time in the browser."""

from __future__ import annotations

import streamlit as st

from rnnviz.app import kept, look
from rnnviz.app.component import ASSETS, component
from rnnviz.app.inside import progress
from rnnviz.app.live import Views, trouble
from rnnviz.app.results import recent, trains
from rnnviz.app.unrolled import SECONDS, payload
from rnnviz.runs.view import View
from rnnviz.tasks import Task

LONGER = 4.0  # times SECONDS, while it does not train
HOW_TO_READ = (
    "One column is one time step of the same network. The stronger a node's shade, the larger its hidden state. "
    "Back-propagation runs from the loss backwards: the thicker an edge, the larger the gradient that goes along it. "
    "Play it, move the slider, or click on a column."
)
SURPRISING = (
    "An edge that is as thick at the first time step as at the last: the gradient neither vanishes nor explodes. "
    "Cut every few time steps, what the early inputs can be taught ends at the nearest cut."
)


def draw(views: Views, task: Task) -> None:
    """What the run is doing in a line, and the network unrolled as it was when last recorded."""
    view = views["run"]
    kept.write_link(view)
    if trouble(views):
        return
    show(view, task, "unrolled")
    st.caption(HOW_TO_READ, help=f"**What would be surprising:** {SURPRISING}")


def show(view: View, task: Task, key: str) -> None:
    """The component under `key`, on the sequence that is looked at, below a line on how far the run has come."""
    assert view.shown_trace is not None
    sequence = look.at(view.shown_trace).sequence
    st.caption(progress(view, task))
    if view.shown_trace.lengths[sequence] == 0:
        st.info("This sequence has no time steps, so there is nothing to unroll. Choose another one.")
        return
    trace, seconds = view.shown_trace, SECONDS if trains(view) else LONGER * SECONDS
    data = recent(view, key, (task.name, sequence), lambda: payload(trace, task, sequence, seconds))
    component("unrolled", beside={"plot": ASSETS / "plot"})(key=key, data=data, height="content")
