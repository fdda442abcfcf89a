"""A Run is a value: a configuration, how far it has come, its weights, and what happened on the way.

Nothing here knows torch. `training.advance` turns one Run into the next; `save` and `load` keep one on disk,
as safetensors: arrays and a line of JSON, no pickle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.tensorfile import pack, unpack

FORMAT = "rnnviz-run-1"
KEEP = 128  # rows of a thinned record; its spacing doubles when they would be more

Arrays = Mapping[str, np.ndarray]


def spacing(step: int, base: int, keep: int = KEEP) -> int:
    """Steps between kept rows once `step` is reached: `base`, doubled until at most `keep` rows follow row 0."""
    gap = base
    while step > gap * keep:
        gap *= 2
    return gap


@dataclass(frozen=True)
class Divergence:
    """Training stopped being training: at which step, what was seen, in words, with the number."""

    step: int
    what: str
    value: float


@dataclass(frozen=True, eq=False)
class History:
    """What happened. K steps taken, E held-out checks, F gradient recordings; thinned by the step alone.

    loss, grad_norm: (K,) training loss and gradient norm before clipping of every step.
    checked: (E,) steps; heldout_loss, metric: (E,).
    recorded: (F,) steps; flow: (F, L, T) norm of dL/dh_t over batch and units, of the probe batch.
    """

    loss: np.ndarray
    grad_norm: np.ndarray
    checked: np.ndarray
    heldout_loss: np.ndarray
    metric: np.ndarray
    recorded: np.ndarray
    flow: np.ndarray

    def until(self, step: int) -> History:
        """What had happened when `step` was reached."""
        checked, recorded = self.checked <= step, self.recorded <= step
        return History(
            loss=self.loss[:step],
            grad_norm=self.grad_norm[:step],
            checked=self.checked[checked],
            heldout_loss=self.heldout_loss[checked],
            metric=self.metric[checked],
            recorded=self.recorded[recorded],
            flow=self.flow[recorded],
        )


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The weights and the optimiser's state at one step: enough to go on from there."""

    step: int
    weights: Arrays
    optimiser: Arrays


@dataclass(frozen=True, eq=False)
class Run:
    """An experiment at one step. Immutable; `advance` makes a new one.

    weights: the model's state_dict as arrays. optimiser: "<index>.<name>" -> array.
    data: the uploaded data it trains on, if any. diverged: None while all is well.
    """

    config: ExperimentConfig
    step: int
    weights: Arrays
    optimiser: Arrays
    history: History
    snapshots: tuple[Snapshot, ...] = ()
    diverged: Divergence | None = None
    data: Dataset | None = field(default=None)

    def back_to(self, step: int) -> Run:
        """The run as it was at a snapshot's step. Going on from there repeats the same numbers.

        Raises ValueError, naming the steps there are, where no snapshot was kept at `step`.
        """
        for snapshot in self.snapshots:
            if snapshot.step == step:
                return replace(
                    self,
                    step=step,
                    weights=snapshot.weights,
                    optimiser=snapshot.optimiser,
                    history=self.history.until(step),
                    snapshots=tuple(s for s in self.snapshots if s.step <= step),
                    diverged=None,
                )
        kept = ", ".join(str(s.step) for s in self.snapshots)
        raise ValueError(f"No snapshot was kept at step {step}. There are snapshots at steps {kept}.")

    def forked(self, **changes: Any) -> Run:
        """The same weights and history under other settings, such as a smaller learning rate.

        Another optimiser, or another momentum, starts without state. Settings that change the model's shape
        are refused where training goes on, with ValueError.
        """
        config = self.config.with_(**changes)
        kept = (config.optimiser, config.momentum) == (self.config.optimiser, self.config.momentum)
        return replace(self, config=config, optimiser=self.optimiser if kept else {}, diverged=None)

    def save(self, path: str | Path) -> None:
        Path(path).write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: str | Path) -> Run:
        """Read what `save` wrote. Raises ValueError where the file is not a whole saved Run."""
        return cls.from_bytes(Path(path).read_bytes())

    def to_bytes(self) -> bytes:
        data = self.data
        plain = {
            "config": asdict(self.config),
            "step": self.step,
            "snapshots": [snapshot.step for snapshot in self.snapshots],
            # the value may be NaN or infinite, which JSON has no words for
            "diverged": self.diverged and [self.diverged.step, self.diverged.what, repr(self.diverged.value)],
            "data": data and data.to_parts()[0],
        }
        return pack(dict(_arrays(self)), plain, FORMAT)

    @classmethod
    def from_bytes(cls, content: bytes) -> Run:
        plain, arrays = unpack(content, FORMAT, "run")
        try:
            return _rebuilt(plain, arrays)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"This saved run is damaged: {type(error).__name__}: {error}") from None


def _arrays(run: Run) -> Iterator[tuple[str, np.ndarray]]:
    """Every array of a run with its full name: `weights/rnn.weight_hh_l0`, `history/loss`, `snapshots/0/...`."""
    holders: dict[str, Run | Snapshot] = {"": run}
    holders |= {f"snapshots/{k}/": snapshot for k, snapshot in enumerate(run.snapshots)}
    for prefix, holder in holders.items():
        yield from ((f"{prefix}weights/{name}", array) for name, array in holder.weights.items())
        yield from ((f"{prefix}optimiser/{name}", array) for name, array in holder.optimiser.items())
    yield from ((f"history/{name}", array) for name, array in vars(run.history).items())
    if run.data is not None:
        yield from ((f"data/{name}", array) for name, array in run.data.to_parts()[1].items())


def _rebuilt(plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> Run:
    def under(prefix: str) -> dict[str, np.ndarray]:
        return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

    config = ExperimentConfig.from_plain(plain["config"])
    step, history = int(plain["step"]), History(**under("history/"))
    _check(history, step)
    data = plain["data"] and Dataset.from_parts(plain["data"], under("data/"))
    diverged = None
    if plain["diverged"] is not None:
        at, what, value = plain["diverged"]
        diverged = Divergence(int(at), str(what), float(value))
    snapshots = tuple(
        Snapshot(int(at), under(f"snapshots/{k}/weights/"), under(f"snapshots/{k}/optimiser/"))
        for k, at in enumerate(plain["snapshots"])
    )
    return Run(config, step, under("weights/"), under("optimiser/"), history, snapshots, diverged, data)


def _check(history: History, step: int) -> None:
    checks, recordings = len(history.checked), len(history.recorded)
    rows = {"loss": step, "grad_norm": step, "heldout_loss": checks, "metric": checks, "flow": recordings}
    for name, count in rows.items():
        if len(getattr(history, name)) != count:
            raise ValueError(f"history.{name} has {len(getattr(history, name))} rows; expected {count}.")
