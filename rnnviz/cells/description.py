"""A cell as a graph, got by running the cell's own code on symbolic arrays: its one description.

Diagrams, equations and the calculator in the browser are all made from it, so a new cell has them too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnviz.cells.expression import Expression, Term
from rnnviz.cells.ops import relu, sigmoid, tanh
from rnnviz.cells.source import code_lines
from rnnviz.cells.typeset import right_hand_side, symbol

if TYPE_CHECKING:
    from rnnviz.cells.base import Cell

TENSORS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
ELEMENTWISE: dict[str, Callable[..., np.ndarray]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "same": lambda a: a,
}


@dataclass(frozen=True)
class Node:
    """One operation of the graph; its value is an array (..., H), that of `x` (..., D).

    id: unique; of a gate, a new state or a named pre-activation its name, else `x`, `h_prev`, `weight_ih[f]`
    (the product with these rows), `bias_ih[f]`, `add_1`. op: as in `Term`, and `same` (what args[0] is, under
    another name). args: ids of earlier nodes. name: the quantity that it is, or the previous state it reads.
    """

    id: str
    op: str
    args: tuple[str, ...]
    name: str = ""
    weight: str = ""
    chunk: str = ""
    value: float = 0.0

    @property
    def tensor(self) -> str:
        """The part of a weight that it uses (`weight_ih[f]`), or nothing."""
        return f"{self.weight}[{self.chunk}]" if self.weight else ""

    @property
    def quantity(self) -> str:
        """The gate, state or pre-activation of this time step that it is, or nothing."""
        return "" if self.op == "previous" else self.name


@dataclass(frozen=True)
class Equation:
    """One line of a cell's definition.

    quantity: the symbol it defines (`"f"`, `"c"`, `"h"`); figures colour it by this. latex: the line in LaTeX;
    words: the same in one short sentence; code: the cell's own source for it (empty where it cannot be read);
    tensors: the parts of the weights in it (`"weight_ih[f]"`).
    """

    quantity: str
    latex: str
    words: str = ""
    code: str = ""
    tensors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Description:
    """The graph of one time step. nodes: in an order in which they can be computed; the rest as in `Cell`."""

    cell: str
    label: str
    states: tuple[str, ...]
    gates: tuple[str, ...]
    chunks: tuple[str, ...]
    convention: str
    nodes: tuple[Node, ...]
    equations: tuple[Equation, ...]

    def to_plain(self) -> dict[str, Any]:
        """Nested dictionaries and lists, ready for JSON."""
        return asdict(self)


def describe(cell: Cell) -> Description:
    """Run `activate` and `update` of a cell on symbolic arrays and write down what they do.

    Raises TypeError or AttributeError where the cell is written with more than +, -, * and the functions of `ops`.
    """
    x = Expression([Term("input")])
    previous = {name: Expression([Term("previous", name=name)]) for name in cell.states}
    a_x = Expression(_affine("ih", chunk, x).term for chunk in cell.chunks)
    gates = cell.activate(a_x, _recurrent(cell, previous["h"]), previous)
    states = cell.update(gates, previous)
    quantities = {name: gate.term for name, gate in gates.items()}
    quantities |= {name: states[name].term for name in (*cell.states[1:], "h")}  # h may read the others
    nodes = _Order(quantities).nodes
    by_id = {node.id: node for node in nodes}
    code = code_lines(cell.activate, gates) | code_lines(cell.update, states)
    equations = tuple(
        Equation(
            quantity=node.id,
            latex=f"{symbol(node)} = {right_hand_side(node, by_id, cell.chunks)}",
            words=cell.words.get(node.id, ""),
            code=code.get(node.id, ""),
            tensors=_tensors(node, by_id),
        )
        for node in nodes
        if node.quantity
    )
    return Description(
        cell.name, cell.label, cell.states, cell.gates, cell.chunks, cell.convention, tuple(nodes), equations
    )


def evaluate(
    description: Description, x: np.ndarray, previous: Mapping[str, np.ndarray], weights: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The value of every node: x (..., D), previous states (..., H) -> id: (..., H).

    weights: as in `Cell.step`; an absent bias is zero.
    """
    units = weights["weight_hh"].shape[1]
    values: dict[str, np.ndarray] = {}
    for node in description.nodes:
        args = [values[arg] for arg in node.args]
        if node.weight:
            k = description.chunks.index(node.chunk)
            rows = slice(k * units, (k + 1) * units)
        if node.op == "input":
            values[node.id] = x
        elif node.op == "previous":
            values[node.id] = previous[node.name]
        elif node.op == "constant":
            values[node.id] = np.full_like(previous["h"], node.value)
        elif node.op == "product":
            values[node.id] = args[0] @ weights[node.weight][rows].T
        elif node.op == "bias":
            bias = weights.get(node.weight)
            values[node.id] = np.zeros_like(previous["h"]) + (0 if bias is None else bias[rows])
        else:
            values[node.id] = ELEMENTWISE[node.op](*args)
    return values


def _affine(kind: str, chunk: str, read: Expression) -> Expression:
    """The rows of one chunk, W u + b. kind: `ih` or `hh`."""
    product = Term("product", (read.term,), weight=f"weight_{kind}", chunk=chunk)
    return Expression([product]) + Expression([Term("bias", weight=f"bias_{kind}", chunk=chunk)])


def _recurrent(cell: Cell, h: Expression) -> Any:
    """`Cell.recurrent`, in symbols."""
    if not cell.reads:
        return Expression(_affine("hh", chunk, h).term for chunk in cell.chunks)
    return [partial(_affine, "hh", chunk) if chunk in cell.reads else _affine("hh", chunk, h) for chunk in cell.chunks]


class _Order:
    """Terms laid out as nodes, each once, what it reads before it. quantities: name -> its term."""

    def __init__(self, quantities: Mapping[str, Term]) -> None:
        self.nodes: list[Node] = []
        self.ids: dict[Term, str] = {}
        self.names: dict[Term, str] = {}
        for name, term in quantities.items():
            if term.op not in ("input", "previous", "constant"):
                self.names.setdefault(term, name)
        for name, term in quantities.items():
            found = self.place(term)
            if found != name:
                self.nodes.append(Node(name, "same", (found,), name))

    def place(self, term: Term) -> str:
        """The id of the term's node, which is made, after those of its arguments, where there is none yet."""
        if term not in self.ids:
            args = tuple(self.place(arg) for arg in term.args)
            name = self.names.get(term, term.name)
            self.ids[term] = found = self._free_id(term)
            self.nodes.append(Node(found, term.op, args, name, term.weight, term.chunk, term.value))
        return self.ids[term]

    def _free_id(self, term: Term) -> str:
        if term in self.names:
            return self.names[term]
        if term.op in ("input", "previous"):
            return "x" if term.op == "input" else f"{term.name}_prev"
        base = f"{term.weight}[{term.chunk}]" if term.weight else term.op
        same = sum(node.id == base or node.id.startswith(f"{base}_") for node in self.nodes)
        return base if term.weight and not same else f"{base}_{same + 1}"


def _tensors(node: Node, nodes: Mapping[str, Node]) -> tuple[str, ...]:
    """The parts of the weights that a quantity is computed with, in torch's order."""
    found: set[tuple[int, str]] = set()
    waiting = [nodes[arg] for arg in node.args]
    while waiting:
        one = waiting.pop()
        if not one.quantity:
            found |= {(TENSORS.index(one.weight), one.tensor)} if one.weight else set()
            waiting += [nodes[arg] for arg in one.args]
    return tuple(tensor for _, tensor in sorted(found))
