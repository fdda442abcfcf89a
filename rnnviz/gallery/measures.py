"""How an example is judged: a number from held-out loss and metric, and what one comes to without a network."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rnnviz.registry import Registry
from rnnviz.tasks.base import Task

HELDOUT_SIZE = 1000  # sequences that guesses are judged on


@dataclass(frozen=True)
class Measure:
    """label: with its unit. of: the number from (loss, metric), as `training.evaluate` gives them.

    guess: of a task, what the guess comes to that needs no network, and which guess that is.
    more: whether more is better, of a share, which is written in percent.
    """

    label: str
    of: Callable[[float, float], float]
    guess: Callable[[Task], tuple[float, str]]
    more: bool = False

    def reached(self, value: float, reach: float) -> bool:
        return value >= reach if self.more else value <= reach

    def write(self, value: float) -> str:
        """The number as a reader sees it."""
        return f"{100 * value:.3g} %" if self.more else f"{value:.3g}"


def most_frequent(task: Task) -> tuple[float, str]:
    """Share of right answers, held out, of always giving the answer that is most frequent there.

    Where every token is to be answered, of giving each token's own most frequent answer.
    """
    batch = task.heldout(HELDOUT_SIZE)
    if batch.targets.ndim == 1:  # one answer a sequence
        judged = np.ones(len(batch.targets), bool)
    else:
        judged = batch.counted() if batch.judged is None else batch.judged
    per_token = task.tokens and task.shape == "seq→seq"
    tokens = batch.inputs[judged] if per_token else np.zeros(judged.sum(), int)
    seen = np.zeros((task.input_size, task.output_size), int)
    np.add.at(seen, (tokens, batch.targets[judged]), 1)
    words = "giving each symbol its most frequent answer" if per_token else "always giving the most frequent answer"
    return float(seen.max(1).sum() / seen.sum()), words


def one_answer(task: Task) -> tuple[float, str]:
    """Share of exact matches, held out, of always writing the sequence that is right most often there."""
    batch = task.heldout(HELDOUT_SIZE)
    _, counts = np.unique(batch.targets, axis=0, return_counts=True)
    return float(counts.max() / counts.sum()), "always writing the same"


def _baseline(of: Callable[[float], float]) -> Callable[[Task], tuple[float, str]]:
    return lambda task: (of(math.nan if task.baseline is None else task.baseline), task.baseline_words)


MEASURES: Registry[Measure] = Registry(
    "measure",
    {
        "accuracy": Measure("accuracy", lambda loss, metric: metric, most_frequent, more=True),
        "exact_match": Measure("exactly right", lambda loss, metric: metric, one_answer, more=True),
        "bits": Measure(
            "bits per symbol", lambda loss, metric: loss / math.log(2), _baseline(lambda loss: loss / math.log(2))
        ),
        "rmse": Measure("error (RMSE)", lambda loss, metric: math.sqrt(metric), _baseline(math.sqrt)),
    },
)
