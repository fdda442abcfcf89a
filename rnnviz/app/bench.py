"""The bench: everything that a learner does to one run, in one fragment above the live pictures."""

from __future__ import annotations

import streamlit as st

from rnnviz.app import kept, session
from rnnviz.app.live import soon
from rnnviz.app.transport import Face, play_button, speed, step_button, tell
from rnnviz.app.words import literal
from rnnviz.config import ConfigError


@st.fragment
def bench(job: str, face: Face) -> None:
    """Play, step, start over, speed. `face` learns what was drawn."""
    soon()
    visitor, engine = session.visitor(), session.engine()
    if visitor.jobs.get(kept.PLACE) != job:
        st.rerun()
    view = engine.latest(job)
    if view is None:
        return
    face.draw(view)
    with st.container(horizontal=True, gap="small", key="bench"):
        play_button([job], lambda: _play(job))
        step_button([job], visitor.press)
        st.button(
            "Start over",
            key="transport again",
            icon=":material/restart_alt:",
            help="A fresh run of the same settings. This one stays among your runs.",
            disabled=view.step == 0,
            on_click=_again,
        )
        speed()


def _play(job: str) -> None:
    tell("look", [job], None)
    tell("play", [job], None)


def _again() -> None:
    try:
        kept.again()
    except ConfigError as error:
        st.toast(literal(str(error)), icon=":material/error:")
