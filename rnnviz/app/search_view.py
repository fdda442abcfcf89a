"""What the Search page shows: which experiments, how far they are, a map of what came out, and the way into each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from rnnviz.app import session
from rnnviz.app.experiment import job_of
from rnnviz.app.frame import page
from rnnviz.app.live import Views, soon
from rnnviz.app.settings import to_query
from rnnviz.app.show import picture
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.figures.search import SEARCH, Limits, search_map, search_points
from rnnviz.glossary import lookup, tooltip
from rnnviz.search import Plan, Search, Spot, Trial, best, rivals, spots
from rnnviz.tasks import Task
from rnnviz.tasks.base import HIGHER

GROUP = "search"  # of the places at which its runs are
_CHOSEN = "search chosen"

Experiments = list[ExperimentConfig]


def state() -> Search:
    """The visitor's searches, over all settings."""
    results = session.visitor().results
    if GROUP not in results:
        results[GROUP] = "", Search()
    found: Search = results[GROUP][1]
    return found


@st.fragment
def buttons(trials: Sequence[Trial]) -> None:
    """Search, pause, forget what is there."""
    soon()
    search = state()
    left = sum(trial not in search.known for trial in trials)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if search.going:
            st.button("Pause", key="search go", icon=":material/pause:", width=132, on_click=_go, args=(False,))
        else:
            words = "Go on" if 0 < left < len(trials) else "Search"
            st.button(
                words, key="search go", icon=":material/travel_explore:", type="primary", width=132,
                disabled=not left, on_click=_go, args=(True,),
            )  # fmt: skip
        st.button(
            "Forget", key="search forget", icon=":material/restart_alt:", disabled=left == len(trials),
            on_click=_forget, args=(tuple(trials),), help="Have what is on the map forgotten, to train it again",
        )  # fmt: skip
        st.caption(
            f"{len(trials)} runs of {trials[0].steps:,} steps, a few at a time. They train while this page is open."
        )


def _go(going: bool) -> None:
    state().going = going


def _forget(trials: tuple[Trial, ...]) -> None:
    state().going = False
    state().forget(trials)


def draw(views: Views, task: Task, wanted: Plan, tried: Experiments, trials: Sequence[Trial]) -> None:
    """One turn of the search, then progress, maps, the best, and all in a table."""
    search, visitor = state(), session.visitor()
    search.turn(trials, visitor.engine, partial(_job, data=task.data), visitor.forget)
    _progress(search, trials)
    quantity = task.metric if task.metric != task.loss else "heldout_loss"
    found = spots(tried, wanted, search.known, quantity)
    if not any(spot.begun for spot in found):
        return
    winner = best(found, quantity)
    _maps(wanted, found, winner, quantity)
    _opened(found, quantity)
    _verdict(found, winner, quantity, task)
    _table(found, quantity)


def stale(views: Views) -> bool:
    """Whether the buttons would look different now."""
    drawn, now = session.visitor().noted.get("search drawn"), (state().going, len(state().known) > 0)
    session.visitor().noted["search drawn"] = now
    return drawn is not None and drawn != now


def _job(settings: ExperimentConfig, data: Dataset | None) -> str | None:
    """A job of its own for a run of the search, which is not kept in the store."""
    used = session.visitor().jobs
    place = next(name for k in range(len(used) + 1) if (name := f"{GROUP} {k}") not in used)
    return job_of(place, settings, data)


def _progress(search: Search, trials: Sequence[Trial]) -> None:
    engine = session.engine()
    done = sum(trial in search.known for trial in trials)
    views = {trial: engine.latest(job) for trial, job in search.running.items()}
    part = sum(min(view.step / trial.steps, 1) for trial, view in views.items() if view is not None)
    training = f", {len(views)} training" if views else ""
    st.progress(min(1.0, (done + part) / len(trials)), f"{done} of {len(trials)} runs done{training}.")


def _maps(wanted: Plan, found: Sequence[Spot], winner: Spot | None, quantity: str) -> None:
    """One picture a cell, side by side."""
    values = np.array([spot.middle for spot in found])
    begun = np.array([spot.begun for spot in found])
    limits = Limits(values[begun], quantity in HIGHER)
    top = next((number for number, spot in enumerate(found) if spot is winner), None)
    seen = tuple((spot.settings, spot.values) for spot in found)
    cells = list(dict.fromkeys(spot.settings.cell for spot in found))
    for column, cell in zip(st.columns(len(cells), gap="small"), cells, strict=True):
        mine = np.array([spot.settings.cell == cell for spot in found])
        with column:
            make = partial(_map, wanted, found, mine, begun, values, quantity, limits, top, CELLS[cell].label)
            picture("search", f"search {cell}", (seen, quantity), make, words=False, on_unit=partial(_choose, found))
    st.caption(SEARCH.how_to_read, help=f"**What would be surprising:** {SEARCH.surprising}")


def _map(
    wanted: Plan, found: Sequence[Spot], mine: Any, begun: Any, values: Any, quantity: str, limits: Limits, top: Any,
    label: str,
) -> Any:  # fmt: skip
    numbers: list[int] = np.flatnonzero(mine & begun).tolist()
    sizes = np.array([found[k].settings.hidden_size for k in numbers])
    rates = np.array([found[k].settings.learning_rate for k in numbers])
    if wanted.draws:
        within = wanted.rates, wanted.sizes
        names = np.array(numbers, int)
        return search_points(label, rates, sizes, values[numbers], names, quantity, limits, top, within)
    table = np.full((len(wanted.rates), len(wanted.sizes)), np.nan)
    names = np.full(table.shape, -1)
    for number, rate, size in zip(numbers, rates, sizes, strict=True):
        at = wanted.rates.index(rate), wanted.sizes.index(size)
        table[at], names[at] = values[number], number
    return search_map(label, wanted.rates, wanted.sizes, table, names, quantity, limits, top)


def _choose(found: Sequence[Spot], number: int) -> None:
    if number < len(found):
        session.visitor().noted[_CHOSEN] = found[number].settings


def name_of(spot: Spot) -> str:
    return (
        f"{CELLS[spot.settings.cell].label}, {spot.settings.hidden_size} units, learning rate "
        f"{spot.settings.learning_rate:g}"
    )


def says(spot: Spot, quantity: str) -> str:
    """Its median, and the range of its seeds."""
    label = lookup(quantity).label
    words = f"{label} {spot.middle:.3g}"
    if len(spot.values) > 1:
        words += f" (median of {len(spot.values)} seeds, {min(spot.values):.3g} to {max(spot.values):.3g})"
    return words


def _verdict(found: Sequence[Spot], winner: Spot | None, quantity: str, task: Task) -> None:
    if winner is None:
        return
    so_far = "" if all(spot.whole for spot in found) else " so far"
    words = f"**Best{so_far}: {name_of(winner)}.** {says(winner, quantity).capitalize()}."
    if quantity == "heldout_loss" and task.baseline is not None:
        words += f" The baseline ({task.baseline_words}) has {task.baseline:.3g}"
        words += "." if winner.middle < task.baseline else ": none of them does better."
    near = rivals(found, winner, quantity)
    if winner.seeds == 1:
        words += " With one seed each, some of the order is luck: try three."
    elif near:
        words += f" {len(near)} more lie within the spread of its seeds: chance may have put them behind."
    words += " It was chosen by what is held out, which flatters it: a test set says more (page Evaluate)."
    st.success(words, icon=":material/trophy:")


def _table(found: Sequence[Spot], quantity: str) -> None:
    """All experiments, the best first."""
    label = lookup(quantity).label.capitalize()
    sign = -1 if quantity in HIGHER else 1
    ranked = sorted(found, key=lambda spot: sign * spot.middle if np.isfinite(spot.middle) else np.inf)
    rows = [
        {
            "Cell": CELLS[spot.settings.cell].label,
            "Hidden units": spot.settings.hidden_size,
            "Learning rate": spot.settings.learning_rate,
            label: spot.middle if np.isfinite(spot.middle) else None,
            "Seeds done": f"{len(spot.values)} of {spot.seeds}",
            "Parameters": spot.outcomes[0].parameters if spot.begun else None,
            "Seconds": sum(each.seconds for each in spot.outcomes) if spot.begun else None,
            "What happened": next((each.words for each in spot.outcomes if each.words), ""),
        }
        for spot in ranked
    ]
    st.dataframe(
        rows,
        hide_index=True,
        height="content" if len(rows) < 10 else 390,
        on_select=partial(_selected, ranked),
        selection_mode="single-row",
        key="search table",
        column_config={
            label: st.column_config.NumberColumn(format="%.3g", help=tooltip(quantity)),
            "Learning rate": st.column_config.NumberColumn(format="%g"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Seconds": st.column_config.NumberColumn(format="%.1f", help="Of training, all seeds together"),
        },
        alt="Every experiment of the search, the best first.",
        placeholder="–",
    )


def _selected(found: Sequence[Spot]) -> None:
    for row in st.session_state["search table"]["selection"]["rows"]:
        _choose(found, row)


def _opened(found: Sequence[Spot], quantity: str) -> None:
    """The experiment that was clicked on, and the way into it."""
    chosen = session.visitor().noted.get(_CHOSEN)
    spot = next((spot for spot in found if spot.settings == chosen), None)
    if spot is None:
        st.caption("Click a square of the map or select a line of the table to open it.")
        return
    with st.container(border=True, horizontal=True, gap="medium", vertical_alignment="center"):
        result = says(spot, quantity) if spot.begun else "not done yet"
        st.markdown(f"**{name_of(spot)}**: {result}.", width="content")
        st.page_link(
            page("train.py"), label="Open on Train", icon=":material/play_circle:", query_params=to_query(spot.settings)
        )
