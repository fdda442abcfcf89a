"""What an example of the gallery is: an experiment that works, how well, and what to see in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rnnviz.config import ExperimentConfig
from rnnviz.tasks import TASKS, named_data


@dataclass(frozen=True)
class Example:
    """One classic use of recurrent networks.

    name: in the registry. title: of its card. task: in the registry of tasks. lesson: one sentence, what the
    example teaches. steps: optimiser steps it trains for. measure: how it is judged on held-out sequences, a name
    in `rnnviz.gallery.measures`; reach: the value that every seed must come to; seconds: of optimiser steps that
    takes on one core, at most (rounded up; measured by `python -m rnnviz gallery`).
    picture: how a card draws its data, a name in `rnnviz.gallery.pictures`.
    page: the file of the page that shows the lesson best; look: what to look at there.
    changes: settings on top of the task's own. without: settings that take the lesson away again, with
    without_words saying what is missing then: the example is trained without it too, and does worse.
    """

    name: str
    title: str
    task: str
    lesson: str
    steps: int
    measure: str
    reach: float
    seconds: int
    picture: str
    page: str
    look: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    without: Mapping[str, Any] = field(default_factory=dict)
    without_words: str = ""

    def config(self, seed: int = 0) -> ExperimentConfig:
        """The experiment. Raises DataError where the task's data are not there."""
        settings = {**TASKS[self.task].defaults, **self.changes}
        return named_data(ExperimentConfig(task=self.task, seed=seed).with_(**settings))
