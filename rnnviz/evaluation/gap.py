"""What the distance between training and held-out loss says, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

BLOCKS = 20  # stretches, at most: of so many, chance exceeds two standard errors 6 times in 100
CLEAR = 2.0  # standard errors
RISEN = 0.05  # of the lowest held-out loss: less is no rise worth a word


@dataclass(frozen=True)
class Loss:
    """A mean loss on a part of the data. error: its standard error. sequences: how many it is over."""

    value: float
    error: float
    sequences: int


@dataclass(frozen=True)
class Gap:
    """kind: `"none"`, `"gap"`, `"reverse"`, `"unlearned"`, `"unsure"` or `"diverged"`. words: a few sentences."""

    kind: str
    words: str


def mean_loss(losses: np.ndarray, counts: np.ndarray, apart: int | None = None) -> Loss:
    """Of losses (N,) of sequences, each a mean over `counts` (N,) outputs; `apart` of them have no row in common
    (None: all).

    The standard error is that of the means of at most twenty stretches (batch means): sequences next to one another
    may be windows that overlap, and are no independent draws. It is NaN where all of them overlap.
    """
    value = float(losses @ counts / counts.sum())
    count = min(BLOCKS, len(losses))
    if apart is not None and apart < len(losses):
        count = min(count, max(min(apart, 2), apart // 2))  # windows overlap across the borders of stretches too
    if count < 2:
        return Loss(value, float("nan"), len(losses))
    stretches = np.array_split(np.arange(len(losses)), count)
    means = np.array([losses[part] @ counts[part] / counts[part].sum() for part in stretches if counts[part].any()])
    return Loss(value, float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else float("nan"), len(losses))


def gap(
    losses: Mapping[str, Loss],
    steps: np.ndarray,
    curves: Mapping[str, np.ndarray],
    baseline: float | None = None,
) -> Gap:
    """Compare `losses["train"]`, `losses["heldout"]` and, where there is one, `losses["test"]`.

    curves: `"train"` and `"heldout"` -> losses (K,) at steps (K,). baseline: of the guess that looks at no input.
    """
    train, held = losses["train"], losses["heldout"]
    if not np.isfinite([train.value, held.value]).all():
        return Gap("diverged", "The losses are no finite numbers: there is nothing to compare.")
    difference = held.value - train.value
    noise = CLEAR * float(np.hypot(train.error, held.error))
    both = f"{held.value:.4g} held out against {train.value:.4g} on sequences it was trained on"
    if np.isnan(noise):
        words = [f"**Too little to tell**: {both}. One of the two has a single sequence, or windows that all overlap."]
        kind = "unsure"
    elif difference > noise:
        times = (
            f"{held.value / train.value:.2g} times the training loss" if train.value > 0 else "above the training loss"
        )
        words = [f"**There is a gap.** The held-out loss is {times}: {both}."]
        words.append("What it learned holds in part only for those sequences.")
        kind = "gap"
    elif difference < -noise:
        words = [f"**The held-out part is easier**: {both}. That is no sign of learning better there."]
        kind = "reverse"
    else:
        words = [f"**No clear gap**: {both}; the choice of sequences explains as much (±{noise:.2g})."]
        kind = "none"
    if baseline is not None and held.value > baseline - noise:
        words.append(
            f"Held out it does no better than the baseline of {baseline:.4g}"
            + (": it has not learned the task yet." if train.value > 0.9 * baseline else ": it has learned by heart.")
        )
        kind = "unlearned" if kind == "none" else kind
    words += _risen(steps, curves["train"], curves["heldout"])
    words += _tested(losses)
    return Gap(kind, " ".join(words))


def _risen(steps: np.ndarray, train: np.ndarray, heldout: np.ndarray) -> list[str]:
    """Whether stopping earlier would have been better: the held-out loss has risen, and not because training went
    wrong for a moment."""
    if not np.isfinite(heldout).any():
        return []
    best = int(np.nanargmin(np.where(np.isfinite(heldout), heldout, np.nan)))
    if not heldout[-1] > heldout[best] * (1 + RISEN) or train[-1] > train[best]:
        return []
    return [
        f"The held-out loss was lowest at step {steps[best]:,} ({heldout[best]:.4g}) and has risen since by "
        f"{heldout[-1] / heldout[best] - 1:.0%}, while the training loss fell: early stopping would have ended there."
    ]


def _tested(losses: Mapping[str, Loss]) -> list[str]:
    """What the test part adds: no choice was made by it."""
    if "test" not in losses or not np.isfinite(losses["test"].value):
        return []
    test, held = losses["test"], losses["heldout"]
    noise = CLEAR * float(np.nan_to_num(np.hypot(test.error, held.error)))
    words = f"On the test part, by which nothing was chosen, the loss is {test.value:.4g}"
    if test.value > held.value + noise:
        return [words + ", clearly higher than held out: the held-out number flatters."]
    return [words + "."]
