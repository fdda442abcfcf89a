"""What a network from elsewhere may read: the visitor's data, tasks with as many features, random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.app.settings import base
from rnnviz.app.starts import reads
from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.embedding import embedding_of
from rnnviz.shapes import SHAPES
from rnnviz.start import Start
from rnnviz.tasks import TASKS
from rnnviz.weights import Readout

RANDOM = "noise"  # the task that has as many inputs and outputs as it is asked for


@dataclass(frozen=True)
class Feed:
    """An experiment whose inputs the recurrent layers can read. outputs: that it wants."""

    label: str
    settings: ExperimentConfig
    outputs: int


def feeds(start: Start, settings: ExperimentConfig, data: Dataset | None) -> list[Feed]:
    """All there are, random numbers last. Raises ConfigError where the layers read more than a task may have."""
    doubles = any(array.dtype == np.float64 for array in start.weights.values())
    shared = {"precision": "float64" if doubles else "float32"}
    outputs = len(start.weights["readout.weight"]) if "readout.weight" in start.weights else 1
    random = base(RANDOM, settings.seed).with_(
        input_size=start.input_size, output_size=outputs, input_scale=1.0, init="default", **shared
    )
    found = []
    for name, kind in TASKS.items():
        if name == RANDOM or SHAPES[kind.shape].writes or kind.needs_data and data is None:
            continue
        prepared = data is not None and (settings.task, settings.data) == (name, data.fingerprint)
        config = settings if prepared else base(name, settings.seed)
        task = reads(start, config, data if kind.needs_data else None)
        if task is not None and not embedding_of(task, 0).parameters:  # its features enter as they are
            label = f"{kind.label}: {data.name}" if kind.needs_data and data is not None else kind.label
            found.append(Feed(label, config.with_(**shared), task.output_size))
    return [*found, Feed(f"Random numbers, {start.input_size} at every time step", random, outputs)]


def usual(found: list[Feed], readout: Readout | None) -> int:
    """The place of the one to begin with: the visitor's data, else what the readout fits too, else random numbers."""
    for number, feed in enumerate(found):
        if TASKS[feed.settings.task].needs_data or readout is not None and feed.outputs == len(readout.weight):
            return number
    return len(found) - 1
