"""A visitor with two jobs on an engine that writes down what it is told; for the browser tests."""

import os
import time
from pathlib import Path

import streamlit as st

from rnnviz.app import session
from rnnviz.config import ExperimentConfig


class Notebook:
    """Stands for the engine."""

    def note(self, verb: str, job: str) -> None:
        with Path(os.environ["RNNVIZ_TEST_NOTES"]).open("a") as notes:
            notes.write(f"{time.time()} {verb} {job}\n")

    def warm_up(self) -> None:
        pass

    orphan_seconds = 60.0

    def attach(self, job: str, visitor: str) -> bool:
        self.note("attach", job)
        return True

    def orphan(self, job: str, visitor: str) -> None:
        self.note("orphan", job)
        time.sleep(2)  # an engine that is slow to answer must not hold up the server


session.get_engine = st.cache_resource(Notebook)
visitor = session.visitor()
if not visitor.jobs:
    visitor.jobs = {"left": "job-a", "right": "job-b"}
    visitor.made = {job: (place, ExperimentConfig(), "") for place, job in visitor.jobs.items()}


@st.fragment(run_every=0.25)
def live() -> None:
    st.write(f"{len(session.visitor().jobs)} jobs run here.")


live()
