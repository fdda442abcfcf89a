"""One thread for every library: with small tensors more threads only wait for each other. A store for every test."""

from __future__ import annotations

import os
from itertools import count

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when numpy and torch are first imported

_numbers = count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skipped = pytest.mark.skipif(os.environ.get("RNNVIZ_SLOW") != "1", reason="slow; set RNNVIZ_SLOW=1")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(skipped)


@pytest.fixture(scope="session", autouse=True)
def _stores(tmp_path_factory):
    """What engines of a whole session save does not go into the user's own folder."""
    folder = tmp_path_factory.mktemp("stores")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNVIZ_STORE", str(folder / "session"))
        yield folder


@pytest.fixture(autouse=True)
def _store(_stores):
    """Every test has a store of its own, which its first save makes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNVIZ_STORE", str(_stores / str(next(_numbers))))
        yield
