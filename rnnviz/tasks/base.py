"""What a task is: batches that depend on nothing but (config, seed, step), a loss, a baseline and a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.data.prepared import Part

HELDOUT, TEST = 2**31, 2**31 + 1  # the streams of the held-out and the test set: no training step reaches them
PROBE_SIZE = 8
HIGHER = ("accuracy", "exact_match")  # metrics of which more is better; they are shares


@dataclass(frozen=True)
class Batch:
    """B sequences of T time steps.

    inputs: (B, T, D) float, or (B, T) int for tokens.
    targets: sequence to vector: (B, O) float or (B,) int classes; sequence to sequence: (B, T, O) or (B, T).
    counts: (B, T) bool, the time steps whose output enters the loss (None: all of them).
    lengths: (B,) int time steps that exist (None: all).
    judged: (B, T) bool, the time steps on which an accuracy is taken, equally many in every sequence (None:
        those that enter the loss).
    previous: (B, T) int, what a decoder reads under teacher forcing: the start symbol, then every target one
        time step late. target_lengths: (B,) int time steps that its targets have. Of a decoder's task, T of
        targets and masks is that of what is written; what is read may have another, or none, as a vector (B, D).
    """

    inputs: np.ndarray
    targets: np.ndarray
    counts: np.ndarray | None = None
    lengths: np.ndarray | None = None
    judged: np.ndarray | None = None
    previous: np.ndarray | None = None
    target_lengths: np.ndarray | None = None

    def first(self, count: int) -> Batch:
        """The first `count` sequences."""
        return self.some(slice(count))

    def some(self, which: Any) -> Batch:
        """The sequences that an index of numpy's names: a slice, numbers, or which of them (B,) bool."""
        cut: dict[str, Any] = {k: None if v is None else v[which] for k, v in vars(self).items()}
        return Batch(**cut)

    def counted(self) -> np.ndarray:
        """(B, T) bool, of a task with an output at every time step: which of them enter the loss."""
        if self.counts is not None:
            return self.counts
        lengths = self.lengths if self.target_lengths is None else self.target_lengths
        count, time = self.targets.shape[:2]
        return np.ones((count, time), bool) if lengths is None else np.arange(time) < lengths[:, None]

    def with_precision(self, name: str) -> Batch:
        """The same batch, its real numbers as `"float32"` or `"float64"`; tokens and classes stay int64."""
        real = {k: v.astype(name) for k, v in vars(self).items() if v is not None and v.dtype.kind == "f"}
        return replace(self, **real)


class Task:
    """A task. Subclasses are one file each; the docstring gives trial, shapes, target, baseline and paper.

    name, label: registry name and the name a reader sees; summary: one sentence for a menu.
    shape: a name in `rnnviz.shapes`. loss: a name in `rnnviz.losses`; metric, how the held-out set is judged:
    `"mse"`, `"accuracy"` or, of what a decoder writes on its own, `"exact_match"`. uses: configuration fields
    beyond the common ones that change its data; `"test_fraction"` among them says that its data exist once, so
    that a test set must be kept back from them. defaults: configuration fields with settings that work.
    source: the paper. causal: predicts the future from the past, so a bidirectional net would look ahead.

    An instance belongs to one configuration (and to one data set, for uploaded data):
    time_steps: T of its sequences, at most (1 where a vector is read); input_size: D, or the number of tokens;
    tokens: whether inputs are tokens; reads: what stands before the stack, a name in `rnnviz.embedding` ("" for
    tokens or vectors), with blocks, the one-hot ones of "mixed" inputs as (first column, columns), and frame_shape,
    (height, width) of "frames"; output_size: O or the number of classes; labels: names of outputs or
    classes; input_labels: names of input features or tokens; target_steps: time steps that a decoder writes at
    most, the end symbol included (0 without one); start, end: the classes that are its start and end symbols;
    scales: of outputs that are scaled columns, what 1 of each is in the column's own units, by its name;
    baseline: the loss of the best guess that looks at no input, or for
    a series of the guess that tomorrow is like today (None where it is unknown); `baseline_words` says
    which guess. Uploaded data decides loss and metric, so an instance may set its own.

    Raises ConfigError where the configuration is too small for the task, DataError where its data is.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    shape: ClassVar[str] = "seq→vec"
    uses: ClassVar[tuple[str, ...]] = ("length",)
    defaults: ClassVar[Mapping[str, Any]] = {}
    source: ClassVar[str] = ""
    causal: ClassVar[bool] = False
    needs_data: ClassVar[bool] = False

    loss: str = "mse"
    metric: str = "mse"
    time_steps: int = 0
    target_steps: int = 0
    start: int = 0
    end: int = 1
    tokens: bool = False
    reads: str = ""
    blocks: tuple[tuple[int, int], ...] = ()
    frame_shape: tuple[int, int] = (0, 0)
    input_size: int = 1
    output_size: int = 1
    labels: tuple[str, ...] = ()
    input_labels: tuple[str, ...] = ()
    scales: Mapping[str, float] = {}
    baseline: float | None = None
    baseline_words: str = ""
    notice: str = ""  # something the reader must be told, such as another interpreter's corpus

    def __init__(self, config: ExperimentConfig, data: Dataset | None = None) -> None:
        self.config = config
        self.data = data
        self.time_steps = config.length

    @classmethod
    def fingerprint(cls, data: Dataset | None = None) -> str:
        """Which data the task would read, as `config.data` names them: "" where the configuration says it all."""
        return ""

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        """`size` sequences. split: `"train"`, `"heldout"` or `"test"`; generated tasks draw all alike.

        Tasks on recorded data give at most as many held-out or test sequences as they have, each once.
        """
        raise NotImplementedError

    def batch(self, step: int) -> Batch:
        """The training batch of one step: a function of (config, seed, step) alone."""
        rng = np.random.default_rng([self.config.seed, step])
        return self.sample(rng, self.config.batch_size, "train").with_precision(self.config.precision)

    def heldout(self, size: int = 256) -> Batch:
        """A fixed set that training never sees; the same for every cell and every step."""
        rng = np.random.default_rng([self.config.seed, HELDOUT])
        return self.sample(rng, size, "heldout").with_precision(self.config.precision)

    def test(self, size: int = 2000) -> Batch | None:
        """A fixed set that neither trains nor decides anything; None where recorded data keep none back."""
        if "test_fraction" in self.uses and self.config.test_fraction == 0:
            return None
        rng = np.random.default_rng([self.config.seed, TEST])
        return self.sample(rng, size, "test").with_precision(self.config.precision)

    def apart(self, batch: Batch, split: str = "heldout") -> int:
        """How many of a batch's sequences can have no row in common: windows of one series overlap."""
        part, count = self.part(split), len(batch.inputs)
        return count if part is None else max(1, min(count, len(part.inputs) // batch.inputs.shape[1]))

    def part(self, split: str) -> Part | None:
        """The recorded rows that a part's windows are taken from, each with a target `ahead` rows later; None where
        sequences are not windows."""
        series = getattr(self, "split", None)
        if series is None:
            return None
        rows = getattr(series, split)
        return Part(rows, rows, np.array([0, len(rows)]), np.zeros((len(rows), 0), bool))

    @property
    def ahead(self) -> int:
        """How many rows of a series after its time step a target stands."""
        return self.config.horizon if "horizon" in self.uses else 1

    def probe(self) -> Batch:
        """The few held-out sequences that figures show."""
        return self.heldout(PROBE_SIZE)
