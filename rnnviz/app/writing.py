"""What a decoder writes for one source, in every way that the page of sequence shapes shows side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from rnnviz.analysis.decoding import Written, beam, forced, greedy
from rnnviz.analysis.word_errors import exact_match, word_error_rate
from rnnviz.figures.tokens import softmax
from rnnviz.figures.writing import Row
from rnnviz.tasks import Task
from rnnviz.tasks.base import Batch
from rnnviz.trace import Trace

WIDTH = 4  # of the beam


@runtime_checkable
class Reads(Protocol):
    """A task that can read a visitor's own text. Raises ValueError, with a sentence, for one that it cannot.

    own: what such a text is called, an example of one, and a sentence on what can be read.
    """

    own: tuple[str, str, str]

    def encode(self, text: str) -> np.ndarray: ...


@runtime_checkable
class Writes(Protocol):
    """A task whose answers are texts."""

    def decode(self, tokens: Any) -> str: ...


@runtime_checkable
class Translates(Reads, Writes, Protocol):
    """A task that knows the right answer to a visitor's own text, or None where there is none."""

    def translation(self, tokens: np.ndarray) -> str | None: ...


@dataclass(frozen=True, eq=False)
class Writing:
    """Of one sequence of the probe: forced, greedy: what was written; beams: best first; target: tokens (T,).

    word_errors, exact: word error rate and share of exact matches of greedy decoding on the whole probe, of `count`
    sequences.
    """

    target: np.ndarray
    forced: Written
    greedy: Written
    beams: list[Written]
    word_errors: float
    exact: float
    count: int


def write(trace: Trace, task: Task, sequence: int) -> Writing:
    """Decode one sequence of the task's probe in every way, and all of them greedily. task: one that `Writes`."""
    assert isinstance(task, Writes)
    batch, most = task.probe(), task.target_steps
    ends = {"start": task.start, "end": task.end}
    targets = [target_of(batch, k) for k in range(len(batch.targets))]
    sources = [source_of(batch, k) for k in range(len(targets))]
    freely = [greedy(trace, source, most=most, **ends) for source in sources]
    texts = [task.decode(target) for target in targets], [task.decode(each.tokens) for each in freely]
    return Writing(
        target=targets[sequence],
        forced=forced(trace, sources[sequence], targets[sequence].tolist(), **ends),
        greedy=freely[sequence],
        beams=beam(trace, sources[sequence], most=most, width=WIDTH, **ends),
        word_errors=word_error_rate(*texts),
        exact=exact_match(*texts),
        count=len(targets),
    )


def source_of(batch: Batch, sequence: int) -> np.ndarray:
    """What one sequence is written from: (S,) tokens, or the (D,) numbers of a vector."""
    source: np.ndarray = batch.inputs[sequence]
    return source if batch.lengths is None else source[: batch.lengths[sequence]]


def target_of(batch: Batch, sequence: int) -> np.ndarray:
    """(T,) tokens that should be written, the end symbol included."""
    target: np.ndarray = batch.targets[sequence]
    return target if batch.target_lengths is None else target[: batch.target_lengths[sequence]]


def table(found: Writing, task: Task) -> dict[str, list[Any]]:
    """Columns of the table of decodings: how, what was written, its log-probability, and whether it is right."""
    assert isinstance(task, Writes)
    right = task.decode(found.target)
    ways = [("Greedy", found.greedy)] + [(f"Beam {k}", each) for k, each in enumerate(found.beams, 1)]
    texts = [task.decode(each.tokens) for _, each in ways]
    return {
        "Decoding": [*(name for name, _ in ways), "Target"],
        "Text": [*(text if each.ended else f"{text} …" for text, (_, each) in zip(texts, ways, strict=True)), right],
        "ln p": [
            *(float(each.log_probabilities.sum()) for _, each in ways),
            float(found.forced.log_probabilities.sum()),
        ],
        "per symbol": [*(each.score for _, each in ways), found.forced.score],
        "Right": [*(text == right and each.ended for text, (_, each) in zip(texts, ways, strict=True)), True],
    }


def rows(found: Writing, task: Task) -> list[Row]:
    """Target, teacher forcing and free running, symbol by symbol."""
    told, free = found.forced, found.greedy
    best = told.likeliest
    return [
        Row("target", symbols(task, found.target), np.exp(told.log_probabilities)),
        Row("teacher forcing", symbols(task, best), chances(told.outputs, best)),
        Row("free running", symbols(task, free.tokens), np.exp(free.log_probabilities)),
    ]


def symbols(task: Task, tokens: Any) -> list[str]:
    return [task.labels[token] for token in tokens]


def chances(outputs: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """(T,) softmax probabilities of tokens (T,) in outputs (T, O)."""
    found: np.ndarray = softmax(outputs)[np.arange(len(tokens)), tokens]
    return found
