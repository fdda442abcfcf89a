"""The page Microscope: the run of the page Train, one sequence of it, in the browser."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from rnnviz.app import kept, look, session
from rnnviz.app.component import ASSETS, component
from rnnviz.app.controls import current, show, take
from rnnviz.app.live import Views, state_words, waiting
from rnnviz.app.microscope import TooLarge, payload, variants
from rnnviz.app.settings import changed, link
from rnnviz.app.words import literal
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.runs.view import PLAYING, View
from rnnviz.tasks import TASKS, Task

KEY = "microscope"
FORM = "microscope form"
AGAIN = 1.0  # seconds between two recordings of a run that trains


def form(settings: ExperimentConfig) -> None:
    """A choice between the forms of a cell, where there are several that the same weights fit. It is a setting."""
    cell = CELLS[settings.cell]
    forms = {each.name: each.form[1] or each.label for each in CELLS.values() if each in (cell, *variants(cell))}
    if len(forms) < 2:
        return
    st.markdown(f"{cell.form[0]}:", width="content")
    st.segmented_control(
        cell.form[0],
        list(forms),
        default=show(FORM, current().cell),
        format_func=forms.__getitem__,
        key=FORM,
        required=True,
        label_visibility="collapsed",
        help="The same weights, put together in another way: another experiment, from step 0.",
        on_change=_reform,
    )
    if current() != settings:
        st.rerun()


def _reform() -> None:
    take(changed(current(), "cell", st.session_state[FORM]))


def draw(views: Views, task: Task) -> None:
    """The state of the run in a line, and the microscope on what it computed last."""
    view = views["run"]
    kept.write_link(view)
    st.caption(_state(view))
    if view.shown_trace is None:
        waiting(views)
        return
    try:
        data = _recording(view, task)
    except TooLarge as error:
        st.warning(literal(str(error)), icon=":material/zoom_out:")
        return
    component(KEY, beside={"plot": ASSETS / "plot"})(key=KEY, data=data, on_look_change=_looked)


def _recording(view: View, task: Task) -> bytes:
    """What the browser gets: made anew for what is new, but of a run that trains at most once a second."""
    trace, results = view.shown_trace, session.visitor().results
    assert trace is not None
    at = look.at(trace)
    wanted = view.job, at.sequence, at.layer
    step = ("past", view.past.step) if view.past else view.revision
    seen, made = results.get(KEY, (None, (0.0, b"")))
    now = time.monotonic()
    soon = view.status == PLAYING and view.past is None and now - made[0] < AGAIN
    if seen is None or seen[0] != wanted or (seen[1] != step and not soon):  # type: ignore[index]
        start = {"layer": at.layer, "unit": at.unit, "time": at.time}
        made = now, payload(trace, at.sequence, look=start, shape=task.shape, by_hand=_small())
        results[KEY] = (wanted, step), made
    return made[1]


def _small() -> dict[str, str]:
    """Where the same task has a network that fits on one page, to redo by hand: `href`, and its `label` in words."""
    config, sizes = current(), {"hidden_size": 2, "num_layers": 1, "length": 4}
    for field, size in sizes.items():
        config = changed(config, field, size)
    length = " and length 4" if "length" in TASKS[config.task].uses else ""
    return {"href": link(config, ""), "label": f"Open this task with 2 hidden units{length}"}


def _looked() -> None:
    """The browser says which time step and unit it shows: whole numbers, whoever sent them."""
    said: Any = st.session_state[KEY].get("look") or {}
    fields = {name: said.get(name) for name in ("time", "unit")}
    if all(type(value) is int and 0 <= value < look.ANY for value in fields.values()):
        look.change(**fields)


def _state(view: View) -> str:
    loss = view.history.until(view.shown_step).loss
    words = [state_words(view).capitalize(), f"step {view.shown_step:,}" + (f" of {view.step:,}" if view.past else "")]
    if len(loss):
        words.append(f"training loss {loss[-1]:.4g}")
    return ", ".join(words) + "."
