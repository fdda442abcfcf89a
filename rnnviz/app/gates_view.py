"""What the page Gates shows: one gate over time, one unit's gates, and what every unit's gates do on the whole."""

from __future__ import annotations

from collections.abc import Hashable

import streamlit as st

from rnnviz.analysis.gate_units import timescales, unit_saturation
from rnnviz.app import look
from rnnviz.app.controls import current, take
from rnnviz.app.frame import page
from rnnviz.app.inside import choose_unit, compare, pick, picked, shown
from rnnviz.app.live import Views
from rnnviz.app.results import result
from rnnviz.app.settings import changed
from rnnviz.app.show import picture
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.figures.distribution import gate_values
from rnnviz.figures.gate_units import Scales, Shares, saturation_figure, timescales_figure, unit_gates
from rnnviz.figures.states import Units, gate_heatmap
from rnnviz.glossary import lookup
from rnnviz.tasks import Task
from rnnviz.trace import Trace


def without(settings: ExperimentConfig) -> None:
    """What a cell without gates leaves to do."""
    st.info(
        f"A {CELLS[settings.cell].label} has no gates: nothing in it decides what is kept, so its memory fades at the "
        "pace that its recurrent weights set. This page shows how gates open and shut, for how long each unit "
        "remembers, and which units are pinned. Its hidden states can be looked at all the same.",
        icon=":material/tune:",
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for name, cell in CELLS.items():
            if cell.gates and cell.fused:  # the usual two; their variants are in the panel
                st.button(f"Use {cell.label}", key=f"gates use {name}", on_click=_use, args=(name,))
        st.page_link(page("hidden_states.py"), label="Hidden states", icon=":material/grid_on:")


def _use(cell: str) -> None:
    take(changed(current(), "cell", cell))


def pickers(settings: ExperimentConfig) -> None:
    """Which gate the heat map shows, and whether the untrained network is shown."""
    pick("gate", "Gate", _order(settings), lambda name: f"{lookup(name).label} {name}".capitalize(), 170)
    compare()


def _order(settings: ExperimentConfig) -> list[str]:
    """The gates of the cell, the one that keeps the past first."""
    cell = CELLS[settings.cell]
    return sorted(cell.gates, key=lambda name: name != cell.keeps)


def draw(views: Views, settings: ExperimentConfig, task: Task) -> None:
    """The figures of the page, at the step that is looked at."""
    found = shown(views)
    if found is None:
        return
    trace, untrained, seen = found
    at = look.at(trace)
    gate = picked("gate", _order(settings))
    where = (seen, at.layer, at.unit)
    left, right = st.columns(2, gap="medium")
    with left:
        _map("gates heat map", trace, gate, at, where)
        if untrained is not None:
            _map("gates heat map untrained", untrained, gate, at, where, beside=True)
        picture(
            "unit_gates",
            "gates of a unit",
            (*where, at.sequence),
            lambda: unit_gates(trace, at.unit, at.layer, at.sequence, untrained),
        )
    now, before = _measured("now", trace, seen), None
    if untrained is not None:
        before = _measured("untrained", untrained, views["run"].job)
    length = float(settings.length if "length" in task.uses else trace.size[2])
    with right:
        picture(
            "timescales",
            "gates timescales",
            (*where, length),
            lambda: timescales_figure(now[1], at.layer, at.unit, before and before[1], length),
            on_unit=choose_unit,
        )
        picture(
            "saturation",
            "gates saturation",
            where,
            lambda: saturation_figure(now[0], at.layer, at.unit, before and before[0]),
            on_unit=choose_unit,
        )
        picture("gate_values", "gates values", (seen, at.layer), lambda: gate_values(trace, at.layer, untrained))


def _map(key: str, trace: Trace, gate: str, at: look.Look, where: tuple[Hashable, ...], beside: bool = False) -> None:
    picture(
        "gate",
        key,
        (*where, at.sequence, gate),
        lambda: gate_heatmap(trace, gate, at.layer, at.sequence, units=Units(at.unit), head="Step 0: " * beside),
        words=not beside,
        on_unit=choose_unit,
    )


def _measured(name: str, trace: Trace, seen: Hashable) -> tuple[Shares, Scales | None]:
    return result(f"gates {name}", seen, lambda: (unit_saturation(trace), timescales(trace)))
