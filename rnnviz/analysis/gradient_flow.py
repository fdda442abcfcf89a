r"""Gradient flow: how much of the loss that enters at time step s arrives at time step t.

L_s is the part of the loss that enters at s: through the readout's gradient at s (top layer, all
directions), or through a final state (any layer; a sequence's last time step, t = 0 for a reverse layer).
The T parts go back together, as the lanes of one backward recursion per layer, from the top layer down.
By linearity they add up to the total gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from rnnviz.analysis.chunks import chunk_sizes, some_sequences
from rnnviz.analysis.norms import Norms, grad_norms, require_gradients
from rnnviz.cells.backward import Through, sweep
from rnnviz.cells.layer import layer_of
from rnnviz.trace import Trace

Arrays = dict[str, np.ndarray]
QUANTITIES = {  # name -> which of a sweep's totals, of which state of the cell
    "matrix": ("total", 0),
    "cell_matrix": ("total", 1),
    "through_c": ("along", 1),
    "through_h": ("crossing", 1),
}


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """Norms over batch and units; row s, column t. L layers, T time steps.

    matrix: (L, T, T) of d L_s / d h_t. total: (L, T) of d L / d h_t, all losses together.
    For cells with a second state (the LSTM's c), else None, each (L, T, T): cell_matrix of d L_s / d c_t,
    and of its two parts, which add up as vectors: through_c, what came along the cell state alone (the LSTM:
    along f), and through_h, what crossed this layer's W_hh at least once.
    vectors: on request, name -> (L, T, T, B, H): `matrix`, `cell_matrix`, `through_c`, `through_h`.
    """

    matrix: np.ndarray
    total: np.ndarray
    cell_matrix: np.ndarray | None = None
    through_c: np.ndarray | None = None
    through_h: np.ndarray | None = None
    vectors: Mapping[str, np.ndarray] | None = None


def gradient_flow(trace: Trace, vectors: bool = False, parts: bool = True) -> GradientFlow:
    """The T x T gradient flow of every layer of a Trace with gradients.

    A forward layer is zero for t > s, a reverse layer for t < s, a layer below a bidirectional one is full.
    Rows of lower layers hold what arrives through the layers above. vectors: keep the vectors too, which
    takes T times the memory of the states. Otherwise at most 256 MB are used beyond the result. parts:
    whether to split what reaches a second state (LSTM: through_c, through_h); without, it takes a third less
    time. Raises ValueError without gradients.
    """
    require_gradients(trace)
    layers, batch, time, units = trace.size
    count = (4 if parts else 2) if len(trace.states) > 1 else 1
    quantities = tuple(QUANTITIES)[:count]
    dtype = trace.states["h"].dtype
    found = {name: np.zeros((layers, time, time), dtype) for name in quantities}
    kept = {name: np.zeros((layers, time, time, batch, units), dtype) for name in quantities if vectors}
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged network has infinite gradients: values
        sequences, lanes = chunk_sizes(trace)
        for start in range(0, batch, sequences):
            rows = slice(start, start + sequences)
            part = some_sequences(trace, rows)
            losses = _Losses(part)
            for s in losses.chunks(lanes):
                _carry_back(part, losses, s, found, {name: kept[name][..., rows, :] for name in kept})
        return GradientFlow(total=grad_norms(trace).astype(dtype), vectors=kept or None, **found)


class _Losses:
    """The parts L_s of the loss, and where each enters. steps: (S,), the s at which anything enters, ascending."""

    def __init__(self, trace: Trace) -> None:
        assert trace.output_grads is not None and trace.final_state_grads is not None
        self.trace = trace
        enters = np.array(trace.output_grads.any(axis=(0, 2)))
        for k in range(len(trace.layer_names)):
            for _, ends, gradient in self._finals(k):
                enters[ends[gradient.any(axis=-1)]] = True
        self.steps = np.flatnonzero(enters)

    def chunks(self, size: int) -> Iterator[np.ndarray]:
        return (self.steps[start : start + size] for start in range(0, len(self.steps), size))

    def entering(self, k: int) -> dict[str, np.ndarray]:
        """What enters layer k from outside: state -> (T, B, H) in original time."""
        trace = self.trace
        depth, direction = divmod(k, trace.directions)
        _, batch, time, units = trace.size
        found = {}
        if depth == len(trace.layer_inputs) - 1 and trace.output_grads is not None:
            own = trace.output_grads[..., direction * units : (direction + 1) * units]
            found["h"] = np.array(own.swapaxes(0, 1))
        for name, ends, gradient in self._finals(k):
            if name not in found:
                found[name] = np.zeros((time, batch, units), gradient.dtype)
            found[name][ends, np.arange(batch)] += gradient
        return found

    def _finals(self, k: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """State, time step (B,) and gradient (B, H) of what enters layer k through final states."""
        reverse = self.trace.layer_names[k].endswith("_reverse")
        ends = np.zeros_like(self.trace.lengths) if reverse else self.trace.lengths - 1
        for name, gradients in (self.trace.final_state_grads or {}).items():
            if gradients[k].any():
                yield name, ends, gradients[k]


def _carry_back(trace: Trace, losses: _Losses, s: np.ndarray, found: Arrays, kept: Arrays) -> None:
    """Carry the losses of time steps s, (S,), back through all layers.

    found: name -> (L, T, T), the norms, joined with those of other sequences; kept: name -> (L, T, T, B, H).
    """
    _, batch, time, units = trace.size
    above: np.ndarray | None = None  # (T, S, B, H * directions), original time: what the layer above passes down
    below: np.ndarray | None
    for depth in range(len(trace.layer_inputs) - 1, -1, -1):
        width, dropout = trace.layer_inputs[depth].shape[-1], trace.dropout_masks[depth]
        below = np.zeros((time, len(s), batch, width), trace.states["h"].dtype) if depth else None
        for k in range(depth * trace.directions, (depth + 1) * trace.directions):
            way = _Way(trace, losses, s, k, above)
            norm = Norms(len(s), batch * units, trace.states["h"].dtype)
            reached = np.zeros((len(found), time, len(s)))
            for t, lanes, vectors in way.back(list(found), below):
                norm(vectors, reached[:, t, lanes])
                for name, vector in zip(kept, vectors if kept else (), strict=True):
                    kept[name][k, s[lanes], t] = vector
            for name, rows in zip(found, reached, strict=True):
                others = found[name][k, s]  # of sequences taken before
                found[name][k, s] = np.hypot(others, rows.T) if others.any() else rows.T
        if below is not None and dropout is not None:
            below *= dropout.swapaxes(0, 1)[:, None]
        above = below


class _Way:
    """The way of the losses of time steps s back through layer k."""

    def __init__(self, trace: Trace, losses: _Losses, s: np.ndarray, k: int, above: np.ndarray | None) -> None:
        self.layer, self.above = layer_of(trace, k), above
        self.entering = losses.entering(k)
        self.full = above is not None and trace.directions > 1
        time, _, units = self.layer.states["h"].shape
        self.half = slice(k % trace.directions * units, (k % trace.directions + 1) * units)
        self.lane = {int(t): n for n, t in enumerate(s)}
        self.first = np.searchsorted(s, np.arange(time + 1)).tolist()  # how many lanes have s < t
        self.count = len(s)

    def original(self, n: int) -> int:
        """Computation-order index to time step, and back."""
        return len(self.layer.mask) - 1 - n if self.layer.reverse else n

    def active(self, n: int) -> slice:
        """Lanes with s >= t in a forward layer, s <= t in a reverse layer, all below a bidirectional layer."""
        t = self.original(n)
        if self.full:
            return slice(0, self.count)
        return slice(0, self.first[t + 1]) if self.layer.reverse else slice(self.first[t], self.count)

    def own(self, n: int) -> tuple[int, dict[str, np.ndarray]] | None:
        t = self.original(n)
        if t not in self.lane:
            return None
        return self.lane[t], {name: array[t] for name, array in self.entering.items()}

    def inject(self, n: int, lanes: slice) -> dict[str, np.ndarray]:
        assert self.above is not None
        return {"h": self.above[self.original(n), lanes, :, self.half]}

    def back(self, quantities: list[str], below: np.ndarray | None) -> Iterator[tuple[int, slice, list[np.ndarray]]]:
        """Yield t, its lanes and the vectors (S, B, H) of every quantity; add to `below`."""
        wanted = [(group, self.layer.cell.states[k]) for group, k in map(QUANTITIES.__getitem__, quantities)]
        parts = "through_c" in quantities
        inject = self.inject if self.above is not None else None
        down = Through(self.layer, "weight_ih")
        into = np.empty((2, *below.shape[1:]), below.dtype) if below is not None else None
        for now in sweep(self.layer, self.count, inject, self.active, parts, self.own):
            t = self.original(now.t)
            yield t, now.lanes, [getattr(now, group)[state] for group, state in wanted]
            if below is not None and into is not None:
                below[t, now.lanes] += down.back(now.total, now.t, into[0, now.lanes], into[1, now.lanes])
