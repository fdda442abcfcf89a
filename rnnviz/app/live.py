"""Live pictures: a fragment of their own, so that a click elsewhere is never lost to the timer that redraws.

It only reads the newest View of each job; it never waits for a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from rnnviz.app import session
from rnnviz.app.words import literal
from rnnviz.runs.view import DIVERGED, FAILED, PLAYING, STARTING, View

REFRESH = 0.25  # seconds between two looks; under 0.1 the page would starve

Views = Mapping[str, View]


def live(jobs: Mapping[str, str], draw: Callable[[Views], None]) -> None:
    """Call `draw` with the newest views, by the names of `jobs`, again and again.

    Jobs that are gone (a visitor was away for long) start again: the whole page runs once more.
    """

    @st.fragment(run_every=REFRESH)
    def tick() -> None:
        views = {name: session.engine().latest(job) for name, job in jobs.items()}
        present = {name: view for name, view in views.items() if view is not None}
        if len(present) < len(views):
            st.rerun()
        draw(present)

    tick()


def trouble(views: Views) -> bool:
    """Say what went wrong, if anything did. True where there is nothing to draw."""
    for name, view in views.items():
        where = f"{name}: " if len(views) > 1 else ""
        if view.status == FAILED:
            st.error(where + literal(view.message), icon=":material/error:")
        elif view.status == DIVERGED:
            st.warning(where + literal(view.message), icon=":material/warning:")
    ready = [view for view in views.values() if view.trace is not None]
    if not ready and any(view.status == STARTING for view in views.values()):
        st.progress(0, "Starting a worker: loading torch takes a few seconds the first time.")
    return not ready


def state_words(view: View) -> str:
    """The state of a run in a word."""
    return {PLAYING: "training", STARTING: "starting"}.get(view.status, view.status)
