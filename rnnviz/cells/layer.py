"""One layer (one direction) of a recorded stack, in the order in which it was computed.

Inside a Layer, time is the first axis and runs in the order of computation: for a reverse layer, index 0
is the sequence's last time step. So the predecessor of k is always k - 1, and every recursion is written
once. Padding may come at either end; where it comes first, the state waits at the initial state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rnnviz.cells import CELLS
from rnnviz.cells.base import Cell, LocalJacobian, affine
from rnnviz.trace import Trace

WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


@dataclass(frozen=True, eq=False)
class Layer:
    """T time steps in computation order, B sequences, H units, D inputs.

    inputs: (T, B, D); mask: (T, B) bool; states, gates: name -> (T, B, H); initial: name -> (B, H);
    weights: `weight_ih` (K, D), `weight_hh` (K, H), and where the layer has them `bias_ih`, `bias_hh` (K).
    """

    cell: Cell
    reverse: bool
    inputs: np.ndarray
    mask: np.ndarray
    weights: Mapping[str, np.ndarray]
    initial: Mapping[str, np.ndarray]
    states: Mapping[str, np.ndarray]
    gates: Mapping[str, np.ndarray]

    @cached_property
    def previous(self) -> dict[str, np.ndarray]:
        """name -> (T, B, H): the states that each time step started from."""
        return {name: shifted(self.states[name], self.initial[name], self.mask) for name in self.states}

    @cached_property
    def local(self) -> LocalJacobian:
        """The closed-form derivative of every time step, factors (T, B, H)."""
        a_h = self.cell.recurrent(self.weights)(self.previous["h"])
        return self.cell.jacobian(self.gates, self.previous, self.states, a_h)

    @property
    def last(self) -> np.ndarray:
        """(B,) computation-order index of each sequence's last computed step."""
        return len(self.mask) - 1 - np.argmax(self.mask[::-1], axis=0)

    def to_original(self, array: np.ndarray) -> np.ndarray:
        """(T, B, ...) in computation order -> (B, T, ...) in original time."""
        return np.swapaxes(array[::-1] if self.reverse else array, 0, 1)


def shifted(states: np.ndarray, initial: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The predecessor of each time step. (T, B, H), (B, H), (T, B) -> (T, B, H)."""
    previous = np.concatenate([initial[None], states[:-1]])
    if not mask.all():
        started = np.concatenate([np.zeros_like(mask[:1]), mask[:-1]])
        previous = np.where(started[..., None], previous, initial)
    return previous


def computed_order(array: np.ndarray, reverse: bool) -> np.ndarray:
    """(B, T, ...) in original time -> contiguous (T, B, ...) in computation order."""
    array = np.swapaxes(array, 0, 1)
    return np.ascontiguousarray(array[::-1] if reverse else array)


def layer_weights(weights: Mapping[str, np.ndarray], layer_name: str) -> dict[str, np.ndarray]:
    """The weights of one layer (`"l0"`, `"l1_reverse"`), under the names without the layer."""
    return {kind: weights[f"{kind}_{layer_name}"] for kind in WEIGHTS if f"{kind}_{layer_name}" in weights}


def stack_shapes(rows: int, inputs: int, hidden: int, num_layers: int, directions: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every weight of a stack, as torch.nn names them, layer by layer. rows: K, of all its gates."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(num_layers):
        below = hidden * directions if layer else inputs
        for suffix in (f"_l{layer}", f"_l{layer}_reverse")[:directions]:
            found = ((rows, below), (rows, hidden), (rows,), (rows,))
            shapes |= {kind + suffix: shape for kind, shape in zip(WEIGHTS, found, strict=True)}
    return shapes


def recover(
    cell: Cell,
    inputs: np.ndarray,
    h: np.ndarray,
    initial: Mapping[str, np.ndarray],
    weights: Mapping[str, np.ndarray],
    mask: np.ndarray,
    reverse: bool = False,
) -> Layer:
    """Recover gates and all states of a layer whose hidden states are known, without a loop over W.

    All arrays are in original time: inputs (B, T, D), h (B, T, H), mask (B, T), initial name -> (B, H).
    Both pre-activations are one matrix product for all time steps. States other than h (the LSTM's c)
    follow by an elementwise scan.
    """
    x, h, mask = (computed_order(array, reverse) for array in (inputs, h, mask))
    a_x = affine(x, weights["weight_ih"], weights.get("bias_ih"))
    h_previous = shifted(h, initial["h"], mask)
    gates, others = _scan(cell, a_x, cell.recurrent(weights)(h_previous), h_previous, initial, mask)
    kept = {name: gates[name] if mask.all() else np.where(mask[..., None], gates[name], 0) for name in cell.gates}
    return Layer(cell, reverse, x, mask, weights, initial, {"h": h, **others}, kept)


def _scan(cell, a_x, a_h, h_previous, initial, mask):
    """All gates at once where they read h alone; then, elementwise, the states other than h."""
    others = cell.states[1:]
    if not others:
        return cell.activate(a_x, a_h, {"h": h_previous}), {}
    gates = None if cell.peeks else cell.activate(a_x, a_h, {"h": h_previous})
    per_step: list[dict[str, np.ndarray]] = []
    current = {name: initial[name] for name in others}
    found = {name: np.zeros_like(h_previous) for name in others}
    whole = bool(mask.all())
    for t in range(len(h_previous)):
        previous = {"h": h_previous[t], **current}
        if gates is None:
            per_step.append(cell.activate(a_x[t], _at(a_h, t), previous))
        now = per_step[t] if gates is None else {name: gate[t] for name, gate in gates.items()}
        new = cell.update(now, previous)
        for name in others:
            valid = True if whole else mask[t][:, None]
            current[name] = new[name] if whole else np.where(valid, new[name], current[name])
            found[name][t] = new[name] if whole else np.where(valid, new[name], 0)
    if gates is None:
        gates = {name: np.stack([step[name] for step in per_step]) for name in per_step[0]}
    return gates, found


def _at(a_h, t):
    """One time step of what `Cell.activate` takes as a_h."""
    return [chunk if callable(chunk) else chunk[t] for chunk in a_h] if isinstance(a_h, list) else a_h[t]


def layer_of(trace: Trace, index: int) -> Layer:
    """Layer `index` (0 to L - 1) of a Trace, in computation order."""
    name = trace.layer_names[index]
    reverse = name.endswith("_reverse")

    def ordered(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {key: computed_order(array[index], reverse) for key, array in arrays.items()}

    return Layer(
        cell=CELLS[trace.cell],
        reverse=reverse,
        inputs=computed_order(trace.layer_inputs[index // trace.directions], reverse),
        mask=computed_order(trace.mask, reverse),
        weights=layer_weights(trace.weights, name),
        initial={key: array[index] for key, array in trace.initial_states.items()},
        states=ordered(trace.states),
        gates=ordered(trace.gates),
    )
