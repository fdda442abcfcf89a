"""Euclidean norms that neither underflow nor overflow, and the norm of the gradient at every time step."""

from __future__ import annotations

import numpy as np

from rnnviz.trace import Trace

SMALL = 1e-290  # squares of float64 below this may have lost digits


def require_gradients(trace: Trace) -> None:
    """Raise ValueError, saying why, where a Trace holds no gradients."""
    if trace.state_grads is None or trace.output_grads is None or trace.final_state_grads is None:
        why = trace.why_no_grads or "no backward pass reached this forward pass"
        raise ValueError(
            f"This Trace holds states and gates but no gradients: {why}. "
            "Record again, and call loss.backward() inside the record block."
        )


def norms(vectors: np.ndarray) -> np.ndarray:
    """Euclidean norm over the last axis: (..., N) -> (...).

    Every vector is divided by its largest entry first, so that squares of 1e-30 (float32) or 1e-200
    (float64), common where gradients vanish, do not become zero. Infinity and NaN stay what they are.
    """
    largest = np.abs(vectors).max(axis=-1, initial=0)
    usual = (largest > 0) & np.isfinite(largest)
    divisor = np.where(usual, largest, 1)
    with np.errstate(over="ignore", invalid="ignore"):  # of vectors whose norm is their largest entry: 0, inf, NaN
        scaled = vectors / divisor[..., None]
        return np.where(usual, divisor * np.sqrt(np.vecdot(scaled, scaled)), largest)


class Norms:
    """`norms` of up to S vectors of N components, many times over: as safe, and faster."""

    def __init__(self, rows: int, size: int, dtype: np.dtype) -> None:
        self.wide = None if dtype == np.float64 else np.empty((rows, size))

    def __call__(self, vectors: list[np.ndarray], out: np.ndarray) -> None:
        """Norms over all but the first axis: Q arrays (S, ...) into `out` (Q, S), float64."""
        rows = [array.reshape(len(array), -1) for array in vectors]
        if self.wide is not None:  # the square of any float32 has its place in float64
            wide = self.wide[: len(rows[0])]
            for k, array in enumerate(rows):
                wide[...] = array
                np.vecdot(wide, wide, out=out[k])
            np.sqrt(out, out=out)
            return
        for k, array in enumerate(rows):
            np.vecdot(array, array, out=out[k])
        unsafe = ~((out > SMALL) & (out < np.inf))
        np.sqrt(out, out=out)
        for k in np.flatnonzero(unsafe.any(axis=1)).tolist():
            again = rows[k][unsafe[k]]
            out[k, unsafe[k]] = norms(again) if again.any() else 0


def grad_norms(trace: Trace, state: str = "h") -> np.ndarray:
    """Norm over batch and units of the total dL/dstate_t: (L, T) float64. Raises ValueError without gradients."""
    require_gradients(trace)
    assert trace.state_grads is not None
    if state not in trace.state_grads:
        raise ValueError(f"{trace.cell} has no state {state!r}; it has {', '.join(trace.state_grads)}.")
    gradient = trace.state_grads[state]
    layers, batch, time, units = gradient.shape
    return norms(gradient.swapaxes(1, 2).reshape(layers, time, batch * units).astype(np.float64))
