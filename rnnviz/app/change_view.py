"""Going on with other settings: the same run from now on, or a fork of it from the step that is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from rnnviz.app import kept, session
from rnnviz.app.controls import DRAW, in_rows
from rnnviz.app.curves import setting_words
from rnnviz.app.settings import ROWS, Row
from rnnviz.app.timeline import asked
from rnnviz.app.words import literal
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.run import CHANGEABLE
from rnnviz.runs.store import StoreError
from rnnviz.runs.view import DIVERGED, FAILED, PLAYING, View

_USED = "changes made"  # in Streamlit's state; a menu that was used is replaced by another, which is closed:
# what the browser says of the one that is open may be older than what was set here


def change(view: View) -> None:
    """Other settings for the run itself, from now on."""
    off = not view.step or view.status in (DIVERGED, FAILED)
    key = f"change menu {view.job} {st.session_state.get(_USED, 0)}"
    menu = st.popover("Change", icon=":material/tune:", key=key, on_change="rerun", disabled=off)
    if not menu.open or view.config is None:
        return
    with menu:
        wanted = _fields("change", view.config)
        now = "From now on" if view.status == PLAYING else f"From step {view.step:,} on"
        _go(now, view.config, wanted, _change, view)
        st.caption("The curves mark it. In the side bar, another setting is another experiment, from step 0.")


def fork(view: View) -> None:
    """A new run that is this one up to the step looked at, and then has other settings."""
    key = f"fork menu {view.job}"
    menu = st.popover("Fork", icon=":material/fork_right:", key=key, on_change="rerun", disabled=not view.step)
    if not menu.open or view.config is None:
        return
    with menu:
        step = fork_step(view)
        config = config_at(view, step)
        wanted = _fields(f"fork {step}", config)
        _go(f"Fork at step {step:,}", config, wanted, fork_at, view, step)
        st.caption("A new run, the same up to there. This one stays as it is, and is drawn beside it.")


def fork_step(view: View) -> int:
    """The step looked at; for a run that has diverged, the last snapshot before."""
    shown = asked(view)
    if shown is None and view.status == DIVERGED:
        return max((step for step in view.snapshots if step < view.step), default=0)
    return view.step if shown is None else min(shown, view.step)


def config_at(view: View, step: int) -> ExperimentConfig:
    """The settings of a run on arriving at a step."""
    config = view.config or ExperimentConfig()
    for each in reversed(view.changes):
        if each.step >= step and step < view.step:  # where the run is now, its last changes count
            config = config.with_(**{each.field: each.before})
    return config


def fork_at(view: View, step: int, settings: Mapping[str, Any]) -> None:
    """Fork, show the fork, and the run it came from beside it."""
    visitor = session.visitor()
    try:
        child = session.engine().fork(view.job, step, settings, visitor.name, visitor.owner)
    except (ConfigError, StoreError) as error:
        st.toast(literal(str(error)), icon=":material/error:")
        return
    if child is None:
        st.toast("This run is still on its way. Try again in a moment.", icon=":material/hourglass_top:")
        return
    kept.take(child)
    visitor.beside[child] = view.job


def _change(view: View, settings: Mapping[str, Any]) -> None:
    try:
        session.engine().change(view.job, **settings)
    except ConfigError as error:
        st.toast(literal(str(error)), icon=":material/error:")
        return
    st.session_state[_USED] = st.session_state.get(_USED, 0) + 1


def _go(label: str, config: ExperimentConfig, wanted: Mapping[str, Any], act: Any, *args: Any) -> None:
    """The button that does it, and what will differ."""
    words = "; ".join(setting_words(config.with_(**wanted), field, value) for field, value in wanted.items())
    st.caption(f"Different: {words}." if words else "Nothing differs yet.")
    st.button(label, type="primary", key=f"go {act.__name__}", disabled=not wanted, on_click=act, args=(*args, wanted))


def _fields(name: str, config: ExperimentConfig) -> dict[str, Any]:
    """Controls of what can change while a run goes on; returns the settings that differ from `config`."""
    proposed = config

    def draw(row: Row) -> None:
        nonlocal proposed
        key = f"{name} {row.key}"
        DRAW[row.kind](row, proposed, {"label": row.label, "key": key, "help": row.help})
        proposed = proposed.with_(**{row.field: st.session_state[key]})

    # One at a time: whether a row applies depends on those drawn before it.
    in_rows((row for row in ROWS if row.field in CHANGEABLE and row.applies(proposed)), draw)
    return {f: getattr(proposed, f) for f in CHANGEABLE if getattr(proposed, f) != getattr(config, f)}
