"""Small experiments, and what it means for two runs to be equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.breakpoints import Breakpoint
from rnnviz.config import ExperimentConfig
from rnnviz.run import Run
from rnnviz.training import advance


def small(**settings: Any) -> ExperimentConfig:
    return ExperimentConfig(**{"length": 8, "batch_size": 4, "hidden_size": 5, **settings})


def go(
    run: Run, step: int, breakpoints: Sequence[Breakpoint] = (), cuts: Sequence[int] = (), store: bool = False
) -> Run:
    """On to `step` in slices that end at `cuts`, playing on after every hit. store: from bytes in between."""
    for end in (*sorted(cuts), step):
        while run.step < end and run.diverged is None:
            run = advance(run, end - run.step, breakpoints=breakpoints)
            run = Run.from_bytes(run.to_bytes()) if store else run
    return run


def arrays(value: Any, name: str = "run") -> Iterator[tuple[str, np.ndarray]]:
    """Every array of a run (history and snapshots too), named."""
    if isinstance(value, np.ndarray):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from arrays(item, f"{name}[{key}]")
    elif isinstance(value, tuple):
        for k, item in enumerate(value):
            yield from arrays(item, f"{name}[{k}]")
    elif hasattr(value, "__dataclass_fields__"):
        for key in value.__dataclass_fields__:
            yield from arrays(getattr(value, key), f"{name}.{key}")


def assert_equal(one: Run, two: Run) -> None:
    """Bit for bit: every array, its dtype and shape, and everything else."""
    a, b = dict(arrays(one)), dict(arrays(two))
    assert list(a) == list(b)
    for name in a:
        assert a[name].dtype == b[name].dtype and a[name].shape == b[name].shape, name
        assert a[name].tobytes() == b[name].tobytes(), name
    assert (one.config, one.step, one.diverged) == (two.config, two.step, two.diverged)
    assert (one.changes, one.hits) == (two.changes, two.hits)
    assert [s.step for s in one.snapshots] == [s.step for s in two.snapshots]
    assert (one.data is None) == (two.data is None)
