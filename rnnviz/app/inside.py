"""What the pages that look inside the run of the page Train share: its buttons, its timeline, step 0 beside it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import streamlit as st

from rnnviz.app import kept, look, session
from rnnviz.app.bench import play, step
from rnnviz.app.controls import choose, page_choice
from rnnviz.app.live import Views, soon, trouble
from rnnviz.app.timeline import asked, timeline
from rnnviz.app.transport import Face, play_button, step_button
from rnnviz.glossary import lookup
from rnnviz.runs.view import View
from rnnviz.tasks import Task
from rnnviz.trace import Trace

NOW, UNTRAINED, BOTH = SHOWN = "now", "untrained", "both"


def progress(view: View, task: Task) -> str:
    """How far the run has come, at the step that is looked at, in a line."""
    history = view.history.until(view.shown_step)
    words = [f"Step {view.shown_step:,}" + (f" of {view.step:,}" if view.past else "")]
    words += (
        [f"training loss {history.loss[-1]:.4g}"]
        if len(history.loss)
        else ["as it came" if _came(view) else "untrained"]
    )
    if len(history.metric):
        words.append(f"held-out {lookup(task.metric).label} {history.metric[-1]:.4g}")
    return ", ".join(words) + "."


@st.fragment
def player(job: str, face: Face) -> None:
    """Play, step and look back, as on the page Train. `face` learns what was drawn."""
    soon()
    visitor, view = session.visitor(), session.engine().latest(job)
    if visitor.jobs.get(kept.PLACE) != job:
        st.rerun()
    if view is None:
        return
    face.draw(view)

    def buttons() -> None:
        play_button([job], lambda: play(view, [job]))
        step_button([job], lambda: step(view, [job]), visitor.press, "Right" if asked(view) is None else None)

    timeline(view, buttons)


def compare() -> None:
    """Whether the pictures show the network now, untrained, or both."""
    words = {NOW: "Now", UNTRAINED: "Step 0", BOTH: "Both"}
    page_choice("show", "Show", SHOWN, BOTH, None, words.__getitem__, "collapsed")


def pick(key: str, label: str, options: Sequence[Any], words: Callable[[Any], str] = str, width: int = 200) -> None:
    """A small select box of a page's own, in the link unless it is the first of `options`; `picked` reads it."""
    widget = f"choice {key}"
    asked = {str(option): option for option in options}.get(st.query_params.get(key, ""), options[0])
    value = st.session_state.get(widget, asked)
    if value not in options:
        value = st.session_state[widget] = options[0]
    st.selectbox(
        label, options, options.index(value), words, key=widget, label_visibility="collapsed", width=width,
        persist_state="session", on_change=choose, args=(key, widget, options[0]),
    )  # fmt: skip
    choose(key, widget, options[0])


def picked(key: str, options: Sequence[Any]) -> Any:
    """What was picked, if it is there; else the first."""
    value = st.session_state.get(f"choice {key}")
    return value if value in options else options[0]


def shown(views: Views) -> tuple[Trace, Trace | None, Hashable] | None:
    """The Trace to draw, the untrained one to draw beside it, and what they depend on; None: nothing to draw yet."""
    view, mode = views["run"], picked("show", SHOWN[::-1])
    kept.write_link(view)
    if trouble(views) or view.shown_trace is None:
        return None
    if view.untrained is None and mode != NOW:
        session.engine().untrained(view.job)
    trace = view.untrained if mode == UNTRAINED else view.shown_trace
    beside = view.untrained if mode == BOTH and view.shown_step else None
    st.caption(_words(view, mode))
    if trace is None:
        return None
    seen = ("past", view.past.step) if view.past else view.revision
    return trace, beside, (view.job, mode, beside is None, 0 if mode == UNTRAINED else seen)


def _words(view: View, mode: str) -> str:
    network = "the network as it came" if _came(view) else "the untrained network"
    if mode != UNTRAINED and view.shown_step == 0:
        words = "This network is as it came." if _came(view) else "This network is untrained."
        return f"{words} Press **Play** to see what training makes of it."
    if mode != NOW and view.untrained is None:
        return f"{network.capitalize()} is being looked at."
    if mode == UNTRAINED:
        return "The network before its first step."
    return f"Step {view.shown_step:,}" + (f", beside {network} (dashed, grey)." if mode == BOTH else ".")


def _came(view: View) -> bool:
    """Whether it began with weights that were given."""
    return view.config is not None and bool(view.config.start)


def choose_unit(unit: int) -> None:
    """A unit was clicked on."""
    look.change(unit=unit)
