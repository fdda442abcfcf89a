"""The buttons that make runs go, in a fragment of their own, so that a click is never lost to the live pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from rnnviz.app import session


def tell(verb: str, jobs: Sequence[str], *args: Any) -> None:
    """Say something to each of the jobs: a verb of the engine and what goes with it."""
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
                on_click=tell,
                args=(verb, tuple(jobs), *args),
            )
