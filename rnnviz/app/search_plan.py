"""What the Search page is to try, from its controls. All of it stands in the link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from rnnviz.app.controls import page_choice
from rnnviz.app.settings import consistent
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.search import MOST, Plan

CELL_NAMES = ("lstm", "gru", "rnn_tanh")
SIZES = (4, 8, 16, 32, 64, 128)
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
SEEDS, STEPS, DRAWS = (1, 3), (100, 300, 1000), (12, 24, 48)
GRID, RANDOM = "grid", "random"


def plan() -> Plan:
    """What to search, from the controls of the page; all of it stands in the link."""
    left, middle, right = st.columns([3, 3, 4], gap="small")
    with left:
        cells = _several("cells", "Cells", CELL_NAMES, CELL_NAMES[:2], lambda name: CELLS[name].label)
    with middle:
        sizes = _several("sizes", "Hidden units", SIZES, SIZES[1:4])
    with right:
        rates = _several("rates", "Learning rates", RATES, RATES[1:5], "{:g}".format)
    with st.container(horizontal=True, gap="medium"):
        kind = page_choice(
            "how", "Try", (GRID, RANDOM), GRID,
            "Every combination, or some drawn at random between the smallest and the largest that are chosen.",
            {GRID: "every combination", RANDOM: "some at random"}.__getitem__,
        )  # fmt: skip
        draws = 0
        if kind == RANDOM:
            draws = page_choice("draws", "How many", DRAWS, DRAWS[1], "Evenly on logarithmic scales, by the seed.")
        seeds = page_choice("seeds", "Seeds", SEEDS, 1, "Runs of each: with three, luck can be told from merit.")
        steps = page_choice("steps", "Steps", STEPS, STEPS[1], "Optimiser steps of each run.", "{:,}".format)
    return Plan(tuple(cells), tuple(sizes), tuple(rates), seeds, steps, draws)


def _several(
    key: str, label: str, options: Sequence[Any], default: Sequence[Any], words: Callable[[Any], str] = str
) -> list[Any]:
    """Some of the options, as `page_choice` has one: in the link, unless it is the default."""
    widget, asked = f"choice {key}", st.query_params.get(key, "").split(",")
    linked = [option for option in options if str(option) in asked] or list(default)
    chosen = st.pills(
        label, options, selection_mode="multi", default=st.session_state.get(widget, linked), key=widget,
        format_func=words, persist_state="session",
    )  # fmt: skip
    ordered = [option for option in options if option in chosen]
    written = ",".join(map(str, ordered))
    if ordered == list(default) or not ordered:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != written:
        st.query_params[key] = written
    return ordered


def experiments(settings: ExperimentConfig, wanted: Plan) -> list[ExperimentConfig]:
    """What the plan tries, or none, and the reason on the page."""
    tried = [consistent(each, [])[0] for each in wanted.experiments(settings)]
    if not tried:
        st.info("Choose at least one cell, one hidden size and one learning rate.", icon=":material/checklist:")
    elif len(tried) * wanted.seeds > MOST:
        st.warning(
            f"These are {len(tried) * wanted.seeds} runs; a search takes at most {MOST}. Choose fewer of them, or some "
            "at random.",
            icon=":material/checklist:",
        )
        return []
    return tried
