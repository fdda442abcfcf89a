"""Breakpoints: where a run stops by itself. To add one, write its check and list it below.

A breakpoint fires when its condition becomes true, so that playing on after it does not stop at once again. What
it looks at are the records of the run alone, so it fires at the same steps however training was cut into slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean

import numpy as np

from rnnviz.analysis.gates import saturated_fraction
from rnnviz.cells import CELLS
from rnnviz.config import ConfigError
from rnnviz.glossary import lookup
from rnnviz.registry import Registry
from rnnviz.run import Change, History, Hit
from rnnviz.trace import Trace

LOOK_EVERY = 50  # steps between two looks at saturation
TARGET_OVER = 20  # steps whose mean training loss has to reach the target
PATIENCE = "patience"  # the kind of a hit of early stopping, which is a setting of the experiment and not armed
PROGRESS = 0.01  # a mean loss not this share under the one before has stayed flat


@dataclass(frozen=True)
class Seen:
    """What breakpoints look at once a step is taken.

    history: of the run, its losses and gradient norms up to where the slice began; losses, norms: of the steps
    since. since: the step at which the loss was last changed, -1 where never; losses of before are not comparable.
    names: (layer, gate) names of the axes of `history.saturation`.
    """

    history: History
    losses: Sequence[float]
    norms: Sequence[float]
    since: int
    names: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def step(self) -> int:
        return len(self.history.loss) + len(self.losses)

    def last_losses(self, count: int) -> Sequence[float]:
        """The last `count` comparable training losses, fewer where there are fewer."""
        return _last(self.history.loss, self.losses, min(count, self.step - max(self.since, 0)))

    def last_norms(self, count: int) -> Sequence[float]:
        return _last(self.history.grad_norm, self.norms, min(count, self.step))


@dataclass(frozen=True)
class Kind:
    """A kind of breakpoint.

    label, help: what a reader sees. default, low, high: of its value; whole: only whole numbers.
    check: (value, Seen) -> why it fires at this step, in a sentence, or "". looks: whether it needs a look at
    saturation at every step that is a multiple of LOOK_EVERY.
    """

    label: str
    help: str
    default: float
    low: float
    high: float
    check: Callable[[float, Seen], str]
    whole: bool = False
    looks: bool = False


@dataclass(frozen=True)
class Breakpoint:
    """One that is set. Raises ConfigError for a kind that is not there or a value out of its bounds."""

    kind: str
    value: float

    def __post_init__(self) -> None:
        if self.kind not in BREAKPOINTS:
            raise ConfigError(f"There is no breakpoint {self.kind!r}; expected one of {', '.join(BREAKPOINTS)}.")
        kind, value = BREAKPOINTS[self.kind], self.value
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
        if not number or not kind.low <= value <= kind.high or kind.whole and value != int(value):
            words = "a whole number" if kind.whole else "a number"
            raise ConfigError(f"{self.kind} is {value!r}; expected {words} from {kind.low:g} to {kind.high:g}.")


def fired(breakpoints: Iterable[Breakpoint], seen: Seen) -> Iterator[Hit]:
    """Those whose condition has become true with the last step."""
    for each in breakpoints:
        if message := BREAKPOINTS[each.kind].check(each.value, seen):
            yield Hit(seen.step, each.kind, message)


def stopped_early(patience: int, seen: Seen) -> Iterator[Hit]:
    """Early stopping: at the check that is the `patience`-th in a row without a better held-out loss; 0: never.

    Played on, it waits as long again.
    """
    history = seen.history
    if not patience or not len(history.checked) or history.checked[-1] != seen.step:
        return
    if (best := best_check(history, seen.since)) is None:
        return
    waited = len(history.checked) - 1 - best
    if waited and waited % patience == 0:
        message = (
            f"Early stopping at step {seen.step:,}: in {waited} check{'s' * (waited > 1)} the held-out loss has not "
            f"come under {history.heldout_loss[best]:.4g}, which it had at step {history.checked[best]:,}."
        )
        yield Hit(seen.step, PATIENCE, message)


def hit_label(kind: str) -> str:
    """What a reader calls a hit, in lower case; "" for a kind that is not there (any more)."""
    return "early stopping" if kind == PATIENCE else BREAKPOINTS[kind].label.lower() if kind in BREAKPOINTS else ""


def loss_since(changes: Iterable[Change]) -> int:
    """The step at which the loss was last changed, -1 where it never was."""
    return max((change.step for change in changes if change.field == "loss"), default=-1)


def best_check(history: History, since: int = -1) -> int | None:
    """The row of the held-out check with the lowest loss, of those after the step `since`; None: none is finite."""
    losses = np.where((history.checked > since) & np.isfinite(history.heldout_loss), history.heldout_loss, np.inf)
    return int(losses.argmin()) if len(losses) and np.isfinite(losses.min()) else None


def saturation(trace: Trace) -> np.ndarray:
    """Share of saturated values of every gate (of h, where a tanh alone makes it): (L, G) float64.

    Over all units, sequences and time steps that exist; gates in the order of `gate_names`.
    """
    shares = saturated_fraction(trace)
    present = trace.mask.sum(axis=0)
    columns = [np.nansum(shares[name] * present, axis=1) / present.sum() for name in gate_names(trace.cell)]
    return np.stack(columns, axis=1).astype(np.float64) if columns else np.zeros((trace.size[0], 0))


def gate_names(cell: str) -> tuple[str, ...]:
    """What can saturate in a cell; nothing in a ReLU RNN."""
    return (*CELLS[cell].gates, *CELLS[cell].squashed)


def _last(past: np.ndarray, new: Sequence[float], count: int) -> Sequence[float]:
    missing = count - len(new)
    return [*past[len(past) - missing :].tolist(), *new] if missing > 0 else new[len(new) - count :]


def _norm_above(value: float, seen: Seen) -> str:
    *before, now = seen.last_norms(2)
    if not now > value or before and before[0] > value:
        return ""
    return f"The gradient norm rose above {value:g} at step {seen.step:,}: it is {now:.4g}{_after(before)}."


def _norm_below(value: float, seen: Seen) -> str:
    *before, now = seen.last_norms(2)
    if not now < value or before and before[0] < value:
        return ""
    return f"The gradient norm fell below {value:g} at step {seen.step:,}: it is {now:.4g}{_after(before)}."


def _after(before: Sequence[float]) -> str:
    return f", after {before[0]:.4g} one step before" if before else ", at the first step"


def _loss_target(value: float, seen: Seen) -> str:
    """For the first time in TARGET_OVER steps: a noisy mean crosses its target many times over."""
    last = seen.last_losses(2 * TARGET_OVER)
    if len(last) < TARGET_OVER or not (now := fmean(last[-TARGET_OVER:])) <= value:
        return ""
    before = [fmean(last[k : k + TARGET_OVER]) for k in range(len(last) - TARGET_OVER)]
    if any(mean <= value for mean in before):
        return ""
    came = f", after {before[-1]:.4g} one step before" if before else ""
    return (
        f"The training loss reached {value:g} at step {seen.step:,}: its mean over the last {TARGET_OVER} steps is "
        f"{now:.4g}{came}."
    )


def _plateau(value: float, seen: Seen) -> str:
    """Looked at once in N/2 steps, where a half ends: asked at every step, noise would answer many times over."""
    half = int(value) // 2
    if seen.step % half:
        return ""
    last = seen.last_losses(3 * half)
    means = [fmean(last[k : k + half]) for k in range(len(last) % half, len(last), half)]
    if len(means) < 2 or not _flat(*means[-2:]) or len(means) == 3 and _flat(*means[:2]):
        return ""
    return (
        f"The training loss stays flat at step {seen.step:,}: its mean over the last {half} steps is {means[-1]:.4g}, "
        f"not {PROGRESS:.0%} under the {means[-2]:.4g} of the {half} steps before."
    )


def _flat(before: float, now: float) -> bool:
    return not (now < before and now <= (1 - PROGRESS) * before)


def _saturated(value: float, seen: Seen) -> str:
    watched = seen.history.watched
    if not len(watched) or watched[-1] != seen.step:
        return ""
    now = seen.history.saturation[-1]
    compared = len(watched) > 1 and watched[-2] == seen.step - LOOK_EVERY
    before = seen.history.saturation[-2] if compared else np.full_like(now, -1)
    new = np.argwhere((now >= value) & (before < value))
    if not len(new):
        return ""
    layer, gate = max(map(tuple, new.tolist()), key=lambda place: now[place])
    layers, gates = seen.names
    came = f", after {before[layer, gate]:.1%} at step {watched[-2]:,}" if compared else ""
    others = f"; {len(new) - 1} more crossed it too" if len(new) > 1 else ""
    return (
        f"{lookup(gates[gate]).label.capitalize()} {gates[gate]} of layer {layers[layer]} saturated at step "
        f"{seen.step:,}: {now[layer, gate]:.1%} of its values stand at an end of their range, {value:.0%} or more"
        f"{came}{others}."
    )


BREAKPOINTS: Registry[Kind] = Registry(
    "breakpoint",
    {
        "grad_norm_above": Kind(
            "Gradient norm rises above", "Stops at the step whose gradient norm, before clipping, rises above this.",
            10.0, 0.0, 1e18, _norm_above,
        ),
        "grad_norm_below": Kind(
            "Gradient norm falls below", "Stops at the step whose gradient norm, before clipping, falls below this.",
            1e-4, 0.0, 1e18, _norm_below,
        ),
        "saturation": Kind(
            "A gate saturates", "Stops where this share of a gate's values, in any layer, stands at an end of its "
            f"range (without gates, of h). Looked at every {LOOK_EVERY} steps, on the probe batch.",
            0.5, 0.01, 1.0, _saturated, looks=True,
        ),
        "loss_target": Kind(
            "Training loss reaches", f"Stops where the mean training loss of {TARGET_OVER} steps comes down to this.",
            0.01, 0.0, 1e6, _loss_target,
        ),
        "plateau": Kind(
            "Training loss stays flat over", "Stops where the mean training loss of the second half of so many steps "
            f"is not {PROGRESS:.0%} under that of the first half. Looked at once in half as many steps.",
            500, 20, 10_000, _plateau, whole=True,
        ),
    },
)  # fmt: skip
