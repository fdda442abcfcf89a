"""Records in short runs."""

from __future__ import annotations

import pytest

from rnnviz.run import spacing


@pytest.fixture(autouse=True)
def dense_records(monkeypatch):
    """Records every few steps, so that short runs have something in them, thinned and all."""
    for module in ("rnnviz.run", "rnnviz.trainer"):
        monkeypatch.setattr(f"{module}.CHECK_EVERY", 2)
        monkeypatch.setattr(f"{module}.FLOW_EVERY", 3)
        monkeypatch.setattr(f"{module}.spacing", lambda step, base, keep=6: spacing(step, base, keep))
    monkeypatch.setattr("rnnviz.breakpoints.LOOK_EVERY", 4)
    monkeypatch.setattr("rnnviz.trainer.LOOK_EVERY", 4)
    monkeypatch.setattr("rnnviz.trainer.SNAPSHOT_EVERY", 2)
    monkeypatch.setattr("rnnviz.trainer.SNAPSHOTS", 5)
    monkeypatch.setattr("rnnviz.trainer.CHECK_SIZE", 8)
