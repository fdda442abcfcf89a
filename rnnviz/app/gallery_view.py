"""What the page Gallery shows: a card for every example, with its data, what it teaches, and the way into it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import streamlit as st

from rnnviz.app import controls, session
from rnnviz.app.experiment import run_of
from rnnviz.app.frame import page
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.config import ExperimentConfig
from rnnviz.data.errors import DataError
from rnnviz.gallery import EXAMPLES, Example
from rnnviz.gallery.measures import MEASURES
from rnnviz.gallery.pictures import PICTURES
from rnnviz.tasks import make_task

ACROSS = 3


def cards(settings: ExperimentConfig) -> None:
    """All examples, three to a row; on a phone one below the other."""
    examples = list(EXAMPLES.values())
    for first in range(0, len(examples), ACROSS):
        for column, example in zip(st.columns(ACROSS, gap="small"), examples[first : first + ACROSS], strict=False):
            with column, st.container(border=True, height="stretch", key=f"card {example.name}"):
                _card(example, settings.seed)


def _card(example: Example, seed: int) -> None:
    st.markdown(f"##### {example.title}")
    try:
        settings = example.config(seed)
        picture("example", f"gallery {example.name}", example.name, lambda: _drawn(example.name), words=False)
    except DataError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return
    st.markdown(example.lesson)
    st.caption(f":material/visibility: {example.look}")
    st.space("stretch")  # the numbers and buttons of a row stand side by side
    more = f"After {example.steps:,} steps, on sequences it never trained on. The guess: {_guess(example.name)[1]}."
    st.caption(facts(example), help=more)
    with st.container(horizontal=True, gap="small"):
        if st.button("Train it", key=f"train {example.name}", icon=":material/play_arrow:"):
            _go(settings, example, "train.py")
        if example.page != "train.py":
            title = page(example.page).title
            if st.button(title, key=f"look {example.name}", type="tertiary", icon=":material/arrow_forward:"):
                _go(settings, example, example.page)


def facts(example: Example) -> str:
    """How good it gets, beside a guess, and how long that takes."""
    measure, (guess, _) = MEASURES[example.measure], _guess(example.name)
    what, bound = f"{measure.label[0].upper()}{measure.label[1:]}", "≥" if measure.more else "≤"
    reached = f"{what} {bound} **{measure.write(example.reach)}** (guess: {measure.write(guess)})"
    return f"{reached} in about {example.seconds} s"


def _go(settings: ExperimentConfig, example: Example, file: str) -> None:
    """Train the example up to its last step and look at it on a page."""
    settings = controls.take(settings)
    if job := run_of(settings):
        session.engine().play(job, example.steps)
        st.switch_page(page(file))


@lru_cache(maxsize=64)
def _drawn(name: str) -> Any:
    return PICTURES[EXAMPLES[name].picture](make_task(EXAMPLES[name].config()))


@lru_cache(maxsize=64)
def _guess(name: str) -> tuple[float, str]:
    return MEASURES[EXAMPLES[name].measure].guess(make_task(EXAMPLES[name].config()))
