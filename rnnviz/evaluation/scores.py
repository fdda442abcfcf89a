"""Measures by the kind of task, on arrays: scikit-learn's wherever it has them. Names are those of the glossary."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnnviz.losses import LOSSES
from rnnviz.shapes import SHAPES
from rnnviz.tasks.base import Task

CLASSES, TOKENS, NUMBERS, WRITTEN = "classes", "tokens", "numbers", "written"
BINS = 10  # of how sure a network is


def kind_of(task: Task) -> str:
    """What the outputs of a task are: `"classes"`, `"tokens"` (the next one), `"numbers"` or `"written"` sequences."""
    if SHAPES[task.shape].writes:
        return WRITTEN
    if LOSSES[task.loss].targets != "classes":
        return NUMBERS
    return TOKENS if task.tokens and task.causal else CLASSES


@dataclass(frozen=True, eq=False)
class ByClass:
    """What becomes of each class, C of them. matrix: (C, C) counts, a row for each right class, a column for each
    answer. precision, recall, f1: (C,), 0 where they have no meaning. support: (C,) how often each was right."""

    matrix: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


@dataclass(frozen=True, eq=False)
class Calibration:
    """How often answers are right that are given with some probability; K bins that hold any, of BINS even ones.

    sure: (K,) mean probability of the answer. right: (K,) share of right ones. counts: (K,). error: the mean of
    |sure - right| over all answers (expected calibration error, Naeini et al. 2015).
    """

    sure: np.ndarray
    right: np.ndarray
    counts: np.ndarray
    error: float


def chances(outputs: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis, float64; NaN where an output is no number."""
    from scipy.special import softmax

    with np.errstate(invalid="ignore"):
        found: np.ndarray = softmax(outputs.astype(np.float64), axis=-1)
    return found


def class_scores(targets: np.ndarray, answers: np.ndarray) -> dict[str, float]:
    """Of right classes (N,) and answers (N,). The mean over classes is over those that occur among the right ones."""
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

    present = np.unique(targets)
    with warnings.catch_warnings():  # an answer that is never right is a wrong one, and nothing to be warned of
        warnings.simplefilter("ignore", UserWarning)
        balanced = balanced_accuracy_score(targets, answers)
    return {
        "accuracy": float(accuracy_score(targets, answers)),
        "balanced_accuracy": float(balanced),
        "f1": float(f1_score(targets, answers, labels=present, average="macro", zero_division=0.0)),
    }


def by_class(targets: np.ndarray, answers: np.ndarray, classes: int) -> ByClass:
    """Of right classes (N,) and answers (N,), each below `classes`."""
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    every = np.arange(classes)
    found = precision_recall_fscore_support(targets, answers, labels=every, zero_division=0.0)
    return ByClass(confusion_matrix(targets, answers, labels=every), *found)


def calibration(targets: np.ndarray, chances: np.ndarray) -> Calibration:
    """Of right classes (N,) and the probabilities (N, C) that were given; by that of the answer, the likeliest."""
    from sklearn.calibration import calibration_curve

    sure, right = np.clip(chances.max(1), 0.0, 1.0), chances.argmax(1) == targets
    share, mean = calibration_curve(right, sure, n_bins=BINS)
    inside = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], sure)  # the bins that scikit-learn has
    counts = np.bincount(inside, minlength=BINS)
    counts = counts[counts > 0]
    return Calibration(mean, share, counts, float(np.abs(mean - share) @ counts / len(sure)))


def language_scores(cross_entropy: float, unit: str = "character") -> dict[str, float]:
    """Of a cross-entropy in nats per token: perplexity, and bits per token (per character where those are tokens)."""
    with np.errstate(over="ignore"):
        perplexity = float(np.exp(cross_entropy))
    bits = "bits_per_character" if unit == "character" else "bits_per_token"
    return {"perplexity": perplexity, bits: cross_entropy / math.log(2)}


def number_scores(targets: np.ndarray, outputs: np.ndarray) -> dict[str, np.ndarray]:
    """Of targets (N, O) and outputs (N, O), for each output (O,): MAE, RMSE, NRMSE (the RMSE in standard deviations of
    the targets) and R², the share of their variance that is explained. NaN where they have no meaning."""
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    if len(targets) < 2 or not np.isfinite(outputs).all():
        return {name: np.full(targets.shape[1], np.nan) for name in ("mae", "rmse", "nrmse", "r2")}
    spread = targets.std(axis=0)
    rmse = root_mean_squared_error(targets, outputs, multioutput="raw_values")
    flat = spread == 0
    explained = r2_score(targets, outputs, multioutput="raw_values", force_finite=True)
    return {
        "mae": mean_absolute_error(targets, outputs, multioutput="raw_values"),
        "rmse": rmse,
        "nrmse": np.where(flat, np.nan, rmse / np.where(flat, 1.0, spread)),
        "r2": np.where(flat, np.nan, explained),
    }


def over_outputs(scores: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The mean of each measure over the outputs; of the RMSE, the root of the mean square."""
    return {
        name: float(np.sqrt(np.mean(each**2)) if name == "rmse" else np.mean(each)) for name, each in scores.items()
    }
