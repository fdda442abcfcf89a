"""What a visitor brought: a forecast of a table's numbers, or the next token of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data.arranging import PARTS, Step
from rnnviz.data.dataset import Dataset
from rnnviz.data.errors import DataError
from rnnviz.data.pipeline import SETTINGS, Pipeline
from rnnviz.data.prepared import Part, Prepared, Windows, known_targets
from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.characters import frequency_loss

COMMON = ("length", "data", "columns", "sequence_column", "time_column", *SETTINGS)


class Prepares(Task):
    """What the tasks on uploaded data share: preparing them, and windows of each part.

    pipeline: how the data were prepared, for others to be prepared alike. steps: what was done, in words.
    windows: of each part, by its name.
    """

    needs_data = True
    whole = False  # a sequence is one window

    def __init__(self, config: ExperimentConfig, data: Dataset | None = None) -> None:
        super().__init__(config, data)
        if data is None:
            raise DataError("This experiment trains on uploaded data: upload the file it was made with.")
        self.pipeline, self.prepared = prepare(config, data)
        prepared = self.prepared
        self.tokens, self.blocks = prepared.vocabulary is not None, prepared.blocks
        if prepared.blocks:
            self.reads = "mixed"
        self.labels, self.input_labels = prepared.labels, prepared.input_labels
        self.input_size, self.output_size = len(self.input_labels), len(self.labels)
        if self.tokens or self.pipeline.roles.label:
            self.loss, self.metric = "cross_entropy", "accuracy"
        if config.scaling != "none":
            learned = self.pipeline.learned
            size = dict(zip(learned.numbers, learned.scale.tolist(), strict=True))
            self.scales = {name: size[name] for name in self.pipeline.roles.targets}
        cut = _cut(self)
        self.windows, self.baseline, self.steps = cut.windows, cut.baseline, (*prepared.steps, cut.step)
        longest = max(int(each.steps.max()) for each in self.windows.values())
        self.time_steps = min(config.length, longest)
        if config.data and config.data != data.fingerprint:
            self.notice = (
                f"This experiment was made with other data (fingerprint {config.data}); the data here have "
                f"{data.fingerprint}, so the numbers will differ."
            )

    @classmethod
    def fingerprint(cls, data: Dataset | None = None) -> str:
        return "" if data is None else data.fingerprint

    @property
    def ahead(self) -> int:
        """How many rows after its input a target stands."""
        return 0

    def part(self, split: str) -> Part | None:
        return None if self.whole else self.prepared.parts[split]

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        windows, part = self.windows[split], self.prepared.parts[split]
        if split == "train":
            index = rng.integers(0, len(windows), size)
        else:
            index = np.linspace(0, len(windows) - 1, min(size, len(windows))).astype(int)
        first, steps = windows[index]
        rows = first[:, None] + np.minimum(np.arange(steps.max()), steps[:, None] - 1)
        held = np.arange(steps.max()) < steps[:, None]
        inputs = part.inputs[rows]
        if self.tokens:
            inputs = inputs.astype(np.int64)
        inputs[~held] = 0
        lengths = None if (steps == self.time_steps).all() else steps
        if self.whole:
            return Batch(inputs, part.targets[windows.stretches(index)], lengths=lengths)
        targets = part.targets[rows + self.ahead]
        known = known_targets(targets) & held
        targets = np.where(known[..., None], targets, 0) if targets.ndim == 3 else np.where(known, targets, 0)
        if targets.dtype.kind != "f":
            targets = targets.astype(np.int64)
        return Batch(inputs, targets, None if known.all() else known, lengths)

    def guess(self, windows: Windows) -> float | None:
        """The loss of the best guess that looks at no input, on the held-out part. windows: of it."""
        train, heldout = (self.prepared.parts[name].targets for name in ("train", "heldout"))
        return frequency_loss(train[train >= 0], heldout[heldout >= 0], self.output_size)

    def decode_input(self, tokens: np.ndarray) -> str:
        """The text that tokens stand for."""
        assert self.prepared.vocabulary is not None
        return self.prepared.vocabulary.decode(tokens)


class Uploaded(Prepares):
    """Predict what comes next in your own data.

    Trial: each sequence is a window of T rows of a table, or of T tokens of a text. At every time step the
    net must give the values of the target columns some rows later (`horizon`), or the token there. Every sequence
    is cut in the order of time: windows to train on come from the first part, windows to judge by from later
    ones. Five texts or more are not cut; whole ones train or are held out.

    Table: inputs (B, T, D), the chosen columns as `rnnviz.data.pipeline` prepares them; targets (B, T, O), the
    target columns `horizon` rows later, scaled by the training part. What is missing there does not count. Loss:
    mean squared error. Baseline: repeating the last value of the target columns, measured on the held-out part.

    Text: inputs (B, T) tokens; targets (B, T) classes, the token `horizon` later. The most frequent tokens
    of the training part are classes, all others share one more. Loss: cross entropy in nats. Metric:
    accuracy. Baseline: guessing every token by its frequency, measured on the held-out part.
    """

    name = "uploaded"
    label = "Your own data: what comes next"
    summary = "Predict the next values of your table, or the next token of your text."
    shape = "seq→seq"
    uses = (*COMMON, "targets", "stride", "horizon")
    causal = True
    defaults = {"cell": "lstm", "length": 30, "hidden_size": 32, "batch_size": 32, "learning_rate": 5e-3}

    def __init__(self, config: ExperimentConfig, data: Dataset | None = None) -> None:
        super().__init__(config, data)
        unit = self.pipeline.settings["unit"].removesuffix("s")
        self.baseline_words = f"guessing every {unit} by its frequency" if self.tokens else "repeating the last value"

    @property
    def ahead(self) -> int:
        return self.config.horizon

    def guess(self, windows: Windows) -> float | None:
        if self.tokens:
            return super().guess(windows)
        part = self.prepared.parts["heldout"]
        change = np.full(len(part.targets), np.nan)
        change[: -self.ahead] = np.mean((part.targets[self.ahead :] - part.targets[: -self.ahead]) ** 2, axis=1)
        weight = np.where(np.isnan(change), 0, windows.times_seen(len(change)))
        return float(np.nansum(change * weight) / weight.sum()) if weight.any() else None


@dataclass(frozen=True, eq=False)
class Cut:
    """Windows of each part, the baseline on those held out, and what is to be said of them."""

    windows: dict[str, Windows]
    baseline: float | None
    step: Step


# The latest preparation of each data set for each task, and its windows; they go when the data set goes.
_latest: WeakKeyDictionary[Dataset, dict[str, tuple[tuple, tuple[Pipeline, Prepared]]]] = WeakKeyDictionary()
_latest_cut: WeakKeyDictionary[Prepared, tuple[tuple, Cut]] = WeakKeyDictionary()
_COLUMNS = ("task", "columns", "targets", "label_column", "sequence_column", "time_column")


def prepare(config: ExperimentConfig, data: Dataset) -> tuple[Pipeline, Prepared]:
    """The pipeline that data bring, if it is what the configuration asks for, or else one fitted on their training
    part; and what it makes of them."""
    key = tuple(getattr(config, name) for name in (*_COLUMNS, *SETTINGS))
    of_tasks = _latest.setdefault(data, {})
    known = of_tasks.get(config.task)
    if known is None or known[0] != key:
        known = of_tasks[config.task] = key, _prepared(config, data)
    return known[1]


def _prepared(config: ExperimentConfig, data: Dataset) -> tuple[Pipeline, Prepared]:
    brought = data.pipeline
    if brought:  # how much of these data trains was not learned from others
        parts = {name: getattr(config, name) for name in ("train_fraction", "test_fraction")}
        brought = replace(brought, settings={**brought.settings, **parts})
        if all(getattr(config, name) == value for name, value in brought.fields(data).items()):
            return brought, brought.apply(data)
    return Pipeline.fit(data, config)


def _cut(task: Prepares) -> Cut:
    config = task.config
    key = (config.length, config.stride, config.horizon)
    known = _latest_cut.get(task.prepared)
    if known and known[0] == key:
        return known[1]
    windows = {
        name: Windows.of(part, config.length, config.stride if name == "train" else 1, task.ahead, task.whole)
        for name, part in task.prepared.parts.items()
    }
    _check(task, windows)
    cut = Cut(windows, task.guess(windows["heldout"]), _step(task, windows))
    _latest_cut[task.prepared] = (key, cut)
    return cut


def _check(task: Prepares, windows: Mapping[str, Windows]) -> None:
    """Raise DataError unless every part has a window with a target, and a series that was cut a whole one."""
    length, ahead = task.config.length, task.ahead
    longest = {name: int(each.steps.max(initial=0)) for name, each in windows.items()}
    short = min(reversed(longest), key=longest.__getitem__)
    most = longest[short]
    if not most or ahead and length > most and not task.prepared.whole:
        unit = task.pipeline.settings["unit"] if task.tokens else "rows"
        sizes = np.diff(task.prepared.parts[short].bounds)
        what = f"the {PARTS[short]} part of the {'text' if task.tokens else 'table'}"
        what = what if len(sizes) == 1 else f"the longest sequence of {what}"
        raise DataError(
            f"A window of {length} time steps{_and_after(ahead, unit)} need {length + ahead} {unit}, but {what} has "
            f"{sizes.max(initial=0):,}: "
            + (f"choose at most {most} time steps." if most else f"bring more {unit}, or choose other parts.")
        )
    for name, each in windows.items():
        if not len(each):
            too = "" if name == "train" else " that the training part has too"
            raise DataError(f"The {PARTS[name]} part has no known target{too}: choose other columns or parts.")


def _and_after(ahead: int, unit: str) -> str:
    return "" if not ahead else " and the value after it" if ahead == 1 else f" and the value {ahead} {unit} after it"


def _step(task: Prepares, windows: Mapping[str, Windows]) -> Step:
    """What the windows are, in words."""
    train, heldout = (len(windows[name]) for name in ("train", "heldout"))
    length = int(windows["train"].steps.max()) if task.whole else task.config.length
    whats = f"sequences of at most {length:,}" if task.whole else f"windows of {length:,}"
    ahead = f", each with what comes {task.ahead} later" if task.ahead else ""
    words = f"{train:,} {whats} time steps to train on{ahead}; {heldout:,} held out."
    what = ("sequence" if task.whole else "window", "token" if task.tokens else "input")
    return Step("Windows", words, train, len(task.prepared.input_labels), what)
