"""What else could do it: other methods on the run's own split, in one table beside it."""

from __future__ import annotations

import math

import streamlit as st

from rnnviz.app import errands, session
from rnnviz.app.evaluate_view import saved, version
from rnnviz.app.words import literal
from rnnviz.glossary import lookup, tooltip
from rnnviz.rivals.result import RUN, Contest, Result, duration
from rnnviz.runs.errand import Errand
from rnnviz.tasks import Task
from rnnviz.tasks.base import HIGHER

KEY = "rivals"


def show(job: str, task: Task) -> None:
    """A button that has them fitted, and what came of it. They take about a minute of a processor, so nobody is asked
    to wait for them who does not want to.
    """
    st.subheader("What else could do it", anchor=False)
    now, asked = version(session.engine().latest(job)), errands.asked(KEY)  # job, step
    if asked is not None and asked[0] != job:
        asked = None
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        st.caption(
            "Other methods learn the same task from the same training part, some of them in no time. Often one of "
            "them does better than a recurrent network: better to know.",
            width="stretch",
        )
        if now is not None:
            words = "Compare" if asked is None else f"Compare again, at step {now[1]:,}"
            errands.wanted(KEY, now, words, "leaderboard")
    if asked is None:
        return
    errand = errands.ask(KEY, asked, "rivals", {}, saved(job))
    if errands.show(KEY, errand, "the comparison"):
        _draw(errand, task)


def _draw(errand: Errand, task: Task) -> None:
    found = Contest.from_parts(errand.words, errand.arrays)
    (st.success if found.won else st.warning)(
        literal(found.verdict), icon=":material/trophy:" if found.won else ":material/balance:"
    )
    label = lookup(found.metric).label
    whole = [found.metric] if found.metric == found.loss else [found.metric, found.loss]
    st.dataframe(
        [row(each, found, whole) for each in found.ranked],
        hide_index=True,
        height="content",
        column_config={
            "Method": st.column_config.TextColumn(width="medium"),
            **{
                lookup(name).label.capitalize(): st.column_config.NumberColumn(
                    format="%.3f" if name in HIGHER else "%.3g", help=tooltip(name)
                )
                for name in whole
            },
            "Parameters": st.column_config.NumberColumn(
                format="localized", help="Numbers that have to be kept: weights, counts, support vectors."
            ),
            "Training time": st.column_config.TextColumn(
                help="Processor time, all measured here, one after the other."
            ),
            "How": st.column_config.TextColumn(width="large"),
        },
        alt=f"Methods by {label}, the best first.",
        placeholder="–",
    )
    cannot = [f"{each.label} ({each.why_not})" for each in found.results if each.why_not]
    st.caption(
        f"On {found.sequences:,} {found.part} sequences, at step {found.step:,}. No method was tuned to the task: each "
        "has the same settings for every task, the network has yours."
        + (f" Not in the table: {literal('; '.join(cannot))}." if cannot else "")
    )


def row(result: Result, found: Contest, whole: list[str]) -> dict[str, object]:
    """One line of the table. whole: the quantities that have a column."""
    numbers = {found.metric: result.metric, found.loss: result.loss} | {found.metric: result.metric}
    return {
        "Method": f"{result.label} (this run)" if result.name == RUN else result.label,
        **{lookup(name).label.capitalize(): _finite(numbers[name]) for name in whole},
        "Parameters": result.parameters,
        "Training time": duration(result.seconds),
        "How": result.words,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
