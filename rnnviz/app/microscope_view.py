"""The page Microscope: the run of the page Train, one sequence of it, in the browser."""

from __future__ import annotations

from typing import Any

import streamlit as st

from rnnviz.app import kept, look
from rnnviz.app.component import ASSETS, component
from rnnviz.app.controls import current, setting_switch
from rnnviz.app.inside import progress
from rnnviz.app.live import Views, trouble
from rnnviz.app.microscope import TooLarge, payload, variants
from rnnviz.app.results import recent
from rnnviz.app.settings import changed, link
from rnnviz.app.words import literal
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.figures.tokens import visible
from rnnviz.runs.view import View
from rnnviz.tasks import TASKS, Task
from rnnviz.trace import Trace

KEY = "microscope"
OTHER_FORM = (
    "Which form of the cell is trained: another one is another experiment, from step 0, with the same first weights. "
    "What the weights of now would do in the other form stands below, under **Change a number**."
)


def form(settings: ExperimentConfig) -> None:
    """A choice between the forms of a cell, where there are several that the same weights fit. It is a setting."""
    cell = CELLS[settings.cell]
    forms = {each.name: each.form[1] or each.label for each in CELLS.values() if each in (cell, *variants(cell))}
    if len(forms) < 2:
        return
    st.markdown(f"{cell.form[0]}:", width="content", help=OTHER_FORM)
    setting_switch("cell", settings, cell.form[0], list(forms), OTHER_FORM, forms.__getitem__)


def draw(views: Views, task: Task) -> None:
    """The state of the run in a line, and the microscope on what it computed last."""
    view = views["run"]
    kept.write_link(view)
    st.caption(progress(view, task))
    if trouble(views) or view.shown_trace is None:
        return
    try:
        data = _recording(view, task)
    except TooLarge as error:
        st.warning(literal(str(error)), icon=":material/zoom_out:")
        return
    component(KEY, beside={"plot": ASSETS / "plot"})(key=KEY, data=data, on_look_change=_looked)


def _recording(view: View, task: Task) -> bytes:
    """What the browser gets: made anew now and then while a run trains."""
    trace = view.shown_trace
    assert trace is not None
    at = look.at(trace)
    start = {"layer": at.layer, "unit": at.unit, "time": at.time}
    return recent(
        view,
        KEY,
        (at.sequence, at.layer),
        lambda: payload(
            trace, at.sequence, look=start, shape=task.shape, by_hand=_small(), inputs=_inputs(trace, task)
        ),
    )


def _inputs(trace: Trace, task: Task) -> list[str]:
    """The names of what the network reads, where that is the task's own inputs: an embedding's have none."""
    embedded = any(name.startswith("embed.") for name in trace.model_weights)
    own = not embedded and len(task.input_labels) == trace.inputs.shape[-1]
    return [visible(name, 24) for name in task.input_labels] if own else []


def _small() -> dict[str, str]:
    """Where the same task has a network that fits on one page, to redo by hand: `href`, and its `label` in words."""
    config, sizes = current(), {"hidden_size": 2, "num_layers": 1, "length": 4}
    for field, size in sizes.items():
        config = changed(config, field, size)
    length = " and length 4" if "length" in TASKS[config.task].uses else ""
    return {"href": link(config, ""), "label": f"Open this task with 2 hidden units{length}"}


def _looked() -> None:
    """The browser says which time step, unit and layer it shows: whole numbers, whoever sent them."""
    said: Any = st.session_state[KEY].get("look") or {}
    fields = {name: said.get(name) for name in ("time", "unit", "layer")}
    if all(type(value) is int and 0 <= value < look.ANY for value in fields.values()):
        look.change(**fields)
