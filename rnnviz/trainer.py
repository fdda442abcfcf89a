"""The live side of a Run: model, optimiser and the records of the slice in progress. Used by `training`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, cached_property

import numpy as np
import torch
from torch.nn.utils import clip_grad_value_, clip_grads_with_norm_, get_total_norm

from rnnviz.analysis.norms import grad_norms
from rnnviz.breakpoints import (
    BREAKPOINTS,
    LOOK_EVERY,
    Breakpoint,
    Seen,
    fired,
    gate_names,
    loss_since,
    saturation,
    stopped_early,
)
from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.losses import LOSSES
from rnnviz.model import Base, build
from rnnviz.objective import TensorBatch, loss_of, measures
from rnnviz.optimisers import OPTIMISERS
from rnnviz.recording import record
from rnnviz.run import CHECK_EVERY, FLOW_EVERY, MAX_HITS, Arrays, Divergence, History, Run, Snapshot, spacing
from rnnviz.sizes import CHECK_SIZE, Size
from rnnviz.start import Start, named
from rnnviz.tasks import Task, make_task
from rnnviz.trace import Trace
from rnnviz.updates import freeze, optimiser_of, state_of, thawed

SNAPSHOT_EVERY = 100  # steps between two while a run is young; doubled as the run ages (see `spacing`)
SNAPSHOTS = 32  # at most, and fewer where they would be more than SNAPSHOT_BYTES together
SNAPSHOT_BYTES = 64 * 2**20

# Without clipping, a larger gradient ends the run. Below it one SGD update is at most 1e6 * 1e18 / (1 - .999)
# = 1e27 (Adam's and RMSprop's are smaller), which keeps finite float32 weights finite.
GRADIENT_LIMIT = 1e18
DROPOUT_STREAM = 2**31 + 2


def device_named(name: str) -> torch.device:
    """The device for "auto", "cpu" or "cuda". Raises ValueError where it is not there."""
    there = _has_cuda()
    if name not in ("auto", "cpu", "cuda") or name == "cuda" and not there:
        valid = "auto, cpu, cuda" if there else "auto, cpu (this machine has no CUDA device)"
        raise ValueError(f"device is {name!r}; expected one of {valid}.")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


@cache
def _has_cuda() -> bool:
    return torch.cuda.is_available()


def fresh(config: ExperimentConfig, data: Dataset | None, start: Start | None = None) -> Run:
    """A Run at step 0 that has recorded nothing yet."""
    OPTIMISERS[config.optimiser]  # an unknown name raises here, before any work
    config = named(config, start)
    model = begun(config, make_task(config, data), start)
    layers = config.num_layers * model.directions
    none, no_steps = np.zeros(0), np.zeros(0, np.int64)
    looks = np.zeros((0, layers, len(gate_names(config.cell))))
    history = History(none, none, no_steps, none, none, no_steps, np.zeros((0, layers, 0)), no_steps, looks)
    return Run(config, 0, _frozen(model.arrays()), {}, history, data=data, start=start)


def begun(config: ExperimentConfig, task: Task, start: Start | None) -> Base:
    """The model at step 0: as always, then with what it takes of the start. Raises ConfigError where that misfits."""
    model = build(config, task)
    if start is not None:
        shapes = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
        taken = start.taken(shapes, config)
        model.load_state_dict({name: torch.tensor(array) for name, array in taken.items()}, strict=False)
    return model


class Trainer:
    """Model and optimiser at `step`, rebuilt from a Run; `run()` gives the Run back, with copies of its own."""

    def __init__(self, run: Run, device: torch.device) -> None:
        # Not the Run itself: a Run is forgotten together with its trainer only where the trainer does not hold it.
        self.config, self.data, self.start, self.step = run.config, run.data, run.start, run.step
        self.device = device
        self.task = make_task(run.config, run.data)
        self.at_once = Size.of(run.config, self.task).at_once
        self.model = build(run.config, self.task, run.weights).to(device)
        self.parameters = freeze(self.model, run.config)  # those that train
        self.optimiser = optimiser_of(run.config, run.optimiser, self.parameters)
        self.diverged = run.diverged
        self.history, self.snapshots = run.history, run.snapshots
        self.changes, self.hits = run.changes, run.hits
        self.loss_since = loss_since(run.changes)
        self.breakpoints: Sequence[Breakpoint] = ()
        self.seconds_stepping = 0.0  # in optimiser steps, without what is recorded between them
        self.losses: list[float] = []
        self.norms: list[float] = []
        self.drops = run.config.dropout > 0 and run.config.num_layers > 1
        self.probe: TensorBatch | None = None
        self.heldout: TensorBatch | None = None
        self.first = self._first_loss()

    def take_step(self) -> bool:
        """One optimiser step, and what is due for the record after it. False where the run diverged instead."""
        begin = time.perf_counter()
        with torch.enable_grad(), self._noise(self.step):
            batch = TensorBatch.of(self.task.batch(self.step), self.task, self.device)
            loss = loss_of(self.task, self.model.outputs(batch), batch)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
        norm = get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        seen_loss, seen_norm = torch.stack([loss.detach(), norm]).tolist()
        self.diverged = self._divergence(seen_loss, seen_norm)
        if self.diverged is not None:
            return False
        if self.config.clip == "norm":
            clip_grads_with_norm_(self.parameters, self.config.clip_at, norm)
        elif self.config.clip == "value":
            clip_grad_value_(self.parameters, self.config.clip_at)
        self.optimiser.step()
        self.losses.append(seen_loss)
        self.norms.append(seen_norm)
        self.step += 1
        self.seconds_stepping += time.perf_counter() - begin
        self.look()
        return True

    def look(self) -> None:
        """Add to the record what is due at this step; of the snapshots, drop what has become too dense."""
        step, h = self.step, self.history
        if step % spacing(step, CHECK_EVERY) == 0:
            loss, metric = self._measure(self._checked())
            h = replace(
                h,
                checked=np.append(h.checked, step),
                heldout_loss=np.append(h.heldout_loss, loss),
                metric=np.append(h.metric, metric),
            )
        flow_due = step % spacing(step, FLOW_EVERY) == 0
        look_due = step % LOOK_EVERY == 0 and any(BREAKPOINTS[each.kind].looks for each in self.breakpoints)
        if flow_due or look_due:
            trace = self.observe()
            if flow_due:
                h = replace(h, recorded=np.append(h.recorded, step), flow=_appended(h.flow, grad_norms(trace)))
            if look_due:
                shares = _appended(h.saturation, saturation(trace))
                h = replace(h, watched=np.append(h.watched, step), saturation=shares)
        self.history = h
        snap = spacing(step, SNAPSHOT_EVERY, self._snapshots_kept())
        if step % snap == 0:
            now = Snapshot(step, self._weights(), self._optimiser_state())
            self.snapshots = (*(s for s in self.snapshots if s.step % snap == 0), now)

    @cached_property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Of the layers and gates in a look at saturation."""
        directions = ("", "_reverse")[: self.model.directions]
        layers = tuple(f"l{k}{suffix}" for k in range(self.config.num_layers) for suffix in directions)
        return layers, gate_names(self.config.cell)

    def stopped(self) -> bool:
        """Whether a breakpoint fired with the last step, or the run's own patience ended; the hits are noted."""
        if not self.breakpoints and not self.config.patience:
            return False
        seen = Seen(self.history, self.losses, self.norms, self.loss_since, self.names)
        hits = (*fired(self.breakpoints, seen), *stopped_early(self.config.patience, seen))
        self.hits = (*self.hits, *hits)[-MAX_HITS:] if hits else self.hits
        return bool(hits)

    def observe(self) -> Trace:
        """The probe batch through the recorder; the gradients are discarded."""
        if self.probe is None:
            self.probe = TensorBatch.of(self.task.probe(), self.task, self.device)
        stacks = self.model.stacks
        with (
            torch.enable_grad(),
            thawed(self.model),
            self.model.probing(),
            record(self.model, modules=stacks) as recording,
        ):
            outputs, attention = self.model.look(self.probe)
            loss = loss_of(self.task, outputs, self.probe)
            loss.backward()
        self.model.zero_grad(set_to_none=True)
        with np.errstate(over="ignore", invalid="ignore"):  # after a divergence infinity is what there is to see
            trace, *encoders = (replace(recording[name], step=self.step) for name in stacks)
        return replace(
            trace,
            outputs=outputs.detach().cpu().numpy(),
            targets=self.probe.targets.cpu().numpy(),
            loss=float(loss.detach()),
            labels=tuple(self.task.labels),
            model_weights=self.model.own_arrays(),
            attention=None if attention is None else _masked(attention, trace.mask),
            encoder=encoders[0] if encoders else None,
        )

    def evaluate(self, size: int) -> tuple[float, float]:
        """(loss, metric) on `size` held-out sequences."""
        return self._measure(TensorBatch.of(self.task.heldout(size), self.task, self.device))

    def run(self) -> Run:
        """The Run at this step. Everything in it is a copy or never changes."""
        self.history = replace(
            self.history,
            loss=np.concatenate([self.history.loss, self.losses]),
            grad_norm=np.concatenate([self.history.grad_norm, self.norms]),
        )
        self.losses, self.norms = [], []
        for array in vars(self.history).values():
            array.flags.writeable = False
        return Run(
            config=self.config,
            step=self.step,
            weights=self._weights(),
            optimiser=self._optimiser_state(),
            history=self.history,
            snapshots=self.snapshots,
            diverged=self.diverged,
            data=self.data,
            changes=self.changes,
            hits=self.hits,
            start=self.start,
        )

    def _divergence(self, loss: float, norm: float) -> Divergence | None:
        """What ends training at this step, if anything. The weights it happened with are finite and stay."""
        if self.first is None:
            self.first = loss
        limit, baseline = LOSSES[self.task.loss].limit, self.task.baseline
        if not math.isfinite(loss):
            return Divergence(self.step, "the loss is not a finite number", loss)
        # a first batch that happened to fit, or a task that begins solved, must not make a good loss look bad
        if loss > limit * max(self.first, 1.0 if baseline is None else baseline, 1e-3):  # targets are of order 1
            return Divergence(self.step, f"the loss is over {limit:g} times what it was at first", loss)
        if not math.isfinite(norm):
            return Divergence(self.step, "the gradient norm is not a finite number", norm)
        if self.config.clip == "off" and norm > GRADIENT_LIMIT:
            return Divergence(self.step, f"the gradient norm is over {GRADIENT_LIMIT:g}", norm)
        return None

    def _first_loss(self) -> float | None:
        """The training loss of step 0, as it would have been with the loss that is trained now."""
        if not any(change.field == "loss" for change in self.changes):
            return float(self.history.loss[0]) if len(self.history.loss) else None
        batch = TensorBatch.of(self.task.batch(0), self.task, self.device)
        model = begun(self.config, self.task, self.start).to(self.device)
        with torch.no_grad(), self._noise(0):
            return float(loss_of(self.task, model.outputs(batch), batch))

    @contextmanager
    def _noise(self, step: int) -> Iterator[None]:
        """Dropout noise of a step, from (seed, step) alone. The caller's random state is put back."""
        if not self.drops:
            yield
            return
        seed = np.random.SeedSequence([self.config.seed, DROPOUT_STREAM, step]).generate_state(1, np.uint64)
        on_gpu = self.device.type == "cuda"
        with torch.random.fork_rng(devices=[torch.cuda.current_device()] if on_gpu else []):
            torch.default_generator.manual_seed(int(seed[0]))
            if on_gpu:
                torch.cuda.manual_seed(int(seed[0]))  # also makes cuDNN draw its dropout state anew
            yield

    def _measure(self, batch: TensorBatch) -> tuple[float, float]:
        totals, counts = np.zeros(2), np.zeros(2)
        with torch.no_grad(), self.model.probing():
            for begin in range(0, len(batch.inputs), self.at_once):
                part = batch.part(begin, self.at_once)
                loss, metric, *count = measures(self.task, self.model.outputs(part), part, self.model.answers)
                totals += np.multiply((loss, metric), count)
                counts += count
        loss, metric = totals / counts
        return float(loss), float(metric)

    def _checked(self) -> TensorBatch:
        if self.heldout is None:
            self.heldout = TensorBatch.of(self.task.heldout(CHECK_SIZE), self.task, self.device)
        return self.heldout

    def _snapshots_kept(self) -> int:
        # three times the weights: Adam keeps two numbers for each
        size = 3 * sum(p.numel() * p.element_size() for p in self.model.parameters())
        return max(1, min(SNAPSHOTS - 1, SNAPSHOT_BYTES // size))

    def _weights(self) -> Arrays:
        return _frozen(self.model.arrays())

    def _optimiser_state(self) -> Arrays:
        return _frozen(state_of(self.optimiser))


def _masked(attention: torch.Tensor, mask: np.ndarray) -> np.ndarray:
    """(B, T, S), with 0 where the sequence (B, T) is over."""
    weights: np.ndarray = np.where(mask[..., None], attention.detach().cpu().numpy(), 0)
    return weights


def _appended(rows: np.ndarray, row: np.ndarray) -> np.ndarray:
    """One row more. Without rows the other axes are not known yet."""
    return np.concatenate([rows if len(rows) else np.zeros((0, *row.shape)), row[None]])


def _frozen(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    for array in arrays.values():
        array.flags.writeable = False
    return arrays
