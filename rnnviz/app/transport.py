"""The buttons that make runs go, in a fragment of their own, so that a click is never lost to the live pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from rnnviz.app import kept, session
from rnnviz.app.controls import show
from rnnviz.app.live import Views, soon
from rnnviz.runs.view import DIVERGED, FAILED, PLAYING, View

# Steps per second; the last is as fast as it goes.
RATES = (1, 2, 5, 10, 20, 50, 100, 200, None)
PRESSES = (1, 10, 100, 1000)  # steps that the button Step takes


@dataclass(eq=False)
class Face:
    """What the buttons were last drawn for, so that the live pictures notice when a run has changed by itself."""

    drawn: dict[str, Any] = field(default_factory=dict)

    def draw(self, view: View) -> None:
        self.drawn[view.job] = _face(view)

    def stale(self, views: Views) -> bool:
        """Whether the buttons would look different now: the page should run again."""
        return any(self.drawn.get(view.job, _face(view)) != _face(view) for view in views.values())


def _face(view: View) -> tuple[Any, ...]:
    rests = () if view.status == PLAYING else view.snapshots
    return view.status, rests, view.step > 0, view.hits, view.changes


def tell(verb: str, jobs: Sequence[str], *args: Any) -> None:
    """Say something to each of the jobs: a verb of the engine and what goes with it."""
    for job in jobs:
        getattr(session.engine(), verb)(job, *args)


def going(job: str) -> bool:
    """Whether a job trains, or will as soon as its worker has heard of it."""
    record = session.engine().jobs.get(job)
    return record is not None and record.status == PLAYING


def over(jobs: Sequence[str]) -> bool:
    """Whether none of the jobs can be trained any further."""
    views = [view for job in jobs if (view := session.engine().latest(job)) is not None]
    return bool(views) and all(view.status in (DIVERGED, FAILED) for view in views)


def play_button(jobs: Sequence[str], play: Callable[[], None]) -> None:
    """One button that plays and pauses. `play` is called to play."""
    on = any(going(job) for job in jobs)
    st.button(
        "Pause" if on else "Play",
        key="transport play",
        icon=":material/pause:" if on else ":material/play_arrow:",
        type="primary",
        help="Stop after the current step" if on else "Train until paused",
        shortcut="Space",
        disabled=over(jobs),
        width=132,
        on_click=(lambda: tell("pause", jobs)) if on else play,
    )


def step_button(jobs: Sequence[str], step: Callable[[], None], count: int = 1, shortcut: str | None = "Right") -> None:
    """One button that takes exactly `count` steps. `step` is called to take them."""
    st.button(
        "Step" if count == 1 else f"Step {count:,}",
        key="transport step",
        icon=":material/skip_next:",
        help=f"Take exactly {count:,} optimiser step{'s' if count > 1 else ''}",
        shortcut=shortcut,
        disabled=over(jobs),
        width=132,
        on_click=step,
    )


@st.fragment
def transport(jobs: Sequence[str], face: Face, until: int | None = None) -> None:
    """Play or pause, one step, reset, for all the jobs at once. Space plays and pauses, the right arrow steps."""
    soon()
    for job in jobs:
        if view := session.engine().latest(job):
            face.draw(view)
    with st.container(horizontal=True, gap="small"):
        play_button(jobs, lambda: tell("play", jobs, until))
        step_button(jobs, lambda: tell("step", jobs, 1))
        st.button(
            "Reset",
            key="transport reset",
            icon=":material/restart_alt:",
            help="Back to step 0, with the same weights as at the start",
            on_click=lambda: tell("reset", jobs),
        )


def speed() -> None:
    """How fast it plays, and how many steps a press of Step takes, for every run of the visitor's."""
    visitor = session.visitor()

    def use() -> None:
        visitor.rate, visitor.press = st.session_state["speed rate"], st.session_state["speed press"]
        visitor.equip(*kept.jobs())

    menu = st.popover("Speed", icon=":material/speed:", key="speed", on_change="rerun")
    if not menu.open:
        return
    with menu:
        st.select_slider(
            "Steps per second",
            RATES,
            show("speed rate", visitor.rate),
            key="speed rate",
            format_func=lambda rate: "flat out" if rate is None else str(rate),
            help="How fast it trains while it plays. How often the pictures are drawn does not depend on it.",
            on_change=use,
        )
        st.segmented_control(
            "Steps per press of Step",
            PRESSES,
            default=show("speed press", visitor.press),
            key="speed press",
            format_func="{:,}".format,
            required=True,
            on_change=use,
        )
