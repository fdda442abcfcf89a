"""From settings to a task and a job, or to a sentence that says what is missing."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from rnnviz.app import kept, session
from rnnviz.app.frame import page
from rnnviz.app.words import literal
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.data.errors import DataError
from rnnviz.runs.view import Spec
from rnnviz.shapes import SHAPES
from rnnviz.start import from_scratch
from rnnviz.tasks import TASKS, Task, make_task


def task_of(settings: ExperimentConfig) -> Task | None:
    """The task of the settings, with a word on its data; None, and the reason on the page, where there is none."""
    data = session.visitor().data_for(settings) if TASKS[settings.task].needs_data else None
    if TASKS[settings.task].needs_data and data is None:
        st.info(
            "This experiment trains on a file of your own, which never leaves your session. "
            + (f"It was made with data of fingerprint `{settings.data}`. " if settings.data else "")
            + "Open the file on the page **Your data**, or choose another task.",
            icon=":material/upload_file:",
        )
        st.page_link(page("your_data.py"), label="Open Your data")
        return None
    try:
        task = make_task(settings, data)
    except (DataError, ConfigError) as error:
        st.error(literal(str(error)), icon=":material/error:")
        return None
    if task.causal and SHAPES[task.shape].directions(settings.bidirectional) > 1:
        st.warning(
            "In both directions the network reads what it is to predict: its loss says nothing here. Switch "
            "**Both directions** off for a forecast.",
            icon=":material/info:",
        )
    if task.notice:
        st.warning(literal(task.notice), icon=":material/info:")
    return task


def run_of(settings: ExperimentConfig, data: Dataset | None = None) -> str | None:
    """The job of the page Train, which is kept; None, and the reason on the page, beyond a limit."""
    job = job_of(kept.PLACE, settings, data, kept.AT_HAND, keep=True)
    session.visitor().equip(*kept.jobs())
    return job


def job_of(
    place: str, settings: ExperimentConfig, data: Dataset | None = None, remember: int = 1, keep: bool = False
) -> str | None:
    """The job of the settings at a place of the app; None, and the reason on the page, beyond a limit.

    remember: how many jobs the place holds, so that changing a setting back finds its run as it was. keep: it is
    kept in the store. The weights that the settings begin with are those that the visitor has in hand.
    """
    start = session.visitor().starts.get(settings.start)
    if settings.start and start is None:
        st.info(
            f"This experiment begins with weights of fingerprint `{settings.start}`, which are not in hand. Choose the "
            "run that they are of on the page **Fine-tuning**, or bring their file on the page **Your model**.",
            icon=":material/upload_file:",
        )
        return None
    try:
        return session.visitor().job(place, Spec(settings, data, start), remember, keep)
    except ConfigError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return None


def both_of(settings: ExperimentConfig, data: Dataset | None = None) -> dict[str, str]:
    """The job of the settings, which begins with given weights, and one that begins at random; empty beyond a limit.

    Both are jobs of the page Train, which shows the first with the other beside it.
    """
    visitor = session.visitor()
    given = visitor.starts.get(settings.start)
    try:
        jobs = {
            name: visitor.have(kept.PLACE, Spec(config, data, start), kept.AT_HAND, keep=True)
            for name, config, start in (("from scratch", from_scratch(settings), None), ("fine-tuned", settings, given))
        }
    except ConfigError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return {}
    visitor.beside[jobs["fine-tuned"]] = jobs["from scratch"]
    visitor.equip(*jobs.values())
    return jobs


def jobs_of(group: str, experiments: Mapping[str, ExperimentConfig], data: Dataset | None = None) -> dict[str, str]:
    """A job for each experiment, by its name; earlier ones of the group end. Empty beyond a limit."""
    session.visitor().keep(group, [f"{group} {name}" for name in experiments])
    jobs: dict[str, str] = {}
    for name, settings in experiments.items():
        job = job_of(f"{group} {name}", settings, data)
        if job is None:
            return {}
        jobs[name] = job
    return jobs
