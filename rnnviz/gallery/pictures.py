"""The picture on an example's card, from sequences of its task that are never trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnviz.figures import examples
from rnnviz.gallery import signal_pictures
from rnnviz.registry import Registry
from rnnviz.tasks import Task
from rnnviz.tasks.base import Batch
from rnnviz.tasks.dna import TATA, likelihoods

MANY = 1000  # sequences among which telling ones are looked for


def text(task: Task) -> Any:
    """The beginning of one sequence of characters, as it would be printed."""
    shown = "".join(task.input_labels[token] for token in task.heldout(MANY).inputs[MANY // 2])
    return examples.written(shown.replace("␣", " ").replace("⇥", "    ").split("↵")[:7], "What comes next?")


def pairs(task: Any) -> Any:
    """Texts and their translations."""
    batch = task.probe()
    return examples.said([(_source(task, batch, k), _target(task, batch, k)) for k in range(3)], "Numbers in words")


def remarks(task: Any) -> Any:
    """Short texts, one of each class for as many as there is room, and their class."""
    return examples.said([(_source(task, batch, 0), name) for batch, name in _one_of_each(task)[:3]], task.label)


def tags(task: Any) -> Any:
    """Two short sentences that begin with the same three words, of which two are tagged differently."""
    batch = task.heldout(MANY)
    first: dict[tuple[int, ...], int] = {}
    for k in np.argsort(batch.lengths, kind="stable"):
        words, answers = tuple(batch.inputs[k, :3]), tuple(batch.targets[k, 1:3])
        other = first.setdefault(words, k)
        if all(answers != batch.targets[other, 1:3]):
            break
    rows = [[(task.input_labels[w], task.labels[t]) for w, t in _steps(batch, k)] for k in (other, k)]
    return examples.tagged(rows, "The same words, other parts of speech")


def bases(task: Any) -> Any:
    """Pieces of DNA, the answer at the right; framed is where a box is likeliest."""
    batch = task.probe()
    shown = [k for kind in (1, 0) for k in np.flatnonzero(batch.targets == kind)[:2]]
    starts = [int(likelihoods(batch.inputs[[k]], reverse=batch.targets[k] == 0).argmax()) for k in shown]
    return examples.letters(
        [(_source(task, batch, k), task.labels[batch.targets[k]]) for k in shown],
        "Which way round is the box?",
        [(start, start + len(TATA)) for start in starts],
    )


def series(task: Task) -> Any:
    """The input features of one sequence over time."""
    names = [name.partition(" (")[0] for name in task.input_labels]
    return examples.curves(task.probe().inputs[0], names, "What comes next?")


def rows(task: Task) -> Any:
    """Images of 8 x 8 pixels that are read in order, and their classes."""
    batch = task.probe()
    pictures = [image.reshape(8, 8) for image in batch.inputs[:5]]
    return examples.images(pictures, [task.labels[k] for k in batch.targets[:5]], "Which digit?")


def pixels(task: Task) -> Any:
    """The same as what a network reads that sees them pixel by pixel."""
    found = _one_of_each(task)[1:4]
    values = np.concatenate([batch.inputs[0] for batch, _ in found], axis=1)
    return examples.curves(values, [f"a {name}" for _, name in found], "Which digit? Grey values in their order")


def captions(task: Any) -> Any:
    """Images and the words that they are to be given."""
    batch = task.probe()
    words = {_target(task, batch, k): k for k in range(len(batch.inputs))}
    pictures = [batch.inputs[k].reshape(8, 8) for k in words.values()]
    return examples.images(pictures[:4], list(words)[:4], "What is it called?")


PICTURES: Registry[Callable[[Any], Any]] = Registry(
    "picture",
    {
        "text": text,
        "pairs": pairs,
        "remarks": remarks,
        "tags": tags,
        "bases": bases,
        "series": series,
        "rows": rows,
        "pixels": pixels,
        "captions": captions,
        "spectrograms": signal_pictures.spectrograms,
        "strokes": signal_pictures.strokes,
        "film": signal_pictures.film,
        "melodies": signal_pictures.melodies,
    },
)


def _steps(batch: Batch, k: int) -> list[tuple[int, int]]:
    """(token, class) at each time step of one sequence."""
    length = batch.inputs.shape[1] if batch.lengths is None else batch.lengths[k]
    return list(zip(batch.inputs[k, :length].tolist(), batch.targets[k, :length].tolist(), strict=True))


def _source(task: Any, batch: Batch, k: int) -> str:
    length = batch.inputs.shape[1] if batch.lengths is None else batch.lengths[k]
    return str(task.decode_input(batch.inputs[k, :length]))


def _target(task: Any, batch: Batch, k: int) -> str:
    return str(task.decode(batch.targets[k]))


def _one_of_each(task: Task) -> list[tuple[Batch, str]]:
    """Of each class that occurs, in their order, the first sequence, as a batch of one."""
    batch = task.heldout(MANY)
    _, first = np.unique(batch.targets, return_index=True)
    return [(batch.some([k]), task.labels[batch.targets[k]]) for k in sorted(first)]
