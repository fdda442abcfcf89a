"""The page Unrolled network: the run of the page Train, one sequence of it, laid out through time in the browser."""

from __future__ import annotations

import time
from collections.abc import Hashable

import streamlit as st

from rnnviz.app import kept, look, session
from rnnviz.app.component import ASSETS, component
from rnnviz.app.live import Views, trouble
from rnnviz.app.unrolled import SECONDS, payload
from rnnviz.runs.view import PLAYING, View
from rnnviz.tasks import Task

AGAIN = 1.0  # seconds between two drawings of a run that trains
LONGER = 4.0  # times SECONDS, while it does not train
HOW_TO_READ = (
    "One column is one time step of the same network. The darker a node, the larger its hidden state. "
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
    """The component under `key`, on the sequence that is looked at."""
    assert view.shown_trace is not None
    sequence = look.at(view.shown_trace).sequence
    if view.shown_trace.lengths[sequence] == 0:
        st.info("This sequence has no time steps, so there is nothing to unroll. Choose another one.")
        return
    loss = view.history.until(view.shown_step).loss
    st.caption(f"Step {view.shown_step:,}" + (f", training loss {loss[-1]:.4g}." if len(loss) else ", untrained."))
    data = _drawn(view, task, sequence, key)
    component("unrolled", beside={"plot": ASSETS / "plot"})(key=key, data=data, height="content")


def _drawn(view: View, task: Task, sequence: int, key: str) -> bytes:
    """The payload: made anew for what is new, but of a run that trains at most once a second, and with less in it."""
    assert view.shown_trace is not None
    results, now = session.visitor().results, time.monotonic()
    training = view.status == PLAYING and view.past is None
    wanted: Hashable = view.job, sequence, task.name
    step: Hashable = ("past", view.past.step) if view.past else view.revision, training
    seen, made = results.get(key, ((None, None), (0.0, b"")))
    soon = training and now - made[0] < AGAIN
    if seen[0] != wanted or (seen[1] != step and not soon):  # type: ignore[index]
        seconds = SECONDS if training else LONGER * SECONDS
        made = now, payload(view.shown_trace, task, sequence, seconds)
        results[key] = (wanted, step), made
    return made[1]
