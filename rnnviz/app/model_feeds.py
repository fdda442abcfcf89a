"""What a network from elsewhere may read: the visitor's data, tasks with as many features, random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from rnnviz.app.settings import base
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.data.errors import DataError
from rnnviz.embedding import embedding_of
from rnnviz.shapes import SHAPES
from rnnviz.tasks import TASKS, make_task
from rnnviz.weights import Readout, Stack

RANDOM = "noise"  # the task that has as many inputs and outputs as it is asked for


@dataclass(frozen=True)
class Feed:
    """An experiment whose inputs a stack can read. outputs: that it wants."""

    label: str
    settings: ExperimentConfig
    outputs: int


def feeds(stack: Stack, readout: Readout | None, settings: ExperimentConfig, data: Dataset | None) -> list[Feed]:
    """All there are, random numbers last. Raises ConfigError where the stack reads more than a task may have."""
    outputs = len(readout.weight) if readout is not None else 1
    random = base(RANDOM, settings.seed).with_(
        input_size=stack.input_size, output_size=outputs, input_scale=1.0, init="default", precision=_precision(stack)
    )
    words = f"Random numbers, {stack.input_size} at every time step"
    return [*_fitting(stack, settings, data), Feed(words, random, outputs)]


def usual(found: list[Feed], readout: Readout | None) -> int:
    """The place of the one to begin with: the visitor's data, else what the readout fits too, else random numbers."""
    for number, feed in enumerate(found):
        if TASKS[feed.settings.task].needs_data or readout is not None and feed.outputs == len(readout.weight):
            return number
    return len(found) - 1


def _fitting(stack: Stack, settings: ExperimentConfig, data: Dataset | None) -> Iterator[Feed]:
    for name, task in TASKS.items():
        if name == RANDOM or SHAPES[task.shape].writes or task.needs_data and data is None:
            continue
        if data is not None and task.needs_data:
            prepared = settings.task == name and settings.data == data.fingerprint
            config = settings if prepared else base(name, settings.seed)
            reads, outputs = _sizes(config, data)
            label = f"{task.label}: {data.name}"
        else:
            config, label = base(name, settings.seed), task.label
            reads, outputs = _usual_sizes(name)
        if reads == stack.input_size:
            yield Feed(label, config.with_(precision=_precision(stack)), outputs)


@cache
def _usual_sizes(name: str) -> tuple[int, int]:
    return _sizes(base(name), None)


def _sizes(config: ExperimentConfig, data: Dataset | None) -> tuple[int, int]:
    """(features that enter a stack as they are, outputs); 0 features where the task cannot do without an embedding."""
    try:
        task = make_task(config, data)
    except (ConfigError, DataError):
        return 0, 0
    entering = embedding_of(task, 0)
    return (0 if entering.parameters else entering.size), task.output_size


def _precision(stack: Stack) -> str:
    doubles = any(array.dtype == np.float64 for array in stack.weights.values())
    return "float64" if doubles else "float32"
