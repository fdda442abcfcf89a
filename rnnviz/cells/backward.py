"""The backward recursion through one layer, carrying any number of losses at once.

For each loss s (a lane) and each time step t, from the last computed to the first, with G the total
gradient of a state and d what enters at t from outside the layer:

    G_h[t] = d_h[t] + P_h[t]
    G_c[t] = d_c[t] + P_c[t] + G_h[t] dh_t/dc_t                       (states read within the step)
    da[t]  = sum over states of G[t] dstate_t/da_h
    P_h[t-1] = W_hh^T da[t] + sum of G[t] dstate_t/dh_{t-1} carried     P_c[t-1] = sum of G[t] carried

Back-propagation through time (Werbos 1990, Proc. IEEE 78(10)), with the local derivatives in closed form.
Where a chunk reads u in place of h_{t-1} (`Cell.reads`), its part of W_hh^T da is dL/du, which goes on to h_{t-1} by
du/dh_{t-1} and to the da of the gate that u is made with.

For cells with a state beside h the part of G_c that came along the carry alone (the LSTM: along f, never
through W_hh) is kept apart on request; the rest crossed W_hh at least once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rnnviz.cells.base import Pair, Read
from rnnviz.cells.layer import Layer, computed_order

Arrays = Mapping[str, np.ndarray]
Factors = Mapping[Pair, np.ndarray]
Inject = Callable[[int, slice], Mapping[str, np.ndarray]]
Own = Callable[[int], tuple[int, Mapping[str, np.ndarray]] | None]
MANY_LANES = 8  # from here on it is cheaper to form dstate_t/dh_{t-1} once than to form da for every lane


@dataclass(frozen=True)
class Totals:
    """What is known at one time step. Arrays (S, B, H) over the active lanes, valid until the next step.

    t: computation-order index. lanes: the active lanes. total: state -> dL/dstate_t.
    along: state (not h) -> the part that came by the carry alone; crossing: the rest. Empty unless asked for.
    """

    t: int
    lanes: slice
    total: dict[str, np.ndarray]
    along: dict[str, np.ndarray]
    crossing: dict[str, np.ndarray]


def sweep(
    layer: Layer,
    lanes: int,
    inject: Inject | None = None,
    active: Callable[[int], slice] | None = None,
    parts: bool = False,
    own: Own | None = None,
) -> Iterator[Totals]:
    """Run the recursion over `layer` and yield the totals of every time step, last computed first.

    lanes: S, how many losses are carried. inject(t, lanes): state -> (S', B, H), what enters from outside
    at computation step t for those lanes (states may be left out). own(t): a lane and state -> (B, H), what
    enters in that lane only: the loss of time step t itself; None where there is none. active(t): which
    lanes can be non-zero at t (default all); the slice may only grow as t falls, and time steps at which it
    is empty are passed over. Totals are zero in the padding.
    """
    cell, local = layer.cell, layer.local
    h, others = cell.states[0], cell.states[1:]
    time, batch, units = layer.states[h].shape
    size, dtype = (lanes, batch, units), layer.states[h].dtype
    # passed: what reaches a state from later time steps; with parts, by_carry holds what never crossed W_hh.
    passed = {name: np.zeros(size, dtype) for name in cell.states}
    by_carry = {name: np.zeros(size, dtype) for name in others} if parts else {}
    direct = by_carry or passed  # where what enters through a state of the same step belongs
    both = {name: np.empty(size, dtype) for name in by_carry}
    work, spare = np.empty(size, dtype), np.zeros(size, dtype)
    through, absent = Through(layer, "weight_hh"), None if layer.mask.all() else ~layer.mask
    around = [(state, to, factor) for (state, to), factor in local.carry.items() if state != to]

    def enter(t: int, where: int | slice, entering: Mapping[str, np.ndarray]) -> None:
        for name, gradient in entering.items():
            (passed if name == h else direct)[name][where] += gradient
        for (reader, name), factor in local.within.items():
            if reader in entering:
                direct[name][where] += entering[reader] * factor[t]

    for t in range(time - 1, -1, -1):
        now = active(t) if active else slice(0, lanes)
        if now.start >= now.stop:
            continue
        product = work[now]
        total = {name: array[now] for name, array in passed.items()}
        along = {name: array[now] for name, array in by_carry.items()}
        crossing = {name: total[name] for name in by_carry}
        for (reader, name), factor in local.within.items():
            total[name] += np.multiply(total[reader], factor[t], out=product)
        if inject:
            enter(t, now, inject(t, now))
        if own and (entry := own(t)):
            enter(t, *entry)
        for name in by_carry:
            total[name] = np.add(along[name], crossing[name], out=both[name][now])
        yield Totals(t, now, total, along, crossing)

        before = through.back(total, t, spare[now], product)
        turned = [(to, total[state] * factor[t]) for state, to, factor in around]
        if (h, h) in local.carry:
            before += np.multiply(total[h], local.carry[h, h][t], out=product)
        passed[h], spare = spare, passed[h]
        for name in others:
            kept = local.carry[name, name][t] if (name, name) in local.carry else 0
            passed[name][now] *= kept
            if parts:
                along[name] *= kept
        for name, gradient in turned:
            passed[name][now] += gradient
        if absent is not None and t:  # of a reverse layer's padding: nothing lies before its first step
            for array in (*passed.values(), *by_carry.values()):
                array[now][:, absent[t - 1]] = 0


class Through:
    """One weight matrix of a layer, and the way of a gradient back through it: W^T da.

    kind: `weight_hh` (leads to the part of dL/dh_{t-1} that comes through it) or `weight_ih` (to dL/dx_t).
    D is the number of columns of the matrix, H or the size of the input.
    """

    def __init__(self, layer: Layer, kind: str) -> None:
        self.cell, self.weight, self.layer = layer.cell, layer.weights[kind], layer
        self.to_h = kind == "weight_hh"
        self.factors = layer.local.inputs
        if self.to_h:  # by the chunks that read h_{t-1} itself
            self.factors = {pair: f for pair, f in layer.local.recurrent.items() if pair[1] not in self.cell.reads}

    @cached_property
    def paths(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """state -> the factors (T, H, B, n) and the rows (H, n, D) of the n chunks that feed it."""
        chunks, paths = self.cell.chunks, {}
        blocks = self.weight.reshape(len(chunks), -1, self.weight.shape[1])
        for state in self.cell.states:
            fed = [k for k, chunk in enumerate(chunks) if (state, chunk) in self.factors]
            if fed:
                factors = np.stack([self.factors[state, chunks[k]] for k in fed], axis=1)
                paths[state] = factors.transpose(0, 3, 2, 1), np.ascontiguousarray(blocks[fed].swapaxes(0, 1))
        return paths

    def matrices(self, t: int) -> dict[str, np.ndarray]:
        """diag(dstate_t/da) W, summed over chunks: state -> (B, H, D). dstate_t/dh_{t-1} along this matrix."""
        made = {}
        for state, (factors, rows) in self.paths.items():
            # For each unit a product (B, n) (n, D): cheaper than adding up one chunk after another.
            product = np.matmul if rows.shape[1] > 1 else np.multiply
            made[state] = product(factors[t], rows).swapaxes(0, 1)
        if self.cell.reads:
            self._add_reads(made, t)
        return made

    def _add_reads(self, made: dict[str, np.ndarray], t: int) -> None:
        """What passes through things read in place of h_{t-1}: dstate_t/du, and on from u."""
        cell, local, w_hh = self.cell, self.layer.local, self.layer.weights["weight_hh"]
        units = w_hh.shape[1]
        for chunk, read in local.reads.items():
            for state in cell.states:
                if (state, chunk) in local.recurrent:
                    by_u = local.recurrent[state, chunk][t][..., None] * w_hh[cell.rows(chunk, units)]
                    ways = [by_u * read.past[t][:, None]] if self.to_h else []
                    for gate, factor in read.chunks.items():
                        ways.append((by_u * factor[t][:, None]) @ self.weight[cell.rows(gate, units)])
                    for way in ways:
                        made[state] = made[state] + way if state in made else way

    def back(self, total: Mapping[str, np.ndarray], t: int, out: np.ndarray, work: np.ndarray) -> np.ndarray:
        """W^T da of every lane. total: state -> (S, B, H). out and work: (S, B, D), both written; returns out."""
        if len(out) < MANY_LANES:
            da = np.empty((*out.shape[:-1], len(self.weight)), out.dtype)
            np.matmul(preactivation_gradient(self.layer, self.factors, total, t, da), self.weight, out=out)
            for read, gradient in read_gradients(self.layer, total, t) if self.to_h else ():
                out += gradient * read.past[t]
            return out
        for n, (state, matrix) in enumerate(self.matrices(t).items()):
            target = work if n else out
            np.matmul(total[state].swapaxes(0, 1), matrix, out=target.swapaxes(0, 1))
            if n:
                out += work
        return out


def total_gradients(
    layer: Layer, output_grads: np.ndarray, final_grads: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The total gradient of every state at every time step, of one loss: `sweep` without lanes.

    output_grads: (B, T, H) in original time, what enters from outside through h. final_grads: state ->
    (B, H), what enters at each sequence's last computed step. Returns state -> (T, B, H), computation order.
    """
    cell, local, w_hh = layer.cell, layer.local, layer.weights["weight_hh"]
    time, batch, units = layer.states["h"].shape
    total = {name: np.zeros_like(array) for name, array in layer.states.items()}
    total["h"][:] = computed_order(output_grads, layer.reverse)
    for name, grads in final_grads.items():
        total[name][layer.last, np.arange(batch)] += grads
    blocks, through = w_hh.reshape(len(cell.chunks), units, units), []
    for state in cell.states:  # the factors (T, B, n, H) and rows (n H, H) of the n chunks that feed a state
        fed = [k for k, c in enumerate(cell.chunks) if (state, c) in local.recurrent and c not in cell.reads]
        if fed:
            factors = np.stack([local.recurrent[state, cell.chunks[k]] for k in fed], axis=2)
            through.append((total[state], factors, blocks[fed].reshape(-1, units)))
    absent = None if layer.mask.all() else ~layer.mask
    for t in range(time - 1, -1, -1):
        for (reader, name), factor in local.within.items():
            total[name][t] += total[reader][t] * factor[t]
        if t == 0:
            break
        for gradient, factors, rows in through:
            total["h"][t - 1] += (gradient[t][:, None] * factors[t]).reshape(batch, -1) @ rows
        if cell.reads:
            for read, gradient in read_gradients(layer, {name: array[t] for name, array in total.items()}, t):
                total["h"][t - 1] += gradient * read.past[t]
                for gate, factor in read.chunks.items():
                    total["h"][t - 1] += (gradient * factor[t]) @ w_hh[cell.rows(gate, units)]
        for (state, name), factor in local.carry.items():
            total[name][t - 1] += total[state][t] * factor[t]
        if absent is not None:
            for array in total.values():
                array[t - 1, absent[t - 1]] = 0
    return total


def input_gradient(layer: Layer, totals: Mapping[str, np.ndarray]) -> np.ndarray:
    """dL/dx_t from the totals of the states: name -> (T, ..., B, H) -> (T, ..., B, D), computation order.

    Any lanes stand between time and sequence.
    """
    h = totals["h"]
    lanes = h.ndim - 3
    everywhere = (slice(None), *[None] * lanes)  # factors are (T, B, H)
    da = np.empty((*h.shape[:-1], len(layer.cell.chunks) * h.shape[-1]), h.dtype)
    preactivation_gradient(layer, layer.local.inputs, totals, everywhere, da)
    return da @ layer.weights["weight_ih"]


def preactivation_gradient(layer: Layer, factors: Factors, total: Arrays, t: Any, out: np.ndarray) -> np.ndarray:
    """dL/da (.., K) from the total gradients of the states (.., H): each chunk in its own columns of `out`.

    factors: (state, chunk) -> (T, B, H), `local.recurrent` for dL/da_h or `local.inputs` for dL/da_x.
    t: one time step, or an index of several.
    """
    cell, units = layer.cell, out.shape[-1] // len(layer.cell.chunks)
    for k, chunk in enumerate(cell.chunks):
        block = out[..., k * units : (k + 1) * units]
        paths = [(state, factor) for (state, to), factor in factors.items() if to == chunk]
        if not paths:
            block[...] = 0
        for n, (state, factor) in enumerate(paths):
            if n == 0:
                np.multiply(total[state], factor[t], out=block)
            else:
                block += total[state] * factor[t]
    for read, gradient in read_gradients(layer, total, t):
        for gate, factor in read.chunks.items():
            out[..., cell.rows(gate, units)] += gradient * factor[t]
    return out


def read_gradients(layer: Layer, total: Arrays, t: Any) -> Iterator[tuple[Read, np.ndarray]]:
    """Each thing u that a chunk reads in place of h_{t-1}, with dL/du (.., H). total and t as above."""
    local, w_hh = layer.local, layer.weights["weight_hh"]
    for chunk, read in local.reads.items():
        da = sum(total[state] * factor[t] for (state, to), factor in local.recurrent.items() if to == chunk)
        yield read, da @ w_hh[layer.cell.rows(chunk, w_hh.shape[1])]
