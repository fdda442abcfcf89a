"""Pictures of signals on the cards."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnviz.figures import examples
from rnnviz.tasks import Task
from rnnviz.tasks.music import HOLD
from rnnviz.tasks.video import SIDE

MANY = 200


def spectrograms(task: Task) -> Any:
    """Words as energy over time (across) and frequency (up)."""
    batch = task.probe()
    assert batch.lengths is not None
    shown = [1, 3, 6]
    pictures = [batch.inputs[k, : batch.lengths[k]].T[::-1] for k in shown]
    return examples.images(pictures, [task.labels[batch.targets[k]] for k in shown], "Which digit was said?", "frame")


def strokes(task: Task) -> Any:
    """Paths of a pen: of gestures with the same ink."""
    batch = task.heldout(MANY)
    assert batch.lengths is not None
    shown = [int(np.flatnonzero(batch.targets == k)[0]) for k in (2, 3, 8)]
    paths = [batch.inputs[k, : batch.lengths[k], :2].cumsum(axis=0) for k in shown]
    return examples.paths(paths, [task.labels[batch.targets[k]].split(", ")[-1] for k in shown], "Which gesture?")


def film(task: Task) -> Any:
    """Every third frame at the beginning of a film."""
    batch = task.probe()
    frames = [frame.reshape(SIDE, SIDE) for frame in batch.inputs[0, :9:3]]
    return examples.images(frames, [f"t = {3 * k}" for k in range(len(frames))], "Where is the ball next?")


def melodies(task: Any) -> Any:
    """Melodies as notes over time (across) and pitch (up)."""
    batch, titles = task.heldout(MANY), [title.partition(" (")[0] for title in task.titles(MANY)]
    shown = ["Jingle Bells", "Greensleeves"]
    rolls = [roll(task, batch.inputs[titles.index(title), :32]) for title in shown]
    return examples.images(rolls, shown, "Which note is next?", "eighth")


def roll(task: Task, tokens: np.ndarray) -> np.ndarray:
    """Tokens (T,) -> (pitches, T), high pitches first: 1 where a note begins, 1/2 where it goes on."""
    grid, now = np.zeros((task.input_size, len(tokens))), 1
    for t, token in enumerate(tokens.tolist()):
        now = now if token == HOLD else token
        grid[now, t] = 0.5 if token == HOLD else 1.0
    return grid[:1:-1]
