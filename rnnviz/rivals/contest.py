"""The run and its rivals on one set of sequences that none of them trained on, in one table."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np

from rnnviz import training
from rnnviz.cells import CELLS
from rnnviz.data.arranging import PARTS
from rnnviz.errands.judging import Judge
from rnnviz.rivals import RIVALS
from rnnviz.rivals.base import Budget, Rival
from rnnviz.rivals.judging import judge, judged_in
from rnnviz.rivals.result import RUN, Contest, Result
from rnnviz.run import Run
from rnnviz.tasks import make_task
from rnnviz.tasks.base import Batch, Task

SEQUENCES = 500  # that are judged, at most
MEASURED = 0.5  # seconds for which the run's own steps are timed
LONGEST = 30.0  # seconds that a net may train for, where the run did
PATIENCE = 120.0  # seconds after which no further rival is begun, and none trains any longer, on a busy machine
UNTRAINED = 300  # steps of the rivals of a run that has taken fewer
LATE = "no time was left for it: this machine is busy"
Listener = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Match:
    """What all are judged on: batch, of the part `split`. part: its name for a reader."""

    task: Task
    batch: Batch
    split: str

    @classmethod
    def of(cls, task: Task) -> Match:
        """The test set where one is kept back, else what is held out."""
        test = task.test(SEQUENCES)
        return cls(task, task.heldout(SEQUENCES), "heldout") if test is None else cls(task, test, "test")

    @property
    def part(self) -> str:
        return PARTS[self.split]

    def result(self, name: str, rival: Rival, seconds: float) -> Result:
        answers = rival.answers(self.batch) if self.task.metric == "exact_match" else None
        judged = judge(self.task, rival.outputs(self.batch), self.batch, answers)
        loss = judged.loss if rival.probable else float("nan")
        return Result(
            name, rival.label, loss, judged.metric, rival.parameters, seconds, rival.note, scores=judged.scores
        )


def contest(
    run: Run,
    budget: Budget | None = None,
    only: Collection[str] = tuple(RIVALS),
    listener: Listener = lambda share, note: None,
) -> Contest:
    """Fit the rivals named in `only` to the task of a run, and judge them and the run.

    budget: None for the run's own steps, and as much time as it took, within bounds. Times are processor times of
    this process, one method after the other, so that they can be compared whatever else the machine does. Raises
    ConfigError or DataError where there is no such task.
    """
    task = make_task(run.config, run.data)
    match = Match.of(task)
    late = time.monotonic() + PATIENCE
    listener(0, "Judging the recurrent network")
    results = [_recurrent(run, match)]
    budget = budget or budget_of(run, results[0].seconds)
    budget = replace(budget, until=min(late, budget.until))
    for place, name in enumerate(only):
        kind = _kind(name)
        listener((place + 1) / (len(only) + 1), f"Training and judging: {kind.label}")
        why = kind.refuses(task) or LATE * (time.monotonic() > late)
        results.append(Result.refused(name, kind.label, why) if why else _fitted(name, kind(task, budget), match))
    sequences, apart = len(match.batch.inputs), task.apart(match.batch, match.split)
    weights = judged_in(task, match.batch).sum(1)
    return Contest(tuple(results), match.part, sequences, task.metric, task.loss, run.step, apart, weights)


def budget_of(run: Run, seconds: float) -> Budget:
    """The run's own steps, and the seconds of processor time that it took, within bounds."""
    own = min(seconds, LONGEST) if math.isfinite(seconds) else 0.0
    return Budget(steps=max(run.step, UNTRAINED), seconds=max(Budget.seconds, own))


def _kind(name: str) -> type[Rival]:
    module, _, kind = RIVALS[name].partition(":")
    found: type[Rival] = getattr(import_module(module), kind)
    return found


def _fitted(name: str, rival: Rival, match: Match) -> Result:
    begin = time.process_time()
    try:
        rival.fit()
        return match.result(name, rival, time.process_time() - begin)
    except (ValueError, FloatingPointError) as error:  # such as one class alone in the training part
        return Result.refused(name, rival.label, f"it could not be fitted: {str(error).splitlines()[0][:120]}")


def _recurrent(run: Run, match: Match) -> Result:
    label = CELLS[run.config.cell].label
    parameters = sum(array.size for array in run.weights.values())
    rival = _Recurrent(run, match.task)
    return replace(match.result(RUN, rival, _seconds(run)), label=label, parameters=parameters)


def _seconds(run: Run) -> float:
    """Of training so far, by the pace that it has here and now. NaN where it does not train any more."""
    if run.step == 0:
        return 0.0
    begun = training.advance(run, steps=2, device="cpu")
    begin, before = time.process_time(), begun.step
    taken = training.advance(begun, seconds=MEASURED, device="cpu").step - before
    return (time.process_time() - begin) / taken * run.step if taken else float("nan")


class _Recurrent(Rival):
    """The run itself, as it stands."""

    label = "Recurrent network"

    def __init__(self, run: Run, task: Task) -> None:
        super().__init__(task, Budget())
        self.judge = Judge(run, task=task)
        self.note = f"this run, at step {run.step:,}"

    def outputs(self, batch: Batch) -> np.ndarray:
        return self.judge.judge(batch).outputs

    def answers(self, batch: Batch) -> np.ndarray:
        return self.judge.written(batch)
