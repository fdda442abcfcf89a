"""From what the hooks copied to a Trace: states and gates by recovery, total gradients by one recursion."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from rnnviz.cells.backward import input_gradient, total_gradients
from rnnviz.cells.layer import Layer, layer_weights, recover
from rnnviz.recording.errors import RecordingError, named
from rnnviz.recording.passes import Pass
from rnnviz.recording.replay import replay
from rnnviz.trace import Trace


def build(one: Pass) -> Trace:
    """The Trace of one pass. Raises RecordingError where the pass cannot be known."""
    if one.written:
        raise RecordingError(written_in_place(one))
    stack, original = replay(one), one.layout.original
    inputs = tuple(original(each) for each in stack.inputs)
    outputs = [original(each) for each in stack.outputs]
    masks = tuple(None if each is None else original(each) for each in stack.masks)
    weights = {name: weight.detach().cpu().numpy() for name, weight in one.weights.items()}
    initial = {name: state.detach().cpu().numpy() for name, state in one.initial.items()}
    units = initial["h"].shape[-1]
    layers = []
    for index, name in enumerate(one.layer_names):
        k, direction = divmod(index, one.directions)
        layers.append(
            recover(
                one.cell,
                inputs[k],
                outputs[k][..., direction * units : (direction + 1) * units],
                {state: array[index] for state, array in initial.items()},
                layer_weights(weights, name),
                one.layout.mask,
                reverse=name.endswith("_reverse"),
            )
        )
    return Trace(
        cell=one.cell.name,
        layer_names=one.layer_names,
        inputs=inputs[0],
        mask=one.layout.mask,
        states={name: _stacked(layers, [each.states[name] for each in layers]) for name in one.cell.states},
        initial_states=initial,
        gates={name: _stacked(layers, [each.gates[name] for each in layers]) for name in one.cell.gates},
        weights=weights,
        layer_inputs=inputs,
        dropout_masks=masks,
        why_no_grads=one.why_no_grads,
        **(_gradients(one, layers, masks) if one.why_no_grads is None else {}),
    )


def written_in_place(one: Pass) -> str:
    return (
        f"{named(one.path)} had its output written in place after its forward pass, so the output is no longer "
        "what it gave: use an operation that returns a new tensor (out = out * 2 instead of out *= 2)."
    )


def _gradients(one: Pass, layers: list[Layer], masks: tuple[np.ndarray | None, ...]) -> dict[str, Any]:
    """The four gradient fields, from the top layer down.

    What enters a layer's outputs is the output gradient (top) or what the layer above passed to its input,
    both directions added, times the factors of dropout (below). The gradients of the final states enter at
    each sequence's last computed step.
    """
    final = {
        name: (one.grads[name] if name in one.grads else torch.zeros_like(initial)).cpu().numpy()
        for name, initial in one.initial.items()
    }
    given = one.grads.get("output")
    arriving = one.layout.original(torch.zeros_like(one.output) if given is None else given)
    output_grads = arriving
    directions, units = one.directions, final["h"].shape[-1]
    totals: list[dict[str, np.ndarray]] = [{}] * len(layers)
    for k in reversed(range(one.num_layers)):
        below: Any = 0
        for direction in range(directions):
            index = k * directions + direction
            layer = layers[index]
            columns = arriving[..., direction * units : (direction + 1) * units]
            totals[index] = total_gradients(layer, columns, {name: final[name][index] for name in final})
            below = below + layer.to_original(input_gradient(layer, totals[index]))
        mask = masks[k]
        arriving = below if mask is None else below * mask
    return {
        "state_grads": {name: _stacked(layers, [each[name] for each in totals]) for name in final},
        "output_grads": output_grads,
        "final_state_grads": final,
        "input_grads": arriving,
    }


def _stacked(layers: list[Layer], arrays: list[np.ndarray]) -> np.ndarray:
    """L arrays (T, B, H), each in its layer's computation order -> (L, B, T, H) in original time."""
    return np.stack([layer.to_original(array) for layer, array in zip(layers, arrays, strict=True)])
