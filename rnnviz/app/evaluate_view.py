"""What the page Evaluate shows above all: three losses, the gap between them in words, and what helps against it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from rnnviz.app import curves, errands, session
from rnnviz.app.controls import control, current
from rnnviz.app.live import Views, live, waiting
from rnnviz.app.settings import BY_FIELD
from rnnviz.app.show import picture
from rnnviz.app.transport import Face
from rnnviz.data.errors import DataError
from rnnviz.data.fitting import SCALED
from rnnviz.errands import Arrays
from rnnviz.evaluation.gap import Loss, gap
from rnnviz.figures.splits import splits_figure
from rnnviz.glossary import lookup, tooltip
from rnnviz.runs.errand import DONE, Errand
from rnnviz.runs.store import StoreError
from rnnviz.runs.view import PLAYING, View
from rnnviz.tasks import Task

KEY = "evaluation"
PARTS = {"train": "Training", "heldout": "Held-out", "test": "Test"}
AGAINST = ("dropout", "weight_decay", "patience", "train_fraction", "test_fraction")  # over-fitting; drawn here
ICONS = {"gap": "difference", "none": "check_circle", "reverse": "info", "unlearned": "school"}
ICONS |= {"unsure": "help", "diverged": "error"}
OWN = 3  # columns of which errors are told in their own units
_DRAWN = "evaluation drawn"

Version = tuple[str, int]


def version(view: View | None) -> Version | None:
    """What of a run can be evaluated now: it rests, has been trained, and is saved as it is (or cannot be saved)."""
    if view is None or view.status == PLAYING or view.step == 0 or not (view.saved == view.step or view.trouble):
        return None
    return view.job, view.step


def ask(job: str) -> Errand | None:
    """The evaluation of the run as it rests, or as it last rested; None where it never has."""
    latest = version(session.engine().latest(job))
    session.visitor().noted[_DRAWN] = latest
    if latest is None:
        asked = session.visitor().errands.get(KEY)
        if asked is None or asked[0][0] != job:  # type: ignore[index]
            return None
        latest = asked[0]  # type: ignore[assignment]
    return errands.ask(KEY, latest, "evaluate", {}, saved(job))


def saved(job: str) -> Any:
    """Gives the run as an errand takes it, from a thread of its own."""
    engine, owner = session.engine(), session.visitor().owner

    def make() -> Arrays:
        try:
            content = engine.export(job, owner)
        except StoreError as error:
            raise DataError(str(error)) from None
        if content is None:
            raise DataError("The run is not kept here any more, so it cannot be evaluated: train it again.")
        return {"run": np.frombuffer(content, np.uint8)}

    return make


def stale(views: Views) -> bool:
    """Whether the run has come to rest somewhere else than where the page was drawn for."""
    found = version(views.get("run"))
    return found is not None and found != session.visitor().noted.get(_DRAWN)


def overview(job: str, task: Task, face: Face, errand: Errand | None) -> bool:
    """The losses, their curves, and what the gap says beside them. Whether there is an evaluation to show."""
    ready = errand if errand is not None and errand.state == DONE else None
    _losses(ready, task)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        live(
            {"run": job},
            partial(_curves, task=task, errand=ready),
            lambda views: face.stale(views) or stale(views),
        )
    with right:
        if errand is None:
            st.info(
                "What the losses say stands here as soon as the run has been trained for a while and rests: press "
                "**Play**, then **Pause**.",
                icon=":material/play_circle:",
            )
        elif errands.show(KEY, errand, "the evaluation"):
            _gap(errand, task)
    _against()
    return ready is not None


def _curves(views: Views, task: Task, errand: Errand | None) -> None:
    """The three losses at rest; the two that are known at once while it trains."""
    view = views["run"]
    if waiting(views):
        return
    if errand is None or version(view) != (view.job, errand.words["step"]):
        curves.loss(view, None, task)
        return
    words, arrays = errand.words, errand.arrays
    losses = dict(zip(words["curves"], arrays["curves"], strict=True))
    held = losses["heldout"]
    best = int(arrays["curve_steps"][np.nanargmin(held)]) if np.isfinite(held).any() else None
    best = None if best == words["step"] else best
    picture(
        "splits",
        "evaluation splits",
        (view.job, words["step"]),
        lambda: splits_figure(
            arrays["curve_steps"],
            losses,
            task.loss,
            task.baseline,
            best,
        ),
    )


def _losses(errand: Errand | None, task: Task) -> None:
    """The three numbers, or their empty places."""
    parts = errand.words["parts"] if errand else {}
    with st.container(horizontal=True, gap="medium"):
        for name, label in PARTS.items():
            part = parts.get(name)
            if part is None:
                why = "No part of the data is kept back for a test: choose one below, and train again."
                st.metric(f"{label} loss", "–", help=why if errand else tooltip(task.loss))
                continue
            spread = f", with a standard error of {part['error']:.2g}" if np.isfinite(part["error"]) else ""
            told = f"{tooltip(task.loss)} Over {part['sequences']:,} sequences{spread}; dropout is off."
            st.metric(f"{label} loss", f"{part['value']:.4g}", help=told)


def _gap(errand: Errand, task: Task) -> None:
    words, arrays = errand.words, errand.arrays
    losses = {name: Loss(part["value"], part["error"], part["sequences"]) for name, part in words["parts"].items()}
    curves = dict(zip(words["curves"], arrays["curves"], strict=True))
    found = gap(losses, arrays["curve_steps"], curves, task.baseline)
    box = {"gap": st.warning, "diverged": st.warning, "none": st.success}.get(found.kind, st.info)
    box(found.words, icon=f":material/{ICONS[found.kind]}:")
    st.caption(f"Evaluated at step {words['step']:,}. Sequences it was trained on are those of its first steps.")


@st.fragment
def _against() -> None:
    """What helps against a gap, in a row."""
    config = current()
    rows = [BY_FIELD[name] for name in AGAINST if BY_FIELD[name].applies(config)]
    for row, column in zip(rows, st.columns(len(AGAINST), gap="small"), strict=False):
        with column:
            control(row, config)
    only = " Dropout acts between layers: it can be chosen from two layers on." * (config.num_layers < 2)
    st.caption(f"These work against a gap; a change begins a new run.{only}")
    if current() != config:
        st.rerun()


def scores(errand: Errand, task: Task) -> None:
    """Every measure on every part, as a table."""
    rows: list[dict[str, Any]] = []
    names: list[str] = []
    for name, part in errand.words["parts"].items():
        names = list(part["scores"])
        rows.append({"Part": PARTS[name], lookup(task.loss).label.capitalize(): part["value"]}
                    | {label_of(score): part["scores"][score] for score in names}
                    | {f"{label_of(score)}, {column}": own[score] for column, own, score in _own(part)}
                    | {"Sequences": part["sequences"]})  # fmt: skip
    columns = {label_of(score): st.column_config.NumberColumn(format="%.4g", help=tooltip(score)) for score in names}
    columns[lookup(task.loss).label.capitalize()] = st.column_config.NumberColumn(
        format="%.4g", help=tooltip(task.loss)
    )
    columns |= {
        f"{label_of(score)}, {column}": st.column_config.NumberColumn(format="%.4g", help=tooltip(score))
        for column, _, score in _own(part)
    }
    columns["Sequences"] = st.column_config.NumberColumn(format="localized")
    st.dataframe(rows, hide_index=True, height="content", column_config=columns)
    if task.scales:
        scaled = SCALED[task.config.scaling]
        st.caption(f"Of scaled numbers ({scaled}), except what names a column: that is in the column's own units.")


def _own(part: dict[str, Any]) -> list[tuple[str, dict[str, float], str]]:
    """Of the first columns with units of their own: name, scores, and which score."""
    return [(column, own, score) for column, own in list(part["own"].items())[:OWN] for score in own]


def label_of(score: str) -> str:
    label = lookup(score).label
    return label[:1].upper() + label[1:]
