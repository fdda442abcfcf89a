"""Symbolic arrays. Running a cell's own code on them gives the graph of what the cell computes.

An Expression stands for an array and answers to what cells are written with: +, -, *, numbers, slices of the
last axis, and the functions of `ops`. Each of its entries is a Term, a node of the graph that stands for all
units of one chunk, since a cell treats them alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One operation on other terms; two terms are the same where they compute the same.

    op: `input` (x_t), `previous` (state `name` of t-1), `product` (rows `chunk` of `weight`, times args[0]),
    `bias` (entries `chunk` of `weight`), `constant` (`value`), or, elementwise, `add`, `subtract`, `multiply`,
    `sigmoid`, `tanh`, `relu`.
    """

    op: str
    args: tuple[Term, ...] = ()
    name: str = ""
    weight: str = ""
    chunk: str = ""
    value: float = 0.0


class Expression:
    """A symbolic array of shape (n,): one entry for each of n chunks. Arithmetic is elementwise."""

    __array_ufunc__ = None  # a numpy number on the left leaves the arithmetic to this class

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(terms)

    @property
    def term(self) -> Term:
        """The only entry. Raises ValueError where there are several."""
        (only,) = self.terms
        return only

    @property
    def shape(self) -> tuple[int]:
        return (len(self.terms),)

    def __getitem__(self, index: tuple) -> Expression:
        """A slice of the last axis: a[..., k : k + 1]."""
        return Expression(self.terms[index[-1]])

    def __add__(self, other):
        return self._with("add", other)

    def __radd__(self, other):
        return _expression(other)._with("add", self)

    def __sub__(self, other):
        return self._with("subtract", other)

    def __rsub__(self, other):
        return _expression(other)._with("subtract", self)

    def __mul__(self, other):
        return self._with("multiply", other)

    def __rmul__(self, other):
        return _expression(other)._with("multiply", self)

    def __neg__(self):
        return 0 - self

    def tanh(self) -> Expression:
        return Expression(Term("tanh", (term,)) for term in self.terms)

    def sigmoid(self) -> Expression:
        return Expression(Term("sigmoid", (term,)) for term in self.terms)

    def relu(self) -> Expression:
        return Expression(Term("relu", (term,)) for term in self.terms)

    def _with(self, op: str, other: Expression | float) -> Expression:
        left, right = self.terms, _expression(other).terms
        size = max(len(left), len(right))  # an array of one entry goes with every entry of the other
        left, right = (terms * size if len(terms) == 1 else terms for terms in (left, right))
        return Expression(Term(op, pair) for pair in zip(left, right, strict=True))


def _expression(value: Expression | float) -> Expression:
    return value if isinstance(value, Expression) else Expression([Term("constant", value=float(value))])
