"""Bounded memory: how many sequences and losses gradient flow takes at once, and a Trace of some sequences."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnviz.trace import Trace

WORKING_MEMORY = 160e6  # bytes that a chunk is planned to take beside the result


def chunk_sizes(trace: Trace) -> tuple[int, int]:
    """How many sequences, and how many lanes, to take at once."""
    _, batch, time, units = trace.size
    item = trace.states["h"].itemsize
    others = len(trace.states) - 1
    stacked = len(trace.layer_inputs) > 1
    width = max(array.shape[-1] for array in trace.layer_inputs)
    sequence = item * (time * (32 * units + 2 * width) + 4 * units * units)  # a Layer, its Jacobian factors
    lane = item * units * (6 + 3 * others)  # what the recursion keeps
    lane += item * stacked * width * (2 * time + 2)  # gradients of the inputs, of this layer and the one above
    norm = item * time * (1 + 3 * others)
    sequences = int(min(max(WORKING_MEMORY // (sequence + min(time, 16) * (lane + norm)), 1), batch))
    lanes = (WORKING_MEMORY - sequences * sequence) // (sequences * lane + norm)
    return sequences, int(min(max(lanes, 1), time))


def some_sequences(trace: Trace, rows: slice) -> Trace:
    """What gradient flow needs of some sequences of a Trace."""

    def layered(arrays: Mapping[str, np.ndarray] | None) -> dict[str, np.ndarray]:
        return {name: array[:, rows] for name, array in (arrays or {}).items()}

    def plain(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else array[rows]

    return Trace(
        cell=trace.cell,
        layer_names=trace.layer_names,
        inputs=trace.inputs[rows],
        mask=trace.mask[rows],
        states=layered(trace.states),
        initial_states=layered(trace.initial_states),
        gates=layered(trace.gates),
        weights=trace.weights,
        layer_inputs=tuple(array[rows] for array in trace.layer_inputs),
        dropout_masks=tuple(plain(mask) for mask in trace.dropout_masks),
        output_grads=plain(trace.output_grads),
        final_state_grads=layered(trace.final_state_grads),
    )
