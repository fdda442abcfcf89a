"""Which sequence, layer, unit and time step the pages that see inside look at: one for all pages, and in the link.

`arrive()` once per page run; `pickers(job)` draws the choices; `at(trace)` says what a picture shows. The time step
moves in the browser (`rnnviz:time`); what stands here is where it starts, and where it was let go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, replace

import streamlit as st

from rnnviz.app import session
from rnnviz.app.controls import current, show, show_notices
from rnnviz.app.live import Views, soon
from rnnviz.app.visitor import Look as Look
from rnnviz.app.words import literal
from rnnviz.runs.view import View
from rnnviz.shapes import SHAPES
from rnnviz.tasks import TASKS
from rnnviz.tasks.base import PROBE_SIZE
from rnnviz.trace import Trace

LINK = {"sequence": "seq", "layer": "layer", "unit": "unit", "time": "t"}  # field -> name in a link
WORDS = {"sequence": "sequence", "layer": "layer", "unit": "unit", "time": "time step"}
ANY = 10**9  # how many time steps a run may have whose Trace is not here yet
PLACE = "look"
DRAWN = "look drawn"


def arrive() -> None:
    """Take what the link looks at, and say what of it could not be had; a link that says nothing gets the visitor's.

    Never raises. What is too large for the run is cut to it where it is drawn.
    """
    given = {name: st.query_params[key] for name, key in LINK.items() if key in st.query_params}
    notices = []
    if given:
        bad = [name for name, text in given.items() if not re.fullmatch(r"[0-9]{1,9}", text)]
        notices = [
            f'The link asks for {WORDS[name]} "{literal(given[name][:24])}"; it is a whole number, from 0.'
            for name in bad
        ]
        session.visitor().look = Look(**{name: int(text) for name, text in given.items() if name not in bad})
    _write()
    show_notices(PLACE, notices)


def at(trace: Trace) -> Look:
    """What the visitor looks at, in a Trace: every number is one that it has."""
    return _cut(session.visitor().look, _sizes(trace))


def change(**fields: int) -> None:
    """Look at another sequence, layer, unit or time; the link follows."""
    visitor = session.visitor()
    visitor.look = replace(visitor.look, **fields)
    _write()


@st.fragment(key="pickers")
def pickers(
    job: str, *, sequence: bool = True, layer: bool = True, unit: bool = True, more: Callable[[], None] | None = None
) -> None:
    """One row of small choices; the pictures follow at once. more: draws the page's own, in the same row.

    A choice between one is none: a network of one layer has no choice of layer.
    """
    soon()
    view = session.engine().latest(job)
    sizes, names = _known(view)
    _fit(sizes)
    session.visitor().noted[DRAWN] = session.visitor().look, sizes
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if sequence:
            _picker("sequence", sizes.sequence, lambda k: f"Sequence {k}", 150)
        if layer:
            _picker("layer", sizes.layer, lambda k: f"Layer {names[k]}", 160)
        if unit:
            _picker("unit", sizes.unit, lambda k: f"Unit {k}", 130)
        if more:
            more()


def stale(views: Views) -> bool:
    """Whether the pickers would look different for these views: `live` then has the page run again."""
    return session.visitor().noted.get(DRAWN) != (session.visitor().look, _known(views.get("run"))[0])


def _picker(name: str, count: int, words: Callable[[int], str], width: int) -> None:
    if count < 2:
        return
    key, value = f"look {name}", getattr(session.visitor().look, name)
    st.selectbox(
        WORDS[name].capitalize(),
        range(count),
        show(key, value),
        words,
        key=key,
        label_visibility="collapsed",
        width=width,
        on_change=lambda: change(**{name: st.session_state[key]}),
    )


def _known(view: View | None) -> tuple[Look, list[str]]:
    """How many there are of each, as a Look, and the names of the layers; from the settings before there is a Trace."""
    if view is not None and view.shown_trace is not None:
        return _sizes(view.shown_trace), list(view.shown_trace.layer_names)
    settings = current()
    ways = ("", "_reverse")[: SHAPES[TASKS[settings.task].shape].directions(settings.bidirectional)]
    names = [f"l{k}{way}" for k in range(settings.num_layers) for way in ways]
    return Look(PROBE_SIZE, len(names), settings.hidden_size, ANY), names


def _sizes(trace: Trace) -> Look:
    layers, sequences, times, units = trace.size
    return Look(sequences, layers, units, times)


def _cut(look: Look, sizes: Look) -> Look:
    counts = asdict(sizes)
    return Look(**{name: max(0, min(value, counts[name] - 1)) for name, value in asdict(look).items()})


def _fit(sizes: Look) -> None:
    """Cut what the visitor looks at to what there is, and say so."""
    visitor, counts = session.visitor(), asdict(sizes)
    asked, visitor.look = asdict(visitor.look), _cut(visitor.look, sizes)
    _write()
    show_notices(
        "look beyond",
        [
            f"There is no {WORDS[name]} {asked[name]} here: they go from 0 to {counts[name] - 1}. This is {value}."
            for name, value in asdict(visitor.look).items()
            if value != asked[name]
        ],
    )


def _write() -> None:
    """Have the link say what the visitor looks at, where it is not the first of everything; at most one new entry in
    the browser's history."""
    look = asdict(session.visitor().look)
    kept = {key: st.query_params.get_all(key) for key in st.query_params if key not in LINK.values()}
    wanted = kept | {LINK[name]: [str(value)] for name, value in look.items() if value}
    if {key: st.query_params.get_all(key) for key in st.query_params} != wanted:
        st.query_params.from_dict(wanted)
