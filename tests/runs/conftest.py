"""Engines under test, and how to wait for them. Timeouts are far above what is measured on an idle machine."""

from __future__ import annotations

import time
from functools import partial

import pytest

from rnnviz.bench.cluster import Cluster
from rnnviz.runs import Engine, View
from rnnviz.runs.dask_fleet import DaskFleet
from rnnviz.runs.inline import InlineFleet
from rnnviz.runs.keeper import Keeper
from rnnviz.runs.pool import PoolFleet
from rnnviz.runs.store import Store

PATIENCE = 60.0


def wait_for(engine, job, condition, patience=PATIENCE) -> View:
    """The first View that meets the condition, asked for as a page does."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        view = engine.latest(job)
        if view is not None and condition(view):
            return view
        time.sleep(0.01)
    view = engine.latest(job)
    raise AssertionError(f"after {patience} s the view is still {view and (view.status, view.step, view.message)}")


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
def make_engine(tmp_path_factory):
    """make_engine(fleet, **options) -> an Engine with a store of its own, closed at the end of the session."""
    made = []

    def make(fleet, store=None, **options):
        keeper = Keeper(Store(str(store or tmp_path_factory.mktemp("store"))))
        made.append(Engine(fleet, keeper=keeper, **options))
        return made[-1]

    yield make
    for engine in made:
        engine.close()
        engine.keeper.close()


@pytest.fixture(scope="session")
def pool(make_engine):
    """One worker, so that all jobs share it."""
    return make_engine(partial(PoolFleet, size=1), orphan_seconds=1)


@pytest.fixture(scope="session")
def inline(make_engine):
    return make_engine(InlineFleet, orphan_seconds=1)


@pytest.fixture(scope="session")
def dask(make_engine):
    """A cluster of one worker, on this machine."""
    with Cluster(workers=1) as cluster:
        engine = make_engine(partial(DaskFleet, address=cluster.address), orphan_seconds=1)
        yield engine
        engine.close()


@pytest.fixture(params=["inline", "pool", pytest.param("dask", marks=pytest.mark.slow)])
def engine(request):
    """Each way of training in turn: what holds on one holds on all."""
    engine = request.getfixturevalue(request.param)
    yield engine
    for record in list(engine.jobs.records.values()):
        engine.jobs.remove(record)
