"""Engines under test, and how to wait for them. Timeouts are far above what is measured on an idle machine."""

from __future__ import annotations

import time

import pytest

from rnnviz.runs import View
from rnnviz.runs.inline import InlineEngine
from rnnviz.runs.pool import PoolEngine

PATIENCE = 60.0


def wait_for(engine, job, condition, patience=PATIENCE) -> View:
    """The first View that meets the condition, asked for as a page does."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        view = engine.latest(job)
        if view is not None and condition(view):
            return view
        time.sleep(0.01)
    raise AssertionError(f"after {patience} s the view is still {engine.latest(job)}")


@pytest.fixture(scope="session")
def wait():
    return wait_for


@pytest.fixture(scope="session")
def settled():
    """Waits until the job neither starts nor plays."""

    def settle(engine, job) -> View:
        return wait_for(engine, job, lambda view: view.status not in ("starting", "playing"))

    return settle


@pytest.fixture(scope="session")
def pool():
    """One worker, so that all jobs share it."""
    engine = PoolEngine(workers=1, orphan_seconds=1)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def inline():
    return InlineEngine(orphan_seconds=1)


@pytest.fixture(params=["inline", "pool"])
def engine(request):
    return request.getfixturevalue(request.param)
