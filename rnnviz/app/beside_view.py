"""The run that is drawn beside the one on the page: usually the one it was forked from."""

from __future__ import annotations

import streamlit as st

from rnnviz.app import controls, kept, session
from rnnviz.app.curves import name_of
from rnnviz.app.words import literal
from rnnviz.config import ConfigError
from rnnviz.runs.store import StoreError
from rnnviz.runs.view import View


def beside(view: View, other: View | None) -> None:
    """A line on where the run comes from and what is dashed in the curves, with the way to either of the two."""
    if other is None and not view.parent:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="beside"):
        words = f"Forked at step {view.parent_step:,}." if view.parent else ""
        if other is None:
            st.caption(words, width="content")
            st.button("Show the parent beside it", key="beside show", type="tertiary", on_click=_bring, args=(view,))
            return
        name = name_of(other, view)
        st.caption(f"{words} Dashed: **{literal(name)}**, at step {other.step:,}.", width="content")
        both = controls.show("beside both", session.visitor().both)
        st.toggle("Play both", both, key="beside both", help="Play, pause and step drive both runs.", on_change=_both)
        st.button("Open it", key="beside open", type="tertiary", on_click=_swap, args=(view, other))
        st.button("Hide it", key="beside hide", type="tertiary", on_click=_hide, args=(view,))


def _both() -> None:
    session.visitor().both = st.session_state["beside both"]


def _hide(view: View) -> None:
    session.visitor().beside.pop(view.job, None)


def _swap(view: View, other: View) -> None:
    """The other run is shown, and this one beside it."""
    settings = kept.take(other.job)
    if settings is not None:
        session.visitor().beside[other.job] = view.job
        controls.take(settings)


def _bring(view: View) -> None:
    try:
        found = kept.show_beside(view.job, view.parent)
    except (ConfigError, StoreError) as error:
        st.toast(literal(str(error)), icon=":material/error:")
        return
    if not found:
        st.toast("The run that this one was forked from is not kept here any more.", icon=":material/link_off:")
