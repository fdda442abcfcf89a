"""Where runs stop by themselves, as controls and in the link."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from rnnviz.app import kept, session
from rnnviz.app.controls import show, show_notices
from rnnviz.app.stops import LAST, LINK, Stops
from rnnviz.breakpoints import BREAKPOINTS


def arrive() -> None:
    """Take the stops that the link names, and say which could not be; a link that names none gets the visitor's."""
    visitor, asked = session.visitor(), st.query_params.get(LINK)
    notices: list[str] = []
    if asked is not None and asked != visitor.stops.to_text():
        visitor.stops, notices = Stops.from_text(asked)
    show_notices(LINK, notices)
    _write()


def _write() -> None:
    text = session.visitor().stops.to_text()
    if text and st.query_params.get(LINK) != text:
        st.query_params[LINK] = text
    elif not text and LINK in st.query_params:
        del st.query_params[LINK]


def stops() -> None:
    """The controls, in a popover: run until a step, and a line for each kind of breakpoint."""
    visitor = session.visitor()
    menu = st.popover("Stop at", icon=":material/front_hand:", key="stops", on_change="rerun")
    if not menu.open:  # drawn while closed, the controls would forget what they were set to
        return
    with menu:
        st.session_state["stop until"] = visitor.stops.until  # whenever drawn: see `controls`, on what can be empty
        st.number_input(
            "Run until step", 1, LAST, value=None, step=100, key="stop until", placeholder="no end",
            help="Play pauses there. A run that is past it plays on.", on_change=_until,
        )  # fmt: skip
        armed = {each.kind: each.value for each in visitor.stops.breakpoints}
        for name, kind in BREAKPOINTS.items():
            number = int if kind.whole else float
            typed = st.session_state.get(f"stop at {name}", kind.default)  # and not switched on yet
            value = show(f"stop at {name}", number(armed.get(name, typed)))
            left, right = st.columns([3, 2], vertical_alignment="center")
            on = show(f"stop on {name}", name in armed)
            left.toggle(kind.label, on, key=f"stop on {name}", help=kind.help, on_change=_breakpoint, args=(name,))
            step = number(kind.default / 10)
            right.number_input(
                kind.label, number(kind.low), number(kind.high), value, step,
                "%d" if kind.whole else "%g", key=f"stop at {name}", label_visibility="collapsed",
                on_change=_breakpoint, args=(name,),
            )  # fmt: skip
        st.caption("A run that diverges stops by itself.")


def _until() -> None:
    _use(replace(session.visitor().stops, until=st.session_state["stop until"]))


def _breakpoint(name: str) -> None:
    value = st.session_state[f"stop at {name}"] if st.session_state[f"stop on {name}"] else None
    _use(session.visitor().stops.with_(name, value))


def _use(stops: Stops) -> None:
    visitor = session.visitor()
    visitor.stops = stops
    visitor.equip(*kept.jobs())
    _write()
