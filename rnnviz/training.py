"""Training: `start` makes a Run, `advance` turns it into a later one, `observe` looks inside.

`advance` is a pure function. The batch and the dropout noise of step k depend only on (config, seed, k), and
what is recorded on the way depends only on the step, so a run resumed from its arrays equals one that was
never interrupted, bit for bit on the same machine with the same number of threads.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

from rnnviz.breakpoints import Breakpoint
from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.run import Run
from rnnviz.start import Start
from rnnviz.trace import Trace
from rnnviz.trainer import Trainer, device_named, fresh

# The model and optimiser behind a Run, kept while the Run is, so that the next slice need not rebuild them.
# They belong to one Run at a time: advancing takes them away, and the older Run can be rebuilt from its arrays.
_LIVE: WeakKeyDictionary[Run, Trainer] = WeakKeyDictionary()


def start(
    config: ExperimentConfig, data: Dataset | None = None, start: Start | None = None, *, device: str = "auto"
) -> Run:
    """A Run at step 0: initial weights, and what they do before training. data: for tasks that need a data set.

    start: weights to begin with instead of random ones, wherever they fit; `config.start` names them. device: "auto"
    (CUDA where there is one), "cpu", "cuda". Raises ConfigError or UnknownName where the configuration asks for what
    there is not, or where the weights do not fit it.
    """
    trainer = Trainer(fresh(config, data, start), device_named(device))
    trainer.look()
    return _hand_over(trainer)


def advance(
    run: Run,
    steps: int | None = None,
    seconds: float | None = None,
    device: str = "auto",
    breakpoints: Sequence[Breakpoint] = (),
) -> Run:
    """Train for `steps` optimiser steps or about `seconds`, whichever ends first; at least one step.

    Ends early after a step at which one of `breakpoints` fires, or the patience of the configuration ends, with one
    `Hit` more. The result depends on how many steps were taken, never on how they were cut into slices. A diverged
    run comes back unchanged. Raises ValueError without a budget.
    """
    if steps is None and seconds is None:
        raise ValueError("advance needs a budget: say steps= or seconds=.")
    if steps is not None and steps < 0:
        raise ValueError(f"steps is {steps}; expected 0 or more.")
    if run.diverged is not None or steps == 0:
        return run
    until = None if seconds is None else time.perf_counter() + seconds
    trainer = _trainer(run, device)
    del _LIVE[run]
    trainer.breakpoints = breakpoints
    last = None if steps is None else run.step + steps
    while trainer.take_step():
        if trainer.stopped():
            break
        if trainer.step == last or until is not None and time.perf_counter() >= until:
            break
    return _hand_over(trainer)


def towards(past: Run, run: Run, step: int, seconds: float | None = None, device: str = "auto") -> Run:
    """Recompute what `run` was at `step`, from `past`: `run.nearest(step)`, or what this gave before.

    Changes of settings are made again where they were made, those at `step` itself not yet. Beyond the end of
    `run` it goes on with its last settings. Ends after about `seconds`; at `step` the result equals a fresh run
    stopped there, breakpoints that fired included.
    """
    until = None if seconds is None else time.perf_counter() + seconds
    while past.step < step and past.diverged is None:
        ahead = run.changes[len(past.changes) :]
        for change in ahead:
            if change.step == past.step:
                past = past.changed(**{change.field: change.after})
        stop = min([step, *(change.step for change in ahead if change.step > past.step)])
        left = None if until is None else until - time.perf_counter()
        past = advance(past, stop - past.step, left, device)
        if until is not None and time.perf_counter() >= until:
            break
    return _noted(past, run) if past.step >= step else past


def observe(run: Run, device: str = "auto") -> Trace:
    """The probe batch (8 held-out sequences) seen from inside, with gradients, outputs, targets and loss.

    Dropout is off. Nothing about the run changes.
    """
    return _trainer(run, device).observe()


def evaluate(run: Run, size: int = 2000, device: str = "auto") -> tuple[float, float]:
    """(loss, metric) on `size` held-out sequences, dropout off."""
    return _trainer(run, device).evaluate(size)


def seconds_stepping(run: Run) -> float:
    """Seconds in optimiser steps alone, summed since the model behind the run was built; 0 where there is none.

    What `advance` does besides is left out: held-out checks, gradient recordings, snapshots, copies.
    """
    trainer = _LIVE.get(run)
    return trainer.seconds_stepping if trainer else 0.0


def warm_up() -> None:
    """Pay now for what torch loads at the first optimiser and the first backward pass (a second or two)."""
    for optimiser in ("adam", "sgd", "rmsprop"):
        config = ExperimentConfig(length=2, batch_size=2, hidden_size=2, optimiser=optimiser)
        advance(start(config, device="cpu"), steps=1, device="cpu")


def _trainer(run: Run, device: str) -> Trainer:
    wanted = device_named(device)
    trainer = _LIVE.get(run)
    if trainer is None or trainer.device != wanted:
        _LIVE[run] = trainer = Trainer(run, wanted)
    return trainer


def _noted(past: Run, run: Run) -> Run:
    """With what breakpoints made of the steps until there: none are set while recomputing."""
    seen = run.history.cut(past.step)
    history = replace(past.history, watched=seen.watched, saturation=seen.saturation)
    noted = replace(past, history=history, hits=tuple(hit for hit in run.hits if hit.step <= past.step))
    if trainer := _LIVE.pop(past, None):
        trainer.history, trainer.hits = noted.history, noted.hits
        _LIVE[noted] = trainer
    return noted


def _hand_over(trainer: Trainer) -> Run:
    run = trainer.run()
    _LIVE[run] = trainer
    return run
