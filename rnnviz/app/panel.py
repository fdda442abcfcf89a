"""The settings of a page, in its side bar, in a fragment of their own."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from rnnviz.app.controls import USED, controls, current, share, show_notices, take, undo_button
from rnnviz.config import ExperimentConfig
from rnnviz.start import from_scratch


def panel(
    settings: ExperimentConfig,
    groups: tuple[str, ...] = ("Task", "Model", "Start", "Training"),
    **which: Iterable[str],
) -> None:
    """Settings in the side bar; the page runs again when one has changed. `which`: as for `controls`."""
    if not current().start:  # else it has been undone
        show_notices(USED, [], ":material/info:")
    with st.sidebar:
        _panel(settings, groups, which)


@st.fragment
def _panel(settings: ExperimentConfig, groups: tuple[str, ...], which: dict[str, Iterable[str]]) -> None:
    with st.container(horizontal=True, gap="small"):
        undo_button()
        share()
        if current().start and "Start" in groups:
            _random_button()
    if controls(groups, **which) != settings:
        st.rerun()


def _random_button() -> None:
    """The way back from weights that were brought, which fix the size of the model."""
    words = "These settings begin with weights that were brought, which fix cell, hidden units, layers and directions."
    st.button("Begin with random weights", icon=":material/shuffle:", help=words, on_click=_forget_start)


def _forget_start() -> None:
    take(from_scratch(current()))
