"""What the browser needs to draw a network unrolled through time: the norms along one sequence, sent once.

Packed as for every component (`component.packed`), the arrays float64. A network is one segment, or two: an encoder
and a decoder. Of segment n, with L layers (directions counted), T time steps and W windows of truncated
back-propagation, the last of which is T:

    n/<state>          (L, T)     norm of the state over the units
    n/total/<state>    (W, L, T)  norm of dLoss/dstate_t
    n/passed/<state>   (W, L, T)  of the part that came along the recurrent edge
    n/down             (W, E, T)  of what a layer passes to the one below, by the segment's `edges`
    n/loss             (L, T)     of what enters from the loss
    n/link/<state>     (L,)       of what comes back from the next segment into the final states
    n/inputs           (T, D), n/outputs (2, T): output and target, n/given (D,); attention (T, S)

Everything else about the picture is decided in the browser (`assets/unrolled/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rnnviz.analysis.norms import norms
from rnnviz.analysis.truncation import TruncatedGradients, truncated_gradients
from rnnviz.app.component import packed
from rnnviz.app.unrolled_labels import Labels, given_of, inputs_of, outputs_of, written_of
from rnnviz.cells import CELLS
from rnnviz.figures.colours import BAD, ZERO, colour_of
from rnnviz.shapes import SHAPES
from rnnviz.tasks.base import Batch, Task
from rnnviz.trace import Trace

WINDOWS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700)
SECONDS = 0.15  # that the windows of one drawing may take
INPUT = -1  # the lower end of an edge that leads to the inputs

Arrays = dict[str, np.ndarray]


def payload(trace: Trace, task: Task, sequence: int, seconds: float = SECONDS) -> bytes:
    """The drawing of one recorded sequence of the task's probe. seconds: how long its windows may take, roughly."""
    return packed(*drawing(trace, task, sequence, seconds), "<f8")


def drawing(trace: Trace, task: Task, sequence: int, seconds: float = SECONDS) -> tuple[dict[str, Any], Arrays]:
    """The header and the arrays by name."""
    batch, steps = task.probe(), int(trace.lengths[sequence])
    shape = SHAPES[task.shape]
    parts = [trace] if trace.encoder is None else [trace.encoder, trace]
    alone = [one_sequence(part, sequence) for part in parts]
    windows = windows_of(alone[0], seconds) if len(parts) == 1 else [max(part.size[2] for part in alone)]
    arrays: Arrays = {}
    segments = []
    for n, part in enumerate(alone):
        last = n == len(alone) - 1
        name = "" if not shape.writes else "Decoder" if last else "Encoder"
        segments.append(_segment(n, name, part, windows, last, arrays))
    first, decoder = segments[0], segments[-1]
    if shape.writes:
        _label(decoder, "inputs", "0" if len(parts) == 1 else "1", written_of(task, batch, sequence, steps), arrays)
    if shape.encodes or not shape.writes:
        _label(first, "inputs", "0", inputs_of(task, batch, sequence, alone[0].size[2]), arrays)
    elif batch.inputs.ndim == 2:
        _label(decoder, "given", "0", given_of(batch, sequence), arrays)
    answers = outputs_of(trace, sequence, steps, _counts(batch))
    if answers:
        _label(decoder, "outputs", str(len(parts) - 1), answers, arrays)
    if trace.attention is not None:
        arrays["attention"] = trace.attention[sequence, :steps, : alone[0].size[2]].astype(float)
    header = {
        "cell": CELLS[trace.cell].label,
        "states": list(trace.states),
        "colours": {name: colour_of(name) for name in trace.states} | {"zero": ZERO, "bad": BAD},
        "step": trace.step,
        "sequence": sequence,
        "windows": windows if trace.has_grads else [],
        "why": "" if trace.has_grads else f"No gradients were recorded: {trace.why_no_grads}.",
        "segments": segments,
    }
    return header, arrays


def one_sequence(trace: Trace, sequence: int) -> Trace:
    """The Trace of one sequence, its own time steps only, in float64: B = 1, nothing is padded."""
    row, steps = slice(sequence, sequence + 1), int(trace.lengths[sequence])

    def layered(arrays: Mapping[str, np.ndarray]) -> Arrays:  # (L, B, T, H) or (L, B, H)
        return {k: v[:, row, :steps] if v.ndim == 4 else v[:, row] for k, v in _wide(arrays).items()}

    def plain(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else array[row, :steps].astype(float)

    return replace(
        trace,
        inputs=trace.inputs[row, :steps].astype(float),
        mask=trace.mask[row, :steps],
        states=layered(trace.states),
        initial_states=layered(trace.initial_states),
        gates=layered(trace.gates),
        weights=_wide(trace.weights),
        layer_inputs=tuple(array[row, :steps].astype(float) for array in trace.layer_inputs),
        dropout_masks=tuple(plain(mask) for mask in trace.dropout_masks),
        state_grads=None if trace.state_grads is None else layered(trace.state_grads),
        output_grads=plain(trace.output_grads),
        final_state_grads=None if trace.final_state_grads is None else layered(trace.final_state_grads),
        input_grads=plain(trace.input_grads),
        outputs=None,
        targets=None,
        model_weights={},
        attention=None,
        encoder=None,
    )


def windows_of(trace: Trace, seconds: float) -> list[int]:
    """Windows of truncated back-propagation, ascending, the last all of T; fewer where they would take too long."""
    layers, _, time, units = trace.size
    width = max(array.shape[-1] for array in trace.layer_inputs)
    rows = len(trace.weights[f"weight_hh_{trace.layer_names[0]}"])
    each = layers * (5e-4 + time * rows * (units + width) / 2.5e9)  # measured: products of matrices
    shorter = [k for k in WINDOWS if k < time]
    while shorter and sum(each + layers * 2.5e-5 * k for k in shorter) > seconds:  # and loops of k time steps
        shorter = shorter[:-1:2]
    return [*shorter, time]


def _segment(n: int, name: str, trace: Trace, windows: list[int], last: bool, arrays: Arrays) -> dict[str, Any]:
    """The header of one segment; its norms go into `arrays`. last: the loss enters here, through final states too."""
    layers, _, time, units = trace.size
    levels = [k // trace.directions for k in range(layers)]
    edges = [
        (upper, lower if levels[upper] else INPUT)
        for upper in range(layers)
        for lower in (range(layers) if levels[upper] else (0,))
        if not levels[upper] or levels[lower] == levels[upper] - 1
    ]
    for state, values in trace.states.items():
        arrays[f"{n}/{state}"] = norms(values[:, 0])
    if trace.has_grads:
        found = [truncated_gradients(trace, window) for window in windows]
        for state in trace.states:
            arrays[f"{n}/total/{state}"] = np.stack([norms(each.total[state][:, 0]) for each in found])
            arrays[f"{n}/passed/{state}"] = np.stack([norms(each.passed[state][:, 0]) for each in found])
        arrays[f"{n}/down"] = np.stack([[_down(each, units, trace, *edge) for edge in edges] for each in found])
        arrays[f"{n}/loss"] = norms(_from_loss(trace, final=last))
        if not last:
            assert trace.final_state_grads is not None
            for state, gradient in trace.final_state_grads.items():
                arrays[f"{n}/link/{state}"] = norms(gradient[:, 0])
    return {
        "name": name,
        "steps": time,
        "layers": [
            {"name": layer, "level": level, "reverse": layer.endswith("_reverse")}
            for layer, level in zip(trace.layer_names, levels, strict=True)
        ],
        "edges": edges,
    }


def _down(found: TruncatedGradients, units: int, trace: Trace, upper: int, lower: int) -> np.ndarray:
    """(T,) norm of what layer `upper` passes to layer `lower`, or to the inputs."""
    gradient = found.down[upper][0]
    if lower != INPUT:
        direction = lower % trace.directions
        gradient = gradient[:, direction * units : (direction + 1) * units]
    return norms(gradient)


def _from_loss(trace: Trace, final: bool) -> np.ndarray:
    """(L, T, H): what enters through the outputs (top layer) and, with `final`, through the last h of every layer."""
    layers, _, time, units = trace.size
    entering = np.zeros((layers, time, units))
    assert trace.output_grads is not None and trace.final_state_grads is not None
    for direction in range(trace.directions):
        own = trace.output_grads[0, :, direction * units : (direction + 1) * units]
        entering[layers - trace.directions + direction] += own
    for k, layer in enumerate(trace.layer_names if final else ()):
        entering[k, 0 if layer.endswith("_reverse") else time - 1] += trace.final_state_grads["h"][k, 0]
    return entering


def _label(segment: dict[str, Any], what: str, n: str, labels: Labels, arrays: Arrays) -> None:
    segment[what], numbers = labels
    if numbers is not None:
        arrays[f"{n}/{what}"] = numbers


def _counts(batch: Batch) -> np.ndarray | None:
    return batch.judged if batch.judged is not None else batch.counts


def _wide(arrays: Mapping[str, np.ndarray]) -> Arrays:
    return {name: array.astype(float) for name, array in arrays.items()}
