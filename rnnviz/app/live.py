"""Transport and live pictures: two fragments, so that a click is never lost to the timer that redraws.

The live fragment only reads the newest View of each job; it never waits for a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from rnnviz.app import session
from rnnviz.app.words import literal
from rnnviz.runs.engine import DIVERGED, FAILED, PLAYING, STARTING, View

REFRESH = 0.25  # seconds between two looks; under 0.1 the page would starve

Views = Mapping[str, View]


def _tell(verb: str, jobs: Sequence[str], *args: int | None) -> None:
    for job in jobs:
        getattr(session.engine(), verb)(job, *args)


@st.fragment
def transport(jobs: Sequence[str], until: int | None = None) -> None:
    """Play, pause, one step, reset, for all the jobs at once. Space plays, P pauses, the right arrow steps."""
    buttons = (
        ("Play", "play_arrow", "play", (until,), "Space", "Train until paused"),
        ("Pause", "pause", "pause", (), "P", "Stop after the current step"),
        ("Step", "skip_next", "step", (1,), "Right", "Take exactly one optimiser step"),
        ("Reset", "restart_alt", "reset", (), None, "Back to step 0, with the same weights as at the start"),
    )
    with st.container(horizontal=True, gap="small"):
        for label, icon, verb, args, key, words in buttons:
            st.button(
                label,
                key=f"transport {verb}",
                icon=f":material/{icon}:",
                type="primary" if verb == "play" else "secondary",
                help=words,
                shortcut=key,
                on_click=_tell,
                args=(verb, tuple(jobs), *args),
            )


def live(jobs: Mapping[str, str], draw: Callable[[Views], None]) -> None:
    """Call `draw` with the newest views, by the names of `jobs`, again and again.

    Jobs that are gone (a visitor was away for long) start again: the whole page runs once more.
    """

    @st.fragment(run_every=REFRESH)
    def tick() -> None:
        views = {name: session.engine().latest(job) for name, job in jobs.items()}
        present = {name: view for name, view in views.items() if view is not None}
        if len(present) < len(views):
            st.rerun()
        draw(present)

    tick()


def trouble(views: Views) -> bool:
    """Say what went wrong, if anything did. True where there is nothing to draw."""
    for name, view in views.items():
        where = f"{name}: " if len(views) > 1 else ""
        if view.status == FAILED:
            st.error(where + literal(view.message), icon=":material/error:")
        elif view.status == DIVERGED:
            st.warning(where + literal(view.message), icon=":material/warning:")
    ready = [view for view in views.values() if view.trace is not None]
    if not ready and any(view.status == STARTING for view in views.values()):
        st.progress(0, "Starting a worker: loading torch takes a few seconds the first time.")
    return not ready


def state_words(view: View) -> str:
    """The state of a run in a word."""
    return {PLAYING: "training", STARTING: "starting"}.get(view.status, view.status)
