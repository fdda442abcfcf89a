"""The bench: everything that a learner does to one run, in one fragment above the live pictures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from rnnviz.app import kept, session
from rnnviz.app.beside_view import beside
from rnnviz.app.change_view import change, fork
from rnnviz.app.export_view import export
from rnnviz.app.live import soon
from rnnviz.app.said_view import said
from rnnviz.app.stops_view import stops
from rnnviz.app.timeline import asked, look, timeline
from rnnviz.app.transport import Face, play_button, speed, step_button, tell
from rnnviz.app.words import literal
from rnnviz.config import ConfigError
from rnnviz.runs.view import View


@st.fragment
def bench(job: str, face: Face) -> None:
    """The buttons, the timeline, and what there is to say. `face` learns what was drawn."""
    visitor, engine = session.visitor(), session.engine()
    if visitor.jobs.get(kept.PLACE) != job:
        st.rerun()
    soon()
    view = engine.latest(job)
    if view is None:
        return
    other = engine.latest(kept.beside())
    for each in (view, other):
        if each is not None:
            face.draw(each)
    jobs = [job, other.job] if other is not None and visitor.both else [job]
    with st.container(horizontal=True, gap="xsmall", key="bench"):
        play_button(jobs, lambda: play(view, jobs))
        step_button(jobs, lambda: step(view, jobs), visitor.press, "Right" if asked(view) is None else None)
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
        export(view)
    timeline(view)
    said(view)
    beside(view, other)


def play(view: View, jobs: Sequence[str]) -> None:
    """Play from now on, to the step that the visitor set."""
    look(view, None)
    until = session.visitor().stops.until
    for job in jobs:
        now = session.engine().latest(job)
        tell("play", [job], until if now and until and until > now.step else None)


def step(view: View, jobs: Sequence[str]) -> None:
    """Take as many steps as a press of Step takes."""
    look(view, None)
    tell("step", jobs, session.visitor().press)


def _again() -> None:
    try:
        kept.again()
    except ConfigError as error:
        st.toast(literal(str(error)), icon=":material/error:")
