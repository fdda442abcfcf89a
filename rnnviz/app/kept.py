"""Runs that are kept, on the page Train: opened by the id in the link, which the page writes once there is a run."""

from __future__ import annotations

import streamlit as st

from rnnviz.app import session
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.runs import View
from rnnviz.runs.store import StoreError

PLACE = "train"  # of the app, that shows one run which is kept
AT_HAND = 4  # runs that stay in a worker's memory, so that going back to a setting finds its run at once
RUN = "run"  # in the link


def open_linked() -> tuple[ExperimentConfig | None, str]:
    """The settings of the run that the link names, and what there is to say about it; None: nothing to open."""
    visitor, run = session.visitor(), st.query_params.get(RUN, "")
    if not run or visitor.jobs.get(PLACE) == run:
        return None, ""
    unlink()  # written anew by the page, for the run that is shown then
    try:
        job = session.engine().open(run, visitor.name, visitor.owner)
    except (ConfigError, StoreError) as error:
        return None, str(error)
    if job is None:
        return None, "The run in this link is not kept here (any more). This is its experiment, from the start."
    settings = take(job)
    own = job == run
    return settings, "" if own else "The run in this link is somebody else's. This is a copy of it, and yours."


def take(job: str) -> ExperimentConfig | None:
    """Show a run on the page Train from now on; its settings, its data and its start become the visitor's."""
    visitor, spec = session.visitor(), session.engine().spec(job)
    if spec is None:
        return None
    visitor.adopt(PLACE, job, spec, AT_HAND)
    if spec.data is not None:
        visitor.data, visitor.read = spec.data, None
    if spec.start is not None:
        visitor.bring(spec.start)
    unlink()
    return spec.config


def beside() -> str:
    """The job that is shown beside the one of the page Train; "" for none."""
    visitor = session.visitor()
    other = visitor.beside.get(visitor.jobs.get(PLACE, ""), "")
    return other if other and visitor.engine.known(other) else ""


def jobs() -> list[str]:
    """The runs that the page Train shows: the one, and the one beside it."""
    return [job for job in (session.visitor().jobs.get(PLACE), beside()) if job]


def show_beside(job: str, run: str) -> bool:
    """Show a run that is kept beside the job. False where it is not kept; raises ConfigError, StoreError."""
    visitor = session.visitor()
    other = visitor.engine.open(run, visitor.name, visitor.owner)
    spec = visitor.engine.spec(other) if other else None
    if other is None or spec is None:
        return False
    visitor.hold(PLACE, other, spec)
    visitor.beside[job] = other
    return True


def again() -> None:
    """A fresh run of the settings of the one shown, which stays among the visitor's runs. Raises LimitError."""
    session.visitor().again(PLACE, AT_HAND)
    unlink()


def unlink() -> None:
    """Have the link name no run, so that it does not bring the one back that was shown before."""
    if RUN in st.query_params:
        del st.query_params[RUN]


def write_link(view: View | None) -> None:
    """Have the link name the run that is shown, as soon as there is something to come back to."""
    run = view.job if view is not None and view.step > 0 else None
    if run is not None and st.query_params.get(RUN) != run:
        st.query_params[RUN] = run
    elif run is None:
        unlink()
