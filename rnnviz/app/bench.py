"""The bench: everything that a learner does to one run, in one fragment above the live pictures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from rnnviz.app import kept, session
from rnnviz.app.beside_view import beside
from rnnviz.app.change_view import change, fork
from rnnviz.app.stops_view import stops
from rnnviz.app.timeline import asked, timeline
from rnnviz.app.transport import Face, play_button, speed, step_button, tell
from rnnviz.app.words import literal
from rnnviz.config import ConfigError
from rnnviz.runs.view import DIVERGED, FAILED, PAUSED, View


@st.fragment
def bench(job: str, face: Face) -> None:
    """The buttons, the timeline, and what there is to say. `face` learns what was drawn."""
    visitor, engine = session.visitor(), session.engine()
    if visitor.jobs.get(kept.PLACE) != job:
        st.rerun()
    view = engine.latest(job)
    if view is None:
        return
    other = engine.latest(kept.beside())
    for each in (view, other):
        if each is not None:
            face.draw(each)
    jobs = [job, other.job] if other is not None and visitor.both else [job]
    with st.container(horizontal=True, gap="xsmall", key="bench"):
        play_button(jobs, lambda: _play(jobs))
        step_button(jobs, visitor.press, "Right" if asked(view) is None else None)
        st.button(
            "Start over",
            key="transport again",
            icon=":material/restart_alt:",
            help="A fresh run of the same settings. This one stays among your runs.",
            disabled=view.step == 0,
            on_click=_again,
        )
        speed()
        stops()
        change(view)
        fork(view)
    timeline(view)
    beside(view, other)
    with st.container(key="said"):
        said(view)


def said(view: View) -> None:
    """Why it stopped, where it did so by itself; else what holds for it."""
    if view.status == FAILED:
        st.error(literal(view.message), icon=":material/error:")
    elif view.status == DIVERGED:
        st.warning(literal(view.message), icon=":material/warning:")
    elif view.status == PAUSED and view.hits and view.hits[-1].step == view.step:
        st.info(literal(view.hits[-1].message), icon=":material/front_hand:")
    elif view.message:
        st.info(literal(view.message), icon=":material/info:")
    elif words := session.visitor().stops.words:
        st.caption(f"Stops at {words}.")


def _play(jobs: Sequence[str]) -> None:
    until = session.visitor().stops.until
    tell("look", jobs, None)
    for job in jobs:
        view = session.engine().latest(job)
        tell("play", [job], until if view and until and until > view.step else None)


def _again() -> None:
    try:
        kept.again()
    except ConfigError as error:
        st.toast(literal(str(error)), icon=":material/error:")
