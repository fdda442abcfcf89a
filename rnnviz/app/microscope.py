"""What the browser's microscope gets: one sequence of a Trace, the weights, and the drawing of the cell, as bytes.

Packed as for every component (`component.packed`), the arrays float32: `inputs`; per layer `l0/input`, `l0/state/h`,
`l0/gate/f`, `l0/initial/h`, `l0/weight_ih`, ...; `model/readout.weight` and `model/readout.bias`, where outputs are
made of h alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from rnnviz.app.component import packed
from rnnviz.cells import CELLS, Cell
from rnnviz.cells.layer import WEIGHTS
from rnnviz.figures.colours import BAD, DIVERGING, INK, colour_of
from rnnviz.figures.diagram import layout
from rnnviz.figures.equations import text_colour
from rnnviz.glossary import lookup
from rnnviz.trace import Trace

LIMIT = 8 * 2**20  # bytes of one payload
READOUT = ("readout.weight", "readout.bias")


class TooLarge(ValueError):
    """One sequence and its network do not fit into a payload. The message says what would."""


def payload(trace: Trace, sequence: int = 0, **more: Any) -> bytes:
    """One sequence of a trace, cut to its length, and all that is drawn of its cell. more: goes into the header.

    Raises TooLarge beyond LIMIT.
    """
    arrays = dict(_arrays(trace, sequence))
    size = 4 * sum(array.size for array in arrays.values())
    if size > LIMIT:
        raise TooLarge(_too_large(trace, sequence, size))
    cell = CELLS[trace.cell]
    forms = [cell, *variants(cell)]
    names = [*cell.states, *(node.name for node in cell.description.nodes if node.quantity), "x"]
    header = {
        "description": cell.description.to_plain(),
        "variants": [other.description.to_plain() for other in forms[1:]],
        "layouts": {each.name: layout(each.description) for each in forms},
        "colours": {name: colour for each in reversed(forms) for name, colour in colours(each).items()},
        "scale": DIVERGING,
        "bad": BAD,
        "words": {name: {"label": lookup(name).label, "meaning": lookup(name).meaning} for name in names},
        "bounds": {name: lookup(name).bounds for name in names},
        "layers": trace.layer_names,
        "step": trace.step,
        "sequence": sequence,
        "labels": trace.labels,
        **more,
    }
    return packed(header, arrays, "<f4")


def variants(cell: Cell) -> list[Cell]:
    """Other cells with the same states and chunks: they take the same weights to other results."""
    same = (cell.states, cell.chunks)
    return [other for other in CELLS.values() if other.name != cell.name and (other.states, other.chunks) == same]


def colours(cell: Cell) -> dict[str, dict[str, str] | None]:
    """Node -> its colour on light and dark pages; None for plain ink.

    What is named has the colour of its kind, a part of a gate that of the gate. What only changes another's value
    unit by unit, or carries a state along, keeps its colour.
    """
    found: dict[str, str] = {}
    items = layout(cell.description)["items"]
    rails = {item["y"]: item["id"] for item in items if item["kind"] == "next"}
    heights = {item["id"]: item["y"] for item in items if item["kind"] == "circle"}
    constants = {node.id for node in cell.description.nodes if node.op == "constant"}
    for node in cell.description.nodes:
        if node.name or node.chunk:
            found[node.id] = colour_of(node.name or node.chunk)
        elif heights.get(node.id) in rails:
            found[node.id] = colour_of(rails[heights[node.id]])
        else:
            read = {found[arg] for arg in node.args if arg not in constants}
            found[node.id] = read.pop() if len(read) == 1 else INK
    return {
        name: None if colour == INK else {"light": text_colour(colour), "dark": text_colour(colour, dark=True)}
        for name, colour in found.items()
    }


def _arrays(trace: Trace, sequence: int) -> Iterator[tuple[str, np.ndarray]]:
    end = int(trace.lengths[sequence])
    yield "inputs", trace.inputs[sequence, :end]
    for k, layer in enumerate(trace.layer_names):
        yield f"{layer}/input", trace.layer_inputs[k // trace.directions][sequence, :end]
        for kind in WEIGHTS:
            if f"{kind}_{layer}" in trace.weights:
                yield f"{layer}/{kind}", trace.weights[f"{kind}_{layer}"]
        for name, states in trace.states.items():
            yield f"{layer}/state/{name}", states[k, sequence, :end]
            yield f"{layer}/initial/{name}", trace.initial_states[name][k, sequence]
        for name, gates in trace.gates.items():
            yield f"{layer}/gate/{name}", gates[k, sequence, :end]
    if "combine.weight" not in trace.model_weights:  # with attention, the readout reads something else than h
        for name in READOUT:
            if name in trace.model_weights:
                yield f"model/{name}", trace.model_weights[name]


def _too_large(trace: Trace, sequence: int, size: int) -> str:
    layers, _, _, units = trace.size
    fits = int(units * (LIMIT / size) ** 0.5)
    return (
        f"The microscope shows every number of a network, and this one has too many for a browser: {layers} "
        f"layer{'s' * (layers > 1)} of {units} units over {int(trace.lengths[sequence])} time steps are "
        f"{size / 2**20:.1f} MB, and {LIMIT // 2**20} MB is the most. Choose a hidden size of at most {fits}, or fewer "
        "layers, or shorter sequences."
    )
