"""What there is to say about a run: why it stopped where it did so by itself, with what one would do next."""

from __future__ import annotations

from typing import Any

import streamlit as st

from rnnviz.app import session
from rnnviz.app.change_view import config_at, fork_at
from rnnviz.app.curves import setting_words
from rnnviz.app.timeline import look
from rnnviz.app.words import literal
from rnnviz.breakpoints import PATIENCE, best_check, loss_since
from rnnviz.config import CLIPS, ExperimentConfig
from rnnviz.run import CHANGEABLE
from rnnviz.runs.view import DIVERGED, FAILED, PAUSED, View

KEYS = "Space plays and pauses, → takes a step, ← looks back."


def said(view: View) -> None:
    """One box or one line, whose place is kept on the page (assets/app.css)."""
    hit = view.hits[-1] if view.hits and view.hits[-1].step == view.step else None
    with st.container(key="said"):
        if view.status == FAILED:
            st.error(literal(view.message), icon=":material/error:")
        elif view.status == DIVERGED:
            _stopped(view, view.message, "warning", explodes=True)
        elif view.status == PAUSED and hit is not None:
            row = best_check(view.history, loss_since(view.changes)) if hit.kind == PATIENCE else None
            best = None if row is None else int(view.history.checked[row])
            _stopped(view, hit.message, "front_hand", explodes=hit.kind == "grad_norm_above", best=best)
        elif view.message:
            st.info(literal(view.message), icon=":material/info:")
        else:
            st.caption(" ".join(quiet(view)) or KEYS)


def quiet(view: View) -> list[str]:
    """Sentences on how fast it goes, where it will stop, and what was changed on the way."""
    visitor, config = session.visitor(), view.config or ExperimentConfig()
    spec = session.engine().spec(view.job)
    begun = literal(spec.start.name) if spec and spec.start else ""
    changed = [f"{setting_words(config, each.field, each.after)} from step {each.step:,}" for each in view.changes]
    until = visitor.stops.until or -1
    sentences = {
        f"Step {until:,} is reached, where it was to stop. Play goes on.": view.status == PAUSED and view.step == until,
        f"At most {visitor.rate} step{'s' if visitor.rate != 1 else ''} a second.": visitor.rate,
        f"Stops when: {visitor.stops.words(view.step)}.": visitor.stops.words(view.step),
        f"It began with the weights of {begun}.": begun,
        f"Changed on the way: {'; '.join(changed)}.": changed,
    }
    return [sentence for sentence, holds in sentences.items() if holds]


def _stopped(view: View, message: str, icon: str, explodes: bool, best: int | None = None) -> None:
    """The reason, a look at the best step or the snapshot before, and for a gradient that explodes a fork where it
    would not."""
    before, words = max((step for step in view.snapshots if step < view.step), default=0), "before it"
    if best is not None:
        before, words = best, "where the held-out loss was best"
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"stopped {icon}"):
        st.markdown(f":material/{icon}: {literal(message)}", width="stretch")
        st.button("Look back", key="said look", help=f"At step {before:,}, {words}", on_click=look, args=(view, before))
        if explodes:
            settings, words = _remedy(view, before)
            label, help = f"Fork {words}", f"From step {before:,} on, in a run of its own beside this one"
            st.button(label, key="said fork", help=help, on_click=fork_at, args=(view, before, settings))


def _remedy(view: View, step: int) -> tuple[dict[str, Any], str]:
    """Settings for a fork at a step under which the gradient does less harm, and what they are called."""
    now, then = view.config or ExperimentConfig(), config_at(view, step)
    kept = {field: getattr(now, field) for field in CHANGEABLE if getattr(now, field) != getattr(then, field)}
    if now.clip == CLIPS[0]:
        return kept | {"clip": "norm"}, "with clipping"
    return kept | {"learning_rate": now.learning_rate / 10}, "at a tenth of the rate"
