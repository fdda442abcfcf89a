"""What a rival is: another method on the same task, fitted to the sequences that the run trained on."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rnnviz.losses import LOSSES
from rnnviz.shapes import SHAPES
from rnnviz.tasks.base import Batch, Task


@dataclass(frozen=True)
class Budget:
    """What a rival may use.

    steps: batches of the run's that it may see; a net takes as many optimiser steps at most. seconds: of processor
    time, for those that learn step by step. until: by `time.monotonic()`, when those end in any case. examples: rows
    of a table that a closed form or a solver is given.
    """

    steps: int = 1000
    seconds: float = 12.0
    until: float = math.inf
    examples: int = 20_000


class Rival:
    """One method. Subclasses are one file each; the docstring says what it does and gives the source.

    label: the name a reader sees. probable: whether its outputs for classes are probabilities, so that it has a
    cross entropy. parameters: numbers that it has to remember once fitted. note: what there is to say about this
    fit, "" for nothing.
    """

    label: ClassVar[str]
    probable: ClassVar[bool] = True
    parameters: int = 0
    note: str = ""

    def __init__(self, task: Task, budget: Budget) -> None:
        self.task, self.budget = task, budget
        self.rng = np.random.default_rng([task.config.seed, 7])

    @classmethod
    def refuses(cls, task: Task) -> str:
        """Why it cannot do the task, in words; "" where it can."""
        raise NotImplementedError

    def fit(self) -> None:
        """Learn from the training part. Called once."""
        raise NotImplementedError

    def outputs(self, batch: Batch) -> np.ndarray:
        """(B, O), or (B, T, O) at every time step: numbers, or logarithms of the probability of each class."""
        raise NotImplementedError

    def answers(self, batch: Batch) -> np.ndarray:
        """(B, T) symbols that it writes on its own, where the task is to write."""
        raise NotImplementedError


def predicts_numbers(task: Task) -> bool:
    return LOSSES[task.loss].targets == "numbers"


def answers_always(task: Task) -> bool:
    """Whether an output is asked for at every time step."""
    return task.shape != "seq→vec"


def writes(task: Task) -> bool:
    return SHAPES[task.shape].writes


def logarithm(probabilities: np.ndarray) -> np.ndarray:
    """ln p, with a class that was never seen at 1e-12 rather than impossible."""
    return np.log(np.maximum(probabilities, 1e-12))


@contextmanager
def quiet() -> Iterator[None]:
    """Without what scikit-learn says of a solver that ran out of iterations, or of classes that are many."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield
