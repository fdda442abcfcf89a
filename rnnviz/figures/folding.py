"""A cell's graph as a reader draws it: what belongs to a gate folded into one box, the rest small circles.

A gate of the graph is some ten nodes: two products, two biases, the additions and the activation. A drawing has
one box for it. What is left, and acts unit by unit, are the circles: times, plus, one minus.
"""

from __future__ import annotations

from dataclasses import dataclass

from rnnviz.cells.description import Description, Node

ACTIVATIONS = {"sigmoid": "σ", "tanh": "tanh", "relu": "relu"}
SIGNS = {"add": "+", "subtract": "−", "multiply": "×", "same": "=", **ACTIVATIONS}
WEIGHTED = ("product", "bias")


@dataclass(frozen=True)
class Part:
    """One summand of what a box adds up. id: its node. kind: `"input"`, `"recurrent"`, `"bias"` or `"other"`.

    minus: whether it is subtracted.
    """

    id: str
    kind: str
    minus: bool = False


@dataclass(frozen=True)
class Item:
    """Something drawn.

    id: the node whose value it shows. kind: `"box"`, `"circle"`, `"previous"` (a state of the time step before),
    `"input"` (x) or `"next"` (a new state, handed on). sign: its operation as a reader writes it, of a box the
    activation (`"Σ"` where there is none). sources: ids of the nodes it reads. parts: what a box adds up.
    """

    id: str
    kind: str
    sign: str = ""
    sources: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


def fold(description: Description) -> list[Item]:
    """Everything that is drawn, each after what it reads; the new states, handed on, come last."""
    nodes = {node.id: node for node in description.nodes}
    found: dict[str, Item] = {}
    waiting = ["x", *(f"{name}_prev" for name in description.states), *description.states]
    while waiting:
        name = waiting.pop()
        if name in nodes and name not in found:  # a cell need not read all that it could
            found[name] = _item(nodes[name], nodes)
            waiting += found[name].sources
    placed = [found[node.id] for node in description.nodes if node.id in found]
    return placed + [Item(name, "next", sources=(name,)) for name in description.states]


def _item(node: Node, nodes: dict[str, Node]) -> Item:
    if node.op in ("input", "previous"):
        return Item(node.id, node.op)
    added = node.args[0] if node.op in ACTIVATIONS and not nodes[node.args[0]].name else node.id
    parts = _summands(nodes[added], nodes)
    if any(part.op in WEIGHTED for part, _ in parts):
        read = [part.args[0] if part.op == "product" else part.id for part, _ in parts if part.op != "bias"]
        sign = ACTIVATIONS[node.op] if added != node.id else "Σ"
        return Item(
            node.id, "box", sign, tuple(dict.fromkeys(read)), tuple(Part(p.id, _kind(p), minus) for p, minus in parts)
        )
    sources = tuple(dict.fromkeys(arg for arg in node.args if nodes[arg].op != "constant"))
    return Item(node.id, "circle", _sign(node, nodes), sources)


def _summands(node: Node, nodes: dict[str, Node], minus: bool = False) -> list[tuple[Node, bool]]:
    """What a node adds up, and whether with a minus, through sums that have no name of their own; else itself."""
    if node.op not in ("add", "subtract"):
        return [(node, minus)]
    found = []
    for k, arg in enumerate(nodes[name] for name in node.args):
        less = minus != (node.op == "subtract" and k == 1)
        found += [(arg, less)] if arg.name else _summands(arg, nodes, less)
    return found


def _kind(part: Node) -> str:
    kinds = {"weight_ih": "input", "weight_hh": "recurrent", "bias_ih": "bias", "bias_hh": "bias"}
    return kinds.get(part.weight, "other")


def _sign(node: Node, nodes: dict[str, Node]) -> str:
    """The sign of a circle; a number that it works with stands in it: `1−`, `×0.5`."""
    numbers = [f"{nodes[arg].value:g}" if nodes[arg].op == "constant" else "" for arg in node.args]
    if len(numbers) < 2:
        return SIGNS[node.op]
    left, right = numbers if node.op == "subtract" else ("", "".join(numbers))
    return ("" if left == "0" else left) + SIGNS[node.op] + right
