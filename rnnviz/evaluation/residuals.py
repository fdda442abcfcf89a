"""What is left of a series when its forecast is taken away: it should be small, and look like noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LAGS = 40


@dataclass(frozen=True, eq=False)
class Residuals:
    """Target less output, of N windows of T time steps and O outputs.

    last: (N, O) at the last time step of each window that counts, windows in time order. by_time: (T,) root mean
    square at each time step over windows and outputs: how much having read more helps. correlation: (K + 1, O)
    with the residual k time steps before in the same window, k = 0 ... K. noise: how far from 0 it lies, 19 times
    out of 20, where there is none.
    """

    last: np.ndarray
    by_time: np.ndarray
    correlation: np.ndarray
    noise: float


def residuals(targets: np.ndarray, outputs: np.ndarray, exists: np.ndarray | None = None) -> Residuals:
    """Of targets and outputs (N, T, O). exists: (N, T) bool, which of them count (None: all)."""
    there = np.ones(targets.shape[:2], bool) if exists is None else exists
    errors = np.where(there[..., None], targets - outputs, np.nan)
    ends = targets.shape[1] - 1 - there[:, ::-1].argmax(1)
    counts = there.sum(0)
    squares = np.nansum(errors**2, axis=(0, 2))
    by_time = np.sqrt(np.divide(squares, counts * errors.shape[2], out=np.full(len(counts), np.nan), where=counts > 0))
    # the beginning of a window, where little has been read, has errors of another kind
    settled = errors[:, errors.shape[1] // 2 :]
    correlation = autocorrelation(settled, min(LAGS, settled.shape[1] - 1))
    # windows overlap, so no more time steps are independent than there are rows
    rows = len(errors) + errors.shape[1]
    return Residuals(errors[np.arange(len(errors)), ends], by_time, correlation, 1.96 / np.sqrt(rows))


def autocorrelation(errors: np.ndarray, lags: int) -> np.ndarray:
    """(lags + 1, O): r_k = mean of e_t e_t-k over mean of e², of errors (N, T, O) less their mean; NaN is left out."""
    centred = errors - _mean(errors)
    found = np.stack([_mean(centred[:, lag:] * centred[:, : centred.shape[1] - lag]) for lag in range(lags + 1)])
    return np.divide(found, found[0], out=np.full_like(found, np.nan), where=found[0] > 0)


def _mean(values: np.ndarray) -> np.ndarray:
    """(O,) means of (N, T, O) where it is no NaN; NaN where all is."""
    counts = np.isfinite(values).sum((0, 1))
    return np.divide(np.nansum(values, (0, 1)), counts, out=np.full(values.shape[2], np.nan), where=counts > 0)
