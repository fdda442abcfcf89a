"""ExperimentConfig: everything that decides the numbers of an experiment, and nothing else.

Names of cells, tasks, initialisations and optimisers are looked up where they are used; the numbers are
bounded here, so that a link or a program can ask for nothing that the machine cannot carry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any

ATTENTIONS = ("off", "additive", "dot")
CATEGORIES = ("one-hot", "embedding")
CLIPS = ("off", "norm", "value")
FROZEN = ("nothing", "embedding", "recurrent", "both")
LANGUAGES = ("french", "german")
MISSING_VALUES = ("interpolate", "drop", "mask")
PRECISIONS = ("float32", "float64")
READOUTS = ("kept", "new")
SCALINGS = ("standard", "minmax", "robust", "none")
UNITS = ("characters", "words", "symbols")
SEED_END = 2**31


class ConfigError(ValueError):
    """A field of a configuration is out of bounds. The message names the field, the value and the bounds."""


def bounded(default: Any, low: float, high: float) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


def one_of(default: str, *choices: str) -> Any:
    return field(default=default, metadata={"choices": choices})


@dataclass(frozen=True)
class ExperimentConfig:
    """One experiment. Equal configurations (and equal data) give equal numbers on the same machine.

    task, cell, init, optimiser: names in their registries. length: time steps T of a sequence (copy memory:
    the delay). embedding_size: 0 feeds vectors as they are and tokens one-hot; more puts a linear projection
    (vectors) or an embedding (tokens) in front. spectral_radius: of W_hh, for init orthogonal and gaussian.
    forget_bias, update_bias: effective bias (torch's two biases added) of the forget gate f and the GRU's z; None
    leaves the initialisation's. input_scale: factor on the inputs of the noise task; input_size, output_size: how
    many random numbers it has and wants. clip_at: the largest gradient norm (clip "norm") or component (clip
    "value"). loss: "task" for the task's own, or one that fits its targets (`rnnviz.losses`). attention: how an
    encoder–decoder scores source positions (`rnnviz.seq2seq`). language: into which the translation task
    translates. bidirectional: of a decoder's model, its encoder alone.

    weight_decay: L2, as torch's optimisers add it to the gradient. patience: held-out checks in a row without a
    better loss after which training stops by itself (0: never). start: fingerprint of weights to begin with
    instead of random ones (`rnnviz.start`); readout: whether theirs is kept or begins anew. freeze: what training
    leaves as it is.

    data: fingerprint of the corpus or of uploaded data. Of an uploaded table, columns by number from 0: columns
    go in (none: those that suggest themselves); targets are predicted (none: the last of numbers); label_column
    holds classes (-1: the one that suggests itself); sequence_column and time_column are -1 where there is none.
    train_fraction, test_fraction: how much of a series, in time order, or how many of its sequences train and
    test; the rest is held out. missing, scaling, categories: what is done to gaps, numbers and words; resample:
    seconds between rows (0: as they are); stride: rows between starts of training windows; horizon: how many rows
    ahead are predicted; unit: what a token of a text is.
    """

    task: str = "adding"
    length: int = bounded(50, 1, 1000)
    language: str = one_of("french", *LANGUAGES)
    batch_size: int = bounded(32, 1, 512)
    cell: str = "lstm"
    hidden_size: int = bounded(32, 1, 512)
    num_layers: int = bounded(1, 1, 4)
    bidirectional: bool = False
    attention: str = one_of("off", *ATTENTIONS)
    dropout: float = bounded(0.0, 0.0, 0.95)
    embedding_size: int = bounded(0, 0, 256)
    init: str = "default"
    spectral_radius: float = bounded(1.0, 0.0, 10.0)
    forget_bias: float | None = bounded(None, -20.0, 20.0)
    update_bias: float | None = bounded(None, -20.0, 20.0)
    input_scale: float = bounded(1.0, 0.0, 100.0)
    input_size: int = bounded(1, 1, 4096)
    output_size: int = bounded(1, 1, 1000)
    optimiser: str = "adam"
    learning_rate: float = bounded(5e-3, 0.0, 1e6)
    momentum: float = bounded(0.0, 0.0, 0.999)
    clip: str = one_of("norm", *CLIPS)
    clip_at: float = bounded(1.0, 1e-6, 1e6)
    loss: str = one_of("task", "task", "mse", "mae", "huber", "cross_entropy")
    weight_decay: float = bounded(0.0, 0.0, 10.0)
    patience: int = bounded(0, 0, 1000)
    precision: str = one_of("float32", *PRECISIONS)
    seed: int = bounded(0, 0, SEED_END - 1)
    start: str = ""
    freeze: str = one_of("nothing", *FROZEN)
    readout: str = one_of("kept", *READOUTS)
    data: str = ""
    columns: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()
    label_column: int = bounded(-1, -1, 9999)
    sequence_column: int = bounded(-1, -1, 9999)
    time_column: int = bounded(-1, -1, 9999)
    train_fraction: float = bounded(0.8, 0.1, 0.95)
    test_fraction: float = bounded(0.0, 0.0, 0.9)
    missing: str = one_of("interpolate", *MISSING_VALUES)
    scaling: str = one_of("standard", *SCALINGS)
    categories: str = one_of("one-hot", *CATEGORIES)
    resample: float = bounded(0.0, 0.0, 1e9)
    stride: int = bounded(1, 1, 1000)
    horizon: int = bounded(1, 1, 50)
    unit: str = one_of("characters", *UNITS)

    def __post_init__(self) -> None:
        for f in fields(self):
            _check(f, getattr(self, f.name))

    def with_(self, **changes: Any) -> ExperimentConfig:
        return replace(self, **changes)

    def other_seed(self, k: int) -> ExperimentConfig:
        """The same experiment from the k-th seed after its own; after the largest comes 0."""
        return self.with_(seed=(self.seed + k) % SEED_END)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> ExperimentConfig:
        """From a dictionary as JSON gives it back, with lists for tuples. Raises TypeError for unknown fields."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        if "target_column" in given:  # kept before there could be several
            given["targets"] = (given.pop("target_column"),)
        return cls(**given)


def defaults() -> dict[str, Any]:
    return {f.name: f.default for f in fields(ExperimentConfig) if f.default is not MISSING}


def _check(f: Any, value: Any) -> None:
    """Raise ConfigError unless `value` has the type of the field's default and lies in its bounds."""
    if value is None and "None" in str(f.type):
        return
    kind = float if "float" in str(f.type) else type(f.default)
    accepted = (int, float) if kind is float else kind
    wrong_bool = isinstance(value, bool) and kind is not bool
    if not isinstance(value, accepted) or wrong_bool:
        raise ConfigError(f"{f.name} is {value!r}; expected {_expected(f, kind)}.")
    low, high, choices = (f.metadata.get(name) for name in ("low", "high", "choices"))
    # not (low <= value) rather than value < low, so that NaN is refused too
    if low is not None and not low <= value <= high or choices and value not in choices:
        raise ConfigError(f"{f.name} is {value!r}; expected {_expected(f, kind)}.")


def _expected(f: Any, kind: type) -> str:
    if f.metadata.get("choices"):
        return "one of " + ", ".join(f.metadata["choices"])
    if "low" in f.metadata:
        words = "a whole number" if kind is int else "a number"
        return f"{words} from {f.metadata['low']:g} to {f.metadata['high']:g}"
    return f"a {kind.__name__}"
