"""The stack once more, one layer at a time, for what the fused call does not give away.

Torch returns the top layer only. The layers below it are computed again from the copies, by the same fused
kernel, in the same gradient mode, one layer a call; on a CPU the result equals the first pass bit for bit.
Dropout masks are drawn from a generator of our own, set to the state that the model's had before the pass,
in torch's order and layout. The replayed top layer is compared with the recorded one.
"""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnviz.cells.layer import WEIGHTS
from rnnviz.recording.errors import RecordingError, named
from rnnviz.recording.passes import Pass

TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}  # of the comparison, times max(1, size)


@dataclass(frozen=True)
class Stack:
    """Per torch layer, in the inner layout: what it saw (after dropout), what it gave, the factors of dropout."""

    inputs: list[Tensor]
    outputs: list[Tensor]
    masks: list[Tensor | None]


def replay(one: Pass) -> Stack:
    """Inputs and outputs of every layer of a recorded pass.

    Raises RecordingError where the replayed top layer is not the recorded one.
    """
    if one.num_layers == 1:
        return Stack([one.inputs], [one.output], [None])
    device = one.inputs.device
    generator = None
    if one.random_state is not None:
        generator = torch.Generator(device=device)
        generator.set_state(one.random_state)
    stack = Stack([], [], [])
    current = one.inputs
    with ExitStack() as contexts:
        contexts.enter_context(torch.autocast(device.type, enabled=False))
        # Torch takes other kernels where a graph is recorded; the same ones give the same bits.
        contexts.enter_context(torch.set_grad_enabled(one.grad_mode))
        if device.type == "cuda":  # the copies are not one block of memory, which is slower but right
            contexts.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous")
        for k in range(one.num_layers):
            mask = _dropout_mask(current, one.dropout, generator) if k and one.dropout else None
            current = current if mask is None else current * mask
            stack.inputs.append(current)
            stack.masks.append(mask)
            current = _fused_layer(one, k, current) if one.fused else _loop_layer(one, k, current)
            stack.outputs.append(current)
    _compare(one, current.detach())
    stack.outputs[-1] = one.output
    return stack


def _dropout_mask(like: Tensor, probability: float, generator: torch.Generator | None) -> Tensor:
    """The factors that torch's dropout draws: 0 with `probability`, else 1 / (1 - probability)."""
    if probability >= 1:
        return torch.zeros_like(like)  # torch draws nothing then
    return torch.empty_like(like).bernoulli_(1 - probability, generator=generator).div_(1 - probability)


def _fused_layer(one: Pass, k: int, inputs: Tensor) -> Tensor:
    """Layer k of the stack by torch's own kernel. (T, B, D) or packed (N, D) -> the same with H * directions."""
    directions = one.directions
    weights = [
        weight
        for name in one.layer_names[k * directions : (k + 1) * directions]
        for weight in _layer_weights(one, name).values()
    ]
    initial = [one.layout.sorted(one.initial[s][k * directions : (k + 1) * directions]) for s in one.cell.states]
    hx = tuple(initial) if len(initial) > 1 else initial[0]
    function = getattr(torch, str(one.fused).lower())  # torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu
    biased = len(weights) == 4 * directions
    options = (biased, 1, 0.0, one.training, one.bidirectional)  # one layer, no dropout
    if one.layout.batch_sizes is not None:
        return function(inputs, one.layout.batch_sizes, hx, weights, *options)[0]
    return function(inputs, hx, weights, *options, False)[0]


def _loop_layer(one: Pass, k: int, inputs: Tensor) -> Tensor:
    """Layer k of a generic loop, which has no fused kernel: the cell's own step. Shapes as in _fused_layer."""
    sizes = one.layout.batch_sizes
    xs = inputs.unbind() if sizes is None else inputs.split(sizes.tolist())
    halves = []
    for index in range(k * one.directions, (k + 1) * one.directions):
        reverse = one.layer_names[index].endswith("_reverse")
        weights = _layer_weights(one, one.layer_names[index])
        states = {name: one.layout.sorted(initial)[index] for name, initial in one.initial.items()}
        outputs = []
        for x in reversed(xs) if reverse else xs:
            new, _ = one.cell.step(x, {name: state[: len(x)] for name, state in states.items()}, weights)
            # sorted by length: the sequences that are over, or have not begun, come last and wait
            states = {name: torch.cat([new[name], state[len(x) :]]) for name, state in states.items()}
            outputs.append(new["h"])
        outputs = outputs[::-1] if reverse else outputs
        halves.append(torch.stack(outputs) if sizes is None else torch.cat(outputs))
    return torch.cat(halves, dim=-1)


def _layer_weights(one: Pass, layer_name: str) -> dict[str, Tensor]:
    named_weights = {kind: one.weights.get(f"{kind}_{layer_name}") for kind in WEIGHTS}
    return {kind: weight for kind, weight in named_weights.items() if weight is not None}


def _compare(one: Pass, top: Tensor) -> None:
    if torch.equal(top, one.output):
        return
    tolerance = TOLERANCE[top.dtype]
    if torch.allclose(top, one.output, rtol=tolerance, atol=tolerance, equal_nan=True):
        return
    worst = (top - one.output).abs().max().item()
    remedy = (
        "Its dropout masks could not be drawn again; call .eval() on the model for the recorded pass"
        if one.dropout
        else "Does it change its output or its weights in a forward method of its own?"
    )
    raise RecordingError(
        f"{named(one.path)}: computing the pass again gave another output (largest difference "
        f"{worst:.2g}), so the states of its lower layers are not known. {remedy}."
    )
