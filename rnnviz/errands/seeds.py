"""The errand `seeds`: the same experiment from other seeds, as many steps, on the same held-out sequences."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.errands import Arrays, Result, Words, progress
from rnnviz.errands.evaluate import FORECASTS, forecast
from rnnviz.errands.judging import Judge, cannot_run_free
from rnnviz.run import Run
from rnnviz.training import start, towards

SECONDS = 130.0  # for all seeds together
SLICE = 0.5


def seeds(words: Words, arrays: Arrays) -> Result:
    """words: `seeds`, how many, the run's own among them. arrays: `run`. Gives in arrays: steps, loss and metric (S,),
    the run's own first, and forecasts (S, P, T - C, D), horizon (S, T - C) where it can run free."""
    run = Run.from_bytes(arrays["run"].tobytes())
    count = int(words["seeds"])
    own = Judge(run)
    heldout, ahead = own.task.heldout(own.room), own.task.heldout(FORECASTS)
    free = not cannot_run_free(own.task, ahead, own.model.directions)
    rows: list[dict[str, Any]] = []
    for k in range(count):
        one = run if k == 0 else _trained(run, k, count)
        if one.diverged is not None and k:
            continue
        judge = Judge(one, task=own.task)
        loss, metric = judge.measure(heldout)
        row: dict[str, Any] = {"seeds": one.config.seed, "steps": one.step, "loss": loss, "metric": metric}
        if free:
            found = forecast(judge, ahead)
            row |= {"forecasts": found["forecast"], "horizons": found["horizon"]}
        rows.append(row)
    return {"asked": count, "step": run.step}, {
        name: np.stack([np.asarray(row[name]) for row in rows]) for name in rows[0]
    }


def _trained(run: Run, k: int, count: int) -> Run:
    """The experiment from the k-th seed after the run's own, as many steps, or as many as there is time for."""
    config = run.original.other_seed(k)
    return trained(config, run, SECONDS / (count - 1), (k - 1, count - 1), f"Seed {config.seed}")


def trained(config: ExperimentConfig, like: Run, seconds: float, place: tuple[int, int], name: str) -> Run:
    """The experiment of `config`, trained as far as `like`, its changes on the way too, for about `seconds` at most.

    place: which of how many runs this is, for the progress. Nothing stops it early.
    """
    like = replace(like, changes=tuple(change for change in like.changes if change.field != "patience"))
    run = start(config.with_(patience=0), like.data, like.start, device="cpu")
    until = time.monotonic() + seconds
    while run.step < like.step and run.diverged is None and time.monotonic() < until:
        run = towards(run, like, like.step, SLICE, device="cpu")
        progress((place[0] + run.step / like.step) / place[1], f"{name}: step {run.step:,} of {like.step:,}")
    return run
