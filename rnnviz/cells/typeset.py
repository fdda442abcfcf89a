r"""The equations of a cell's graph in LaTeX, in the letters of the textbooks.

W_{if}: from the input to f; W_{hf}: from the hidden state to f. b_{if}, b_{hf} are torch's two biases, and b_f is
their sum where the two are added up. The only matrices of a cell without gates are W_{ih} and W_{hh}, as in torch.
\odot multiplies unit by unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnnviz.cells.description import Node

FUNCTIONS = {"sigmoid": r"\sigma(%s)", "tanh": r"\tanh(%s)", "relu": r"\max(%s, 0)"}


def symbol(node: Node) -> str:
    """A quantity of this time step (`f_t`), a previous state (`h_{t-1}`) or the input (`x_t`)."""
    if node.op == "input":
        return "x_t"
    return f"{_letter(node.name)}_" + ("{t-1}" if node.op == "previous" else "t")


def right_hand_side(node: Node, nodes: Mapping[str, Node], chunks: Sequence[str]) -> str:
    """What a quantity is computed from, other quantities by their symbols. nodes: by id."""
    return _Typeset(nodes, chunks)(node)


class _Typeset:
    def __init__(self, nodes: Mapping[str, Node], chunks: Sequence[str]) -> None:
        self.nodes, self.chunks = nodes, chunks

    def __call__(self, node: Node) -> str:
        args = [self.nodes[arg] for arg in node.args]
        if node.op in FUNCTIONS:
            return FUNCTIONS[node.op] % self.inner(args[0])
        if node.op in ("add", "subtract"):
            return self.sum(node)
        if node.op == "multiply":
            between = " " if args[0].op == "constant" else r" \odot "
            return between.join(self.factor(arg) for arg in args)
        if node.op == "product":
            read = self.inner(args[0])
            return f"W_{{{self.index(node)}}} " + (read if _is_symbol(args[0]) else f"({read})")
        if node.op == "bias":
            return f"b_{{{self.index(node)}}}"
        if node.op == "constant":
            return f"{node.value:g}"
        return self.inner(args[0])  # the same under another name

    def inner(self, node: Node) -> str:
        return symbol(node) if _is_symbol(node) else self(node)

    def factor(self, node: Node) -> str:
        return f"({self(node)})" if self.is_sum(node) else self.inner(node)

    def sum(self, node: Node) -> str:
        """All that is added up, with torch's two biases of one chunk as one."""
        signed = self.addends(node)
        added = {one.tensor for _, one in signed if one.op == "bias"}
        text = ""
        for sign, one in signed:
            both = {f"bias_ih[{one.chunk}]", f"bias_hh[{one.chunk}]"} <= added
            zero = one.op == "constant" and one.value == 0  # -a is computed as 0 - a
            if zero or (both and one.tensor.startswith("bias_ih")):
                continue
            if both and one.tensor.startswith("bias_hh"):
                written = f"b_{self.to(one)}"
            else:
                written = self.factor(one) if sign == "-" else self.inner(one)
            text += f" {sign} {written}" if text else written if sign == "+" else f"-{written}"
        return text

    def addends(self, node: Node) -> list[tuple[str, Node]]:
        """The signs and parts of a sum, sums within it taken apart."""
        left, right = (self.nodes[arg] for arg in node.args)
        first = self.addends(left) if self.is_sum(left) else [("+", left)]
        if node.op == "add" and self.is_sum(right):
            return [*first, *self.addends(right)]
        return [*first, ("+" if node.op == "add" else "-", right)]

    def is_sum(self, node: Node) -> bool:
        return node.op in ("add", "subtract") and not _is_symbol(node)

    def index(self, node: Node) -> str:
        """The two letters below a matrix or bias: where it leads from (i, h) and to."""
        return node.weight[-2] + ("" if len(self.to(node)) == 1 else ",") + self.to(node)

    def to(self, node: Node) -> str:
        return "h" if len(self.chunks) == 1 else _letter(node.chunk)


def _is_symbol(node: Node) -> bool:
    return bool(node.name) or node.op == "input"


def _letter(name: str) -> str:
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"
