"""What a cell is: its names, its equations, one time step, and the closed-form derivative of that step.

A cell turns two pre-activations, what the input brings and what the previous hidden state brings,

    a_x = W_ih x_t + b_ih          a_h = W_hh h_{t-1} + b_hh          (each: chunks x H values)

into gates (`activate`) and then into the new states (`update`). Both are elementwise, so the matrix
products of a whole sequence can be taken at once where the hidden states are already known. In some cells a
chunk of W_hh reads something else than h_{t-1}, made of h_{t-1} and an earlier gate (`reads`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, ClassVar

from rnnviz.cells.description import Description, Equation, describe
from rnnviz.cells.ops import Array

States = Mapping[str, Array]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Fused:
    """The fused twin of a cell: a class of torch, by its dotted name, and its keyword arguments."""

    path: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """What a chunk of W_hh reads in place of h_{t-1}: u, and how u changes. Arrays (..., H).

    value: u. past: du/dh_{t-1}, the gates held fixed. chunks: chunk -> du/da of that chunk, by a_x and by a_h
    alike; these chunks read h_{t-1} itself.
    """

    value: Array
    past: Array
    chunks: Mapping[str, Array]


@dataclass(frozen=True)
class LocalJacobian:
    """The derivative of one time step, as elementwise factors, each of shape (..., H).

    recurrent: (state, chunk) -> d state_t / d a_h[chunk]
    inputs:    (state, chunk) -> d state_t / d a_x[chunk]
    carry:     (state, previous) -> d state_t / d previous_{t-1}, the path around the weights
    within:    (state, other) -> d state_t / d other_t, one new state read by another (LSTM: h_t reads c_t)
    reads:     chunk -> what it reads in place of h_{t-1}, for the chunks in the cell's `reads`

    Every factor holds the other states of the same step and the pre-activations of other chunks fixed, so
    that the total derivative is the sum over paths. A pair that is absent is zero.
    """

    recurrent: Mapping[Pair, Array]
    inputs: Mapping[Pair, Array]
    carry: Mapping[Pair, Array] = field(default_factory=dict)
    within: Mapping[Pair, Array] = field(default_factory=dict)
    reads: Mapping[str, Read] = field(default_factory=dict)


class Cell:
    """A recurrent cell. Subclasses are one textbook page each; instances hold no data.

    `activate` and `update` are written with +, -, *, numbers and the functions of `ops`, one line an equation, the
    letter of the quantity on its left: they run on arrays and, to yield `description`, on symbolic ones.

    name, label: registry name and the name a reader sees.
    states: state names; `"h"`, the one that is fed back through W_hh, comes first.
    gates: names of the recorded gates, in the order of the equations.
    chunks: names of the row blocks of W_ih and W_hh, in torch's order.
    reads: chunks whose rows of W_hh read something else than h_{t-1}; see `activate`.
    fused: the fused twin, or None: the cell then trains through the generic loop.
    peeks: whether gates read states other than h (peepholes); recovery then goes step by step.
    keeps: the gate that keeps the past (LSTM f, GRU z), or None; `lets_in`: the one that lets the new
        in, where that is a gate of its own (LSTM i).
    squashed: states that come out of a tanh alone, so that they lie in (-1, 1) and can saturate.
    bias_setting: the configuration field that sets the bias of the gate that keeps the past.
    words: quantity -> its equation in one short sentence. convention: what differs between textbooks, and how
        it is here.
    form: where other cells take the same weights: what they differ in, and how it is in this one.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    states: ClassVar[tuple[str, ...]] = ("h",)
    gates: ClassVar[tuple[str, ...]] = ()
    chunks: ClassVar[tuple[str, ...]]
    reads: ClassVar[tuple[str, ...]] = ()
    fused: ClassVar[Fused | None] = None
    peeks: ClassVar[bool] = False
    keeps: ClassVar[str | None] = None
    lets_in: ClassVar[str | None] = None
    squashed: ClassVar[tuple[str, ...]] = ()
    bias_setting: ClassVar[str | None] = None
    words: ClassVar[Mapping[str, str]] = {}
    convention: ClassVar[str] = ""
    form: ClassVar[tuple[str, str]] = ("Form", "")

    def activate(self, a_x: Array, a_h: Array, previous: States) -> dict[str, Array]:
        """Gates from the pre-activations. Arrays (..., chunks*H) -> name: (..., H).

        For a cell with `reads`, a_h is the list of its chunks, (..., H) each, and a chunk in `reads` is a
        function: u -> W_hh u + b_hh of that chunk.
        """
        raise NotImplementedError

    def update(self, gates: Mapping[str, Array], previous: States) -> dict[str, Array]:
        """New states from the gates and the previous states, all (..., H)."""
        raise NotImplementedError

    def jacobian(self, gates: Mapping[str, Array], previous: States, state: States, a_h: Array) -> LocalJacobian:
        """The local derivative at a recorded step. `a_h` is what `activate` takes, the rest (..., H)."""
        raise NotImplementedError

    def step(
        self, x: Array, previous: States, weights: Mapping[str, Array]
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """One time step: x (..., D), states (..., H) -> (states, gates).

        weights: `weight_ih` (chunks*H, D), `weight_hh` (chunks*H, H) and, unless the layer has none,
        `bias_ih` and `bias_hh` (chunks*H).
        """
        a_x = affine(x, weights["weight_ih"], weights.get("bias_ih"))
        gates = self.activate(a_x, self.recurrent(weights)(previous["h"]), previous)
        return self.update(gates, previous), {name: gates[name] for name in self.gates}

    def recurrent(self, weights: Mapping[str, Array]) -> Callable[[Array], Any]:
        """The function from h_{t-1} (..., H) to the `a_h` that `activate` takes."""
        weight, bias = weights["weight_hh"], weights.get("bias_hh")
        if not self.reads:
            return lambda h: affine(h, weight, bias)
        rows = [self.rows(chunk, weight.shape[1]) for chunk in self.chunks]
        products = [partial(affine, weight=weight[each], bias=None if bias is None else bias[each]) for each in rows]
        own = [chunk in self.reads for chunk in self.chunks]
        return lambda h: [product if reads else product(h) for product, reads in zip(products, own, strict=True)]

    @cached_property
    def description(self) -> Description:
        """The graph of one time step, from the cell's own code."""
        return describe(self)

    @property
    def equations(self) -> tuple[Equation, ...]:
        """One line for each gate, pre-activation and state that the code names, in the order of computation."""
        return self.description.equations

    def rows(self, chunk: str, units: int) -> slice:
        """The rows of W_ih, W_hh and both biases that belong to a chunk."""
        k = self.chunks.index(chunk)
        return slice(k * units, (k + 1) * units)

    def split(self, a: Array) -> list[Array]:
        """The chunks of a pre-activation (..., chunks*H), each (..., H); a list of chunks as it is."""
        if isinstance(a, list):
            return a
        size = a.shape[-1] // len(self.chunks)
        return [a[..., k * size : (k + 1) * size] for k in range(len(self.chunks))]


def affine(x: Array, weight: Array, bias: Array | None) -> Array:
    """W x + b over the last axis: (..., D), (K, D), (K) -> (..., K)."""
    a = x @ weight.T
    return a if bias is None else a + bias
