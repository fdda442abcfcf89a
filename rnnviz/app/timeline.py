"""The timeline: the steps of a run that can be looked back at. Every figure of the page follows."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from rnnviz.app.controls import show
from rnnviz.app.transport import tell
from rnnviz.runs.view import View

NOW = None  # on the timeline: the step that the run is at


def asked(view: View) -> int | None:
    """The step that the visitor asked for last, None for now. A view may not know of it yet."""
    sought = view.seeking if view.seeking is not None else view.past.step if view.past else NOW
    step = st.session_state.get(_key(view), sought)
    return NOW if step is NOW or step >= view.step else int(step)


def timeline(view: View, first: Callable[[], None] | None = None) -> None:
    """A slider over the snapshots, one back, one on, any step, now.

    first: draws what else stands in the row, before it; "now" is then the slider's end alone.
    """
    shown = asked(view)
    known = {step for step in (*view.snapshots, shown) if step is not None and step < view.step}
    steps = [*sorted(known), NOW]
    place = steps.index(shown)
    key = _key(view)
    words = "Timeline" if shown is NOW else f":orange-badge[Looking back: step {shown:,} of {view.step:,}]"
    with st.container(horizontal=True, gap="xsmall" if first else "small", vertical_alignment="bottom", key="timeline"):
        if first:
            first()
        _button("back", "Back", "Left", "One snapshot back", view, steps[place - 1] if place else NOW, place == 0)
        st.select_slider(
            words,
            steps if len(steps) > 1 else [0, NOW],
            show(key, shown),
            key=key,
            format_func=lambda step: "now" if step is NOW else f"{step:,}",
            help="Snapshots of this run. The figures show it as it was at that step, and the curves mark the step.",
            disabled=len(steps) == 1,
            on_change=lambda: look(view, st.session_state[key]),
        )
        last = shown is NOW
        _button(
            "on", "Next", None if last else "Right", "One snapshot on", view, NOW if last else steps[place + 1], last
        )
        if not first:
            _button("now", "Now", None, "Back to the step that the run is at", view, NOW, last)
        menu = st.popover(
            "Any step", icon=":material/search:", key="timeline any", on_change="rerun", disabled=not known
        )
        if menu.open:
            with menu:
                _exact(view, shown)


def _exact(view: View, shown: int | None) -> None:
    """Any step, by its number. A form: the step that the run is at moves while one types."""
    key = f"timeline exact {view.job}"
    with st.form(key, border=False, enter_to_submit=True):
        st.number_input("Step", 0, view.step, view.step if shown is NOW else min(shown, view.step), key=f"{key} step")
        st.caption("Recomputed from the snapshot before it, and equal to a fresh run stopped there.")
        st.form_submit_button("Look at it", on_click=lambda: look(view, st.session_state[f"{key} step"]))


def _button(
    name: str, label: str, shortcut: str | None, words: str, view: View, step: int | None, disabled: bool
) -> None:
    icons = {"back": "chevron_left", "on": "chevron_right", "now": "last_page"}
    st.button(
        label,
        key=f"timeline {name}",
        icon=f":material/{icons[name]}:",
        help=words,
        shortcut=shortcut,
        disabled=disabled,
        width=96,
        on_click=look,
        args=(view, step),
    )


def look(view: View, step: int | None) -> None:
    """Show a run as it was at a step, or as it is now."""
    st.session_state[_key(view)] = step
    tell("look", [view.job], step)


def _key(view: View) -> str:
    return f"timeline {view.job}"
