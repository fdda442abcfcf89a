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

from rnnviz.cells.layer import Layer, computed_order

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
    cell, within, carry = layer.cell, layer.local.within, layer.local.carry
    h, others = cell.states[0], cell.states[1:]
    time, batch, units = layer.states[h].shape
    size, dtype = (lanes, batch, units), layer.states[h].dtype
    # passed: what reaches a state from later time steps. by_carry: its part that never crossed W_hh.
    passed = {name: np.zeros(size, dtype) for name in cell.states}
    by_carry = {name: np.zeros(size, dtype) for name in others} if parts else {}
    work, spare = np.empty(size, dtype), np.zeros(size, dtype)
    whole = bool(layer.mask.all())
    for t in range(time - 1, -1, -1):
        now = active(t) if active else slice(0, lanes)
        if now.start >= now.stop:
            continue
        product = work[: now.stop - now.start]
        for (reader, name), factor in within.items():
            passed[name][now] += np.multiply(passed[reader][now], factor[t], out=product)
        for where, entering in _arrivals(t, now, inject, own):
            direct = {**passed, **by_carry}
            for name, gradient in entering.items():
                direct[name][where] += gradient
            for (reader, name), factor in within.items():
                if reader in entering:
                    direct[name][where] += entering[reader] * factor[t]
        along = {name: array[now] for name, array in by_carry.items()}
        crossing = {name: passed[name][now] for name in by_carry}
        total = {name: passed[name][now] for name in cell.states}
        total |= {name: along[name] + crossing[name] for name in by_carry}
        yield Totals(t, now, total, along, crossing)

        before = through_weights(layer, "weight_hh", total, t, out=spare[now])
        turned = {pair: total[pair[0]] * factor[t] for pair, factor in carry.items() if pair[0] != pair[1]}
        if (h, h) in carry:
            before += np.multiply(total[h], carry[h, h][t], out=product)
        passed[h], spare = spare, passed[h]
        for kept in (passed, by_carry):
            for name in kept:
                if name != h:
                    kept[name][now] *= carry[name, name][t] if (name, name) in carry else 0
        for (_, name), gradient in turned.items():
            passed[name][now] += gradient
        if not whole and t:
            absent = ~layer.mask[t - 1]  # of a reverse layer's padding: nothing lies before its first step
            for array in (*passed.values(), *by_carry.values()):
                array[now][:, absent] = 0


def _arrivals(t, now, inject, own) -> Iterator[tuple[slice, Mapping[str, np.ndarray]]]:
    """What enters at t from outside the layer, and in which lanes."""
    if inject:
        yield now, inject(t, now)
    entry = own(t) if own else None
    if entry:
        lane, gradients = entry
        yield slice(lane, lane + 1), gradients


def through_weights(
    layer: Layer, kind: str, total: Mapping[str, np.ndarray], t: int, out: np.ndarray
) -> np.ndarray:
    """The totals of time step t taken back through one weight matrix: W^T da, for every lane.

    kind: `weight_hh` (gives the part of dL/dh_{t-1} that comes through it) or `weight_ih` (gives dL/dx_t).
    total: state -> (S, B, H). out: (S, B, D) with D columns in the matrix; written and returned.
    """
    factors = layer.local.recurrent if kind == "weight_hh" else layer.local.inputs
    if len(out) < MANY_LANES:
        da = np.empty((*out.shape[:-1], len(layer.weights[kind])), out.dtype)
        recurrent_gradient(layer.cell, factors, total, t, da)
        return np.matmul(da, layer.weights[kind], out=out)
    for n, (state, matrix) in enumerate(folded(layer, kind, t).items()):
        if n == 0:
            np.matmul(total[state].swapaxes(0, 1), matrix, out=out.swapaxes(0, 1))
        else:
            out += np.matmul(total[state].swapaxes(0, 1), matrix).swapaxes(0, 1)
    return out


def folded(layer: Layer, kind: str, t: int) -> dict[str, np.ndarray]:
    """The derivative of each state of time step t through one weight matrix: state -> (B, H, D).

    diag(dstate/da) W, summed over the chunks of W: dstate_t/dh_{t-1} for `weight_hh`, dstate_t/dx_t for
    `weight_ih`, along these weights alone.
    """
    factors = layer.local.recurrent if kind == "weight_hh" else layer.local.inputs
    chunks = layer.cell.chunks
    weight = layer.weights[kind].reshape(len(chunks), -1, layer.weights[kind].shape[1])
    matrices = {}
    for state in layer.cell.states:
        reached = [chunk for chunk in chunks if (state, chunk) in factors]
        if reached:
            # For each unit a product (B, chunks) (chunks, D): faster than adding up one chunk after another.
            derivative = np.array([factors[state, chunk][t] for chunk in reached]).transpose(2, 1, 0)
            rows = weight[[chunks.index(chunk) for chunk in reached]].swapaxes(0, 1)
            matrices[state] = np.matmul(derivative, rows).swapaxes(0, 1)
    return matrices


def total_gradients(
    layer: Layer, output_grads: np.ndarray, final_grads: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The total gradient of every state at every time step, of one loss.

    output_grads: (B, T, H) in original time, what enters from outside through h. final_grads: state ->
    (B, H), what enters at each sequence's last computed step. Returns state -> (T, B, H), computation order.
    """
    ends = layer.last
    entering = {name: np.zeros_like(layer.states[name]) for name in final_grads}
    entering["h"] = computed_order(output_grads, layer.reverse).copy()
    for name, grads in final_grads.items():
        entering[name][ends, np.arange(len(ends))] += grads
    found = {name: np.empty_like(array) for name, array in layer.states.items()}
    for now in sweep(layer, 1, lambda t, _: {name: array[t][None] for name, array in entering.items()}):
        for name, total in now.total.items():
            found[name][now.t] = total[0]
    return found


def input_gradient(layer: Layer, totals: Mapping[str, np.ndarray]) -> np.ndarray:
    """dL/dx_t from the totals of the states: name -> (T, ..., B, H) -> (T, ..., B, D), computation order.

    Any lanes stand between time and sequence.
    """
    h = totals["h"]
    lanes = h.ndim - 3
    everywhere = (slice(None), *[None] * lanes)  # factors are (T, B, H)
    da = np.empty((*h.shape[:-1], len(layer.cell.chunks) * h.shape[-1]), h.dtype)
    recurrent_gradient(layer.cell, layer.local.inputs, totals, everywhere, da)
    return da @ layer.weights["weight_ih"]


def recurrent_gradient(cell, factors, total, t, out: np.ndarray) -> np.ndarray:
    """dL/da (.., K) from the total gradients of the states (.., H): each chunk in its own columns of `out`.

    factors: (state, chunk) -> (T, B, H), `local.recurrent` for dL/da_h or `local.inputs` for dL/da_x.
    t: one time step, or an index of several.
    """
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
