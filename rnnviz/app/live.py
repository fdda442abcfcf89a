"""Live pictures: a fragment of their own, so that a click elsewhere is never lost to the timer that redraws.

It only reads the newest View of each job; it never waits for a worker. How often it runs depends on how many look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState, enqueue_message

from rnnviz.app import session
from rnnviz.app.controls import current, take
from rnnviz.app.pace import SHORTEST, Pace
from rnnviz.app.words import literal
from rnnviz.runs.view import DIVERGED, FAILED, PLAYING, STARTING, View

PACE = Pace()  # of this server
SOON = 0.1  # seconds
_KEY = "pictures"

Views = Mapping[str, View]


def live(
    jobs: Mapping[str, str], draw: Callable[[Views], None], stale: Callable[[Views], bool] = lambda views: False
) -> None:
    """Call `draw` with the newest views, by the names of `jobs`, again and again, as often as the server can.

    Jobs that are gone (a visitor was away for long) start again: the whole page runs once more. stale: whether
    the rest of the page would look different for these views, and should run too.
    """

    @st.fragment(key=_KEY, run_every=PACE.interval)
    def tick() -> None:
        with PACE.turn(session.visitor().name):
            views = {name: session.engine().latest(job) for name, job in jobs.items()}
            present = {name: view for name, view in views.items() if view is not None}
            little = bool(present) and all(view.trace is None for view in present.values())  # to draw yet
            _ask(ThreadState.get().fragment_id, max(SHORTEST, PACE.interval / 4) if little else PACE.interval)
            if _alone():  # a timer's message may bring a link that is older than the settings
                take(current())
            if len(present) < len(views):
                st.rerun()
            draw(present)
        if _alone() and stale(present):  # as part of a page, what that has drawn is not in the browser yet
            st.rerun()

    tick()


def soon() -> None:
    """Have the pictures drawn at once: for fragments that a visitor uses, when they run."""
    context = get_script_run_ctx()
    if context is not None and _alone():  # else the page runs, and draws them itself
        for fragment in context.fragment_storage.resolve_target(_KEY):
            _ask(fragment, SOON)


def _alone() -> bool:
    """Whether a fragment runs, and not the whole page."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def _ask(fragment: str | None, seconds: float) -> None:
    """Have the browser run a fragment at another interval, as `run_every` does, but at any time."""
    message = ForwardMsg()
    message.auto_rerun.fragment_id = fragment or ""
    message.auto_rerun.interval = seconds
    enqueue_message(message)


def trouble(views: Views) -> bool:
    """Say what went wrong, if anything did. True where there is nothing to draw."""
    for name, view in views.items():
        where = f"{name}: " if len(views) > 1 else ""
        if view.status == FAILED:
            st.error(where + literal(view.message), icon=":material/error:")
        elif view.status == DIVERGED:
            st.warning(where + literal(view.message), icon=":material/warning:")
    return waiting(views)


def waiting(views: Views) -> bool:
    """True where there is nothing to draw, and a word on why if a worker is on its way."""
    ready = [view for view in views.values() if view.trace is not None]
    if not ready and any(view.status == STARTING for view in views.values()):
        st.progress(0, "Starting a worker: loading torch takes a few seconds the first time.")
    return not ready


def state_words(view: View) -> str:
    """The state of a run in a word."""
    return {PLAYING: "training", STARTING: "starting"}.get(view.status, view.status)
