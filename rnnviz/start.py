"""A Start: weights to begin with instead of random ones, of a run or from a file. Nothing here knows torch.

The model is made as always; then every weight of the start that has a place there, and fits, takes that place. The
recurrent weights have to fit: a network that keeps nothing of what it was is no start. An embedding or a readout
that does not fit begins anew, as it does for other tokens or other classes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnviz.cells import CELLS
from rnnviz.cells.layer import stack_shapes
from rnnviz.config import ConfigError, ExperimentConfig

if TYPE_CHECKING:
    from rnnviz.data.pipeline import Pipeline
    from rnnviz.run import Run

STACKS = ("rnn", "encoder")  # the recurrent parts of our models
EMBEDDINGS = ("embed", "embed_source")
FROZEN_PARTS = {"nothing": (), "embedding": EMBEDDINGS, "recurrent": STACKS, "both": (*EMBEDDINGS, *STACKS)}

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Start:
    """Weights that a run can begin with.

    name: what they are called, for display as text only. weights: name in our model's state_dict ("rnn.weight_ih_l0",
    "embed.weight", "readout.weight", "encoder.…") -> array of float32 or float64. cell: registry name; hidden_size,
    num_layers, bidirectional: of the recurrent stack (of a decoder's model, `bidirectional` is its encoder's).
    embedding_size: of what stands in front of it, as in a configuration. pipeline: how the data they were trained on
    was prepared, None where nobody knows.

    Raises ConfigError, with a sentence, where the weights are no whole stack of that size, or are not finite.
    """

    name: str
    weights: Mapping[str, np.ndarray]
    cell: str
    hidden_size: int
    num_layers: int
    bidirectional: bool
    embedding_size: int = 0
    pipeline: Pipeline | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not all(isinstance(name, str) for name in self.weights):
            raise ConfigError("The weights to begin with have names that are no text.")
        ExperimentConfig(**self.settings)  # sizes out of bounds raise
        CELLS[self.cell]  # a cell that is not there raises
        for name, array in self.weights.items():
            if array.dtype not in (np.float32, np.float64):
                raise ConfigError(f"{name} holds {array.dtype} numbers; expected float32 or float64.")
            if not np.isfinite(array).all():
                wrong = int((~np.isfinite(array)).sum())
                raise ConfigError(
                    f"{name} holds {wrong:,} numbers of {array.size:,} that are NaN or infinite: nothing can be "
                    "learned from there. Bring weights from before training diverged."
                )
        for stack in {"rnn", *(set(map(_part, self.weights)) & set(STACKS))}:
            self._check(stack)

    @classmethod
    def of(cls, run: Run, name: str = "") -> Start:
        """The weights of a run as it is now, and how its data were prepared where they were uploaded."""
        from rnnviz.tasks import make_task

        config = run.config
        pipeline = None if run.data is None else getattr(make_task(config, run.data), "pipeline", None)
        return cls(
            name=name or f"{config.task}, {config.cell}, step {run.step}",
            weights=run.weights,
            cell=config.cell,
            hidden_size=config.hidden_size,
            num_layers=config.num_layers,
            bidirectional=any(name.endswith("_reverse") for name in run.weights),
            embedding_size=config.embedding_size,
            pipeline=pipeline,
        )

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits of the SHA-256 of the weights and of what they are; settings name a start by it."""
        digest = hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode())
        for name, array in sorted(self.weights.items()):
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]

    @property
    def input_size(self) -> int:
        """Features that the stack reads: those of the data, or of the embedding in front."""
        return int(self.weights["rnn.weight_ih_l0"].shape[1])

    @property
    def settings(self) -> dict[str, Any]:
        """Of a model that the recurrent weights fit, as fields of a configuration."""
        return {name: getattr(self, name) for name in _SETTINGS}

    def taken(self, shapes: Shapes, config: ExperimentConfig) -> dict[str, np.ndarray]:
        """The weights that a model begins with, by name. shapes: of every weight of the model that `config` asks for.

        Raises ConfigError, saying what was given, what was expected and what to do, where recurrent weights do not
        fit, and where an embedding is to be frozen that would begin anew.
        """
        for name in ("cell", "hidden_size", "num_layers"):
            if getattr(config, name) != (own := getattr(self, name)):
                raise ConfigError(
                    f"The weights to begin with ({self.name}) have {name} {own}; the settings ask for "
                    f"{getattr(config, name)}. Set {name} to {own}, or begin with random weights."
                )
        shared = {_part(name) for name in self.weights} & {_part(name) for name in shapes}
        for name in sorted({*shapes, *self.weights}):
            if _part(name) in shared & set(STACKS) and self._shape(name) != shapes.get(name):
                raise ConfigError(self._misfit(name, shapes.get(name)))
        new = ("readout",) if config.readout == "new" else ()
        fitting = {
            name: array
            for name, array in self.weights.items()
            if array.shape == shapes.get(name) and _part(name) not in new
        }
        for name, shape in shapes.items():
            if _part(name) in EMBEDDINGS and _part(name) in FROZEN_PARTS[config.freeze] and name not in fitting:
                raise ConfigError(
                    f"The embedding is to stay as it is, but that of {self.name} does not fit this task: {name} is "
                    f"{_words(self._shape(name))}; expected {shape}. Freeze the recurrent layers alone, or nothing."
                )
        return fitting

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """(words that JSON can hold, arrays): what a file or a message carries, for `from_parts`."""
        words: dict[str, Any] = {name: getattr(self, name) for name in _WORDS}
        arrays = {f"weights/{name}": np.ascontiguousarray(array) for name, array in self.weights.items()}
        if self.pipeline is not None:
            words["pipeline"], learned = self.pipeline.to_parts()
            arrays |= {f"pipeline/{name}": array for name, array in learned.items()}
        return words, arrays

    @classmethod
    def from_parts(cls, words: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Start:
        """What `to_parts` took apart. Raises LookupError, TypeError or ValueError where it is damaged."""
        held: dict[str, dict[str, np.ndarray]] = {"weights": {}, "pipeline": {}}
        for full, array in arrays.items():
            holder, _, name = full.partition("/")
            held[holder][name] = array
        pipeline = None
        if words.get("pipeline") is not None:
            from rnnviz.data.pipeline import Pipeline

            pipeline = Pipeline.from_parts(words["pipeline"], held["pipeline"])
        return cls(weights=held["weights"], pipeline=pipeline, **{name: words[name] for name in _WORDS})

    def _check(self, stack: str) -> None:
        """Whether a stack is whole: every layer and direction has all its weights, each of the right shape."""
        encodes = any(name.startswith("encoder.") for name in self.weights)
        directions = 1 + (self.bidirectional and (stack == "encoder") == encodes)
        rows, size = len(CELLS[self.cell].chunks) * self.hidden_size, self.hidden_size
        first = self.weights.get(f"{stack}.weight_ih_l0")
        reads = first.shape[1] if first is not None and first.ndim == 2 else 0
        shapes = stack_shapes(rows, reads, size, self.num_layers, directions)
        expected = {f"{stack}.{name}": shape for name, shape in shapes.items()}
        for name in sorted({*expected, *(name for name in self.weights if _part(name) == stack)}):
            shape = self._shape(name)
            if shape is None or shape != expected.get(name) or not all(shape):
                made = f"{self.num_layers} layer{'s' * (self.num_layers > 1)} of {size} units"
                raise ConfigError(
                    f"These weights do not make {made} of the cell {CELLS[self.cell].label}: {name} is "
                    f"{_words(shape)}; expected {_words(expected.get(name))}."
                )

    def _shape(self, name: str) -> tuple[int, ...] | None:
        return self.weights[name].shape if name in self.weights else None

    def _misfit(self, name: str, expected: tuple[int, ...] | None) -> str:
        """Why a recurrent weight of the model and what is here for it do not go together."""
        given = self._shape(name)
        if given is not None and expected is not None:  # cell and sizes agree, so what it reads differs
            return (
                f"The recurrent layers of {self.name} read {given[1]} features; this experiment gives them "
                f"{expected[1]} ({name} is {given}; expected {expected}). Choose data with {given[1]} features, or an "
                f"embedding of size {given[1]}."
            )
        ways, switch = ("both directions", "on") if expected is None else ("one direction", "off")
        return (
            f"The recurrent layers of {self.name} read in {ways}, those of this experiment do not: {name} is "
            f"{_words(given)}; expected {_words(expected)}. Switch both directions {switch}, or choose a task that "
            "allows it."
        )


_SETTINGS = ("cell", "hidden_size", "num_layers", "bidirectional", "embedding_size")
_WORDS = ("name", *_SETTINGS)


def _part(name: str) -> str:
    """Which part of the model a weight belongs to."""
    return name.partition(".")[0]


def _words(shape: tuple[int, ...] | None) -> str:
    return "not there" if shape is None else str(shape)


def from_scratch(config: ExperimentConfig) -> ExperimentConfig:
    """The same experiment from random weights, all of which train."""
    return config.with_(start="", freeze="nothing", readout="kept")


def named(config: ExperimentConfig, start: Start | None) -> ExperimentConfig:
    """The configuration with the fingerprint of its start. Raises ConfigError where it names other weights."""
    if start is None and not config.start:
        return config
    if start is None:
        raise ConfigError(
            f"This experiment begins with weights of fingerprint {config.start}, which are not here: bring the run or "
            "the file that they are of."
        )
    if config.start not in ("", start.fingerprint):
        raise ConfigError(
            f"This experiment begins with weights of fingerprint {config.start}; those of {start.name} have "
            f"{start.fingerprint}. Bring the ones it names."
        )
    return config.with_(start=start.fingerprint)
