"""The backward recursion through one layer, carrying any number of losses at once.

For each loss s (a lane) and each time step t, from the last computed to the first, with G the total
gradient of a state and d what enters at t from outside the layer:

    G_h[t] = d_h[t] + P_h[t]
    G_c[t] = d_c[t] + P_c[t] + G_h[t] dh_t/dc_t                       (states read within the step)
    da[t]  = sum over states of G[t] dstate_t/da_h
    P_h[t-1] = W_hh^T da[t] + sum of G[t] dstate_t/dh_{t-1} carried     P_c[t-1] = sum of G[t] carried

Back-propagation through time (Werbos 1990, Proc. IEEE 78(10)), with the local derivatives in closed form.
For cells with a state beside h the part of G_c that came along the carry alone (the LSTM: along f, never
through W_hh) is kept apart on request; the rest crossed W_hh at least once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from rnnviz.cells.layer import Layer

Inject = Callable[[int, slice], Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class Totals:
    """What the recursion knows at one time step. Arrays (S, B, H) over the active lanes; valid until the next step.

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
    inject: Inject,
    active: Callable[[int], slice] | None = None,
    parts: bool = False,
) -> Iterator[Totals]:
    """Run the recursion over `layer` and yield the totals of every time step, last computed first.

    lanes: S, how many losses are carried. inject(t, lanes): state -> (S', B, H), what enters from outside
    at computation step t for those lanes (states may be left out). active(t): which lanes can be non-zero
    at t (default all); the slice may only grow as t falls.
    """
    cell, local = layer.cell, layer.local
    h, others = cell.states[0], cell.states[1:]
    time, batch, units = layer.states[h].shape
    dtype = layer.states[h].dtype
    w_hh = layer.weights["weight_hh"]
    whole = bool(layer.mask.all())
    passed = {name: np.zeros((lanes, batch, units), dtype) for name in cell.states}
    by_carry = {name: np.zeros((lanes, batch, units), dtype) for name in others} if parts else {}
    by_weights = {name: np.zeros((lanes, batch, units), dtype) for name in others} if parts else {}
    da = np.empty((lanes, batch, len(cell.chunks) * units), dtype)
    for t in range(time - 1, -1, -1):
        now = active(t) if active else slice(0, lanes)
        entering = inject(t, now)
        total = {name: passed[name][now] for name in cell.states}
        along = {name: by_carry[name][now] for name in by_carry}
        crossing = {name: by_weights[name][now] for name in by_weights}
        for name in others if parts else ():
            # Split by what crossed W_hh: passed h has, entering gradients have not.
            read = local.within[h, name][t]
            crossing[name] += total[h] * read
            if h in entering:
                along[name] += entering[h] * read
            if name in entering:
                along[name] += entering[name]
        for name in cell.states:
            if name in entering:
                total[name] += entering[name]
            for (reader, read_from), factor in local.within.items():
                if read_from == name:
                    total[name] += total[reader] * factor[t]
        yield Totals(t, now, total, along, crossing)
        recurrent_gradient(cell, local.recurrent, total, t, da[now])
        carried = _carry(local.carry, total, t)
        np.matmul(da[now], w_hh, out=passed[h][now])
        if h in carried:
            passed[h][now] += carried[h]
        for name in others:
            passed[name][now] = carried.get(name, 0)
        for kept in (by_carry, by_weights):
            for name in kept:
                kept[name][now] *= local.carry[name, name][t]
        if not whole:
            for kept in (passed, by_carry, by_weights):
                for array in kept.values():
                    array[now] *= layer.mask[t][:, None]


def recurrent_gradient(cell, factors, total, t, out: np.ndarray) -> np.ndarray:
    """dL/da (.., K) from the total gradients of the states (.., H): each chunk in its own columns of `out`."""
    units = out.shape[-1] // len(cell.chunks)
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
    return out


def _carry(carry, total, t) -> dict[str, np.ndarray]:
    """What reaches the previous states around the weights: state -> (S, B, H)."""
    carried: dict[str, np.ndarray] = {}
    for (state, previous), factor in carry.items():
        term = total[state] * factor[t]
        carried[previous] = carried[previous] + term if previous in carried else term
    return carried
