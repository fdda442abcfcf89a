"""What the page Hidden states shows: a state over time with units in order, its paths in few dimensions, one unit."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import streamlit as st
from plotly.graph_objects import Figure

from rnnviz.analysis.correlation import unit_correlation
from rnnviz.analysis.projection import principal_components
from rnnviz.analysis.quantities import Quantity, quantities
from rnnviz.app import look, session
from rnnviz.app.inside import choose_unit, compare, pick, picked, shown
from rnnviz.app.live import Views
from rnnviz.app.results import result
from rnnviz.app.show import picture
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.figures.reading import reading_figure
from rnnviz.figures.states import Units, similar_order, state_heatmap
from rnnviz.figures.trajectories import trajectories, unit_follows
from rnnviz.glossary import lookup
from rnnviz.tasks import Task
from rnnviz.trace import Trace

FOLLOWS, SIMILAR, INDEX = ORDERS = "follows", "similar", "index"
ORDER_WORDS = {FOLLOWS: "Order: correlation", SIMILAR: "Order: similarity", INDEX: "Order: index"}
FLAT, SOLID = DIMENSIONS = "2-D", "3-D"


def pickers(settings: ExperimentConfig, task: Task, job: str) -> None:
    """Which state, what it is compared with, how units stand, how many dimensions, and which network."""
    view = session.engine().latest(job)
    if len(CELLS[settings.cell].states) > 1:
        pick(
            "state", "State", CELLS[settings.cell].states, lambda name: f"{lookup(name).label} {name}".capitalize(), 170
        )
    if view is not None and view.shown_trace is not None:
        names = [each.name for each in _offered(view.shown_trace, task)]
        pick("with", "Compare with", names, lambda name: f"With: {name}", 190)
    pick("order", "Order of units", ORDERS, lambda name: ORDER_WORDS[name], 190)
    pick("dims", "Dimensions", DIMENSIONS, width=90)
    compare()


def _offered(trace: Trace, task: Task) -> list[Quantity]:
    """All quantities; what the task is about first, the time step last."""
    found = quantities(trace, task.input_labels)
    return [*found[1:], found[0]]


def draw(views: Views, settings: ExperimentConfig, task: Task) -> None:
    """The figures of the page, at the step that is looked at."""
    found = shown(views)
    if found is None:
        return
    trace, untrained, seen = found
    at = look.at(trace)
    state = picked("state", CELLS[settings.cell].states)
    offered = _offered(trace, task)
    name = picked("with", [each.name for each in offered])
    quantity = next(each for each in offered if each.name == name)
    order, solid = picked("order", ORDERS), picked("dims", DIMENSIONS) == SOLID
    where = (seen, state, at.layer, at.unit, at.sequence, name)
    follows, pairs = result(
        "hidden follows", where[:3] + where[5:], lambda: unit_correlation(trace, quantity, state, at.layer)
    )
    units = _ordered(trace, at, state, order, follows, f"{_measure(quantity)} with {name}, {pairs:,} pairs")
    left, right = st.columns(2, gap="medium")
    with left:
        if task.tokens or task.target_steps:
            picture("reading", "hidden reading", where[:-1], lambda: _reading(trace, task, state, at))
        picture(
            "followers",
            "hidden heat map",
            (*where, order),
            lambda: state_heatmap(trace, state, at.layer, at.sequence, units=units),
            on_unit=choose_unit,
        )
        if untrained is not None:
            before = _before(untrained, task, name, state, at, units, where)
            picture(
                "followers",
                "hidden heat map untrained",
                (*where, order),
                lambda: state_heatmap(untrained, state, at.layer, at.sequence, units=before, head="Step 0: "),
                words=False,
                on_unit=choose_unit,
            )
    with right:
        directions = result("hidden directions", where[:3], lambda: principal_components(trace, state, at.layer))
        picture(
            "trajectories",
            f"hidden trajectories {DIMENSIONS[solid]}",
            where,
            lambda: trajectories(directions, trace, quantity, at.sequence, at.unit, untrained, solid),
        )
        picture(
            "unit_follows",
            "hidden unit",
            where,
            lambda: unit_follows(trace, at.unit, quantity, state, at.layer, at.sequence, untrained),
        )


def _reading(trace: Trace, task: Task, state: str, at: look.Look) -> Figure:
    """What the unit makes of the tokens it reads: of a decoder, those it is told."""
    probe = task.probe()
    tokens, names = (probe.inputs, task.input_labels) if probe.previous is None else (probe.previous, task.labels)
    return reading_figure(trace, tokens[at.sequence], names, at.unit, state, at.layer, at.sequence)


def _measure(quantity: Quantity) -> str:
    """What `unit_correlation` takes for a quantity."""
    entry = lookup("correlation_ratio" if len(quantity.classes) > 2 else "correlation")
    return f"{entry.label} {entry.symbol}"


def _ordered(trace: Trace, at: look.Look, state: str, order: str, follows: np.ndarray, note: str) -> Units:
    """How the rows stand: the unit that follows most closely at the top, those without a correlation at the bottom."""
    rows = None
    if order == FOLLOWS:
        rows = np.argsort(np.nan_to_num(follows, nan=-2.0), kind="stable")
    elif order == SIMILAR:
        values = trace.states[state][at.layer, at.sequence].T
        rows = similar_order(np.where(trace.mask[at.sequence], values, 0))
    return Units(at.unit, rows, ("correlation", follows), note)


def _before(
    untrained: Trace, task: Task, name: str, state: str, at: look.Look, units: Units, where: tuple[Hashable, ...]
) -> Units:
    """The untrained network's units in the same order, with their own correlations."""
    quantity = next((each for each in _offered(untrained, task) if each.name == name), None)
    if quantity is None:
        return Units(at.unit, units.order)
    follows, pairs = result(
        "hidden follows before", where, lambda: unit_correlation(untrained, quantity, state, at.layer)
    )
    return Units(at.unit, units.order, ("correlation", follows), "units in the order above")
