"""The settings of a page, in its side bar, in a fragment of their own."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from rnnviz.app.controls import controls, share, undo_button
from rnnviz.config import ExperimentConfig


def panel(
    settings: ExperimentConfig,
    groups: tuple[str, ...] = ("Task", "Model", "Start", "Training"),
    **which: Iterable[str],
) -> None:
    """Settings in the side bar; the page runs again when one has changed. `which`: as for `controls`."""
    with st.sidebar:
        _panel(settings, groups, which)


@st.fragment
def _panel(settings: ExperimentConfig, groups: tuple[str, ...], which: dict[str, Iterable[str]]) -> None:
    with st.container(horizontal=True, gap="small"):
        undo_button()
        share()
    if controls(groups, **which) != settings:
        st.rerun()
