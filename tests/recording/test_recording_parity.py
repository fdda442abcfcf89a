"""What is recorded equals an explicit autograd loop: every cell, depth, direction, layout and precision."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
import torch
from oracle import SEEDS, assert_close, states_of, unroll
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

import rnnviz
from rnnviz.loop import Loop

VARIANTS = ("lstm_no_forget", "lstm_coupled", "janet")
CELLS = {
    "lstm": (nn.LSTM, {}),
    "gru": (nn.GRU, {}),
    **{name: (partial(Loop, name), {}) for name in ("gru_before", *VARIANTS)},
    "rnn_tanh": (nn.RNN, {}),
    "rnn_relu": (nn.RNN, {"nonlinearity": "relu"}),
}
LAYOUTS = [f"{order}{packed}" for order in ("batch_first", "time_first") for packed in ("", " packed")]
FORWARD = {torch.float32: 1e-6, torch.float64: 1e-12}
BACKWARD = {torch.float32: 1e-5, torch.float64: 1e-10}


class Case:
    """A random module with a random batch, its recorded pass and the oracle's, and one loss for both."""

    def __init__(self, cell, layers, bidirectional, layout, dtype, seed, dropout=0.0):
        rng = np.random.default_rng([seed, layers, bidirectional, LAYOUTS.index(layout)])
        torch.manual_seed(int(rng.integers(2**31)))
        time, batch, units, depth = (int(rng.integers(low, high)) for low, high in ((1, 13), (1, 5), (1, 6), (1, 5)))
        cls, options = CELLS[cell]
        first = layout.startswith("batch_first")
        self.module = cls(
            depth, units, layers, bias=seed % 3 != 2, batch_first=first, dropout=dropout,
            bidirectional=bidirectional, dtype=dtype, **options,
        )  # fmt: skip
        self.cell, self.dtype = cell, dtype
        self.inputs = torch.randn(batch, time, depth, dtype=dtype)
        packed = layout.endswith("packed")
        self.lengths = torch.as_tensor(rng.integers(1, time + 1, batch)) if packed else None
        if packed:
            time = int(self.lengths.max())
            self.inputs = self.inputs[:, :time]
            laid_out = self.inputs if first else self.inputs.transpose(0, 1)
            given = pack_padded_sequence(laid_out, self.lengths, batch_first=first, enforce_sorted=False)
        else:
            given = self.inputs if first else self.inputs.transpose(0, 1)
        names = states_of(self.module)
        count = layers * (1 + bidirectional)
        self.initial = {name: torch.randn(count, batch, units, dtype=dtype) for name in names}
        if seed % 3 == 1:
            hx = None
            self.initial = {name: torch.zeros_like(state) for name, state in self.initial.items()}
        else:
            hx = tuple(self.initial.values()) if len(names) > 1 else self.initial["h"]
        self.factors = {name: torch.randn(count, batch, units, dtype=dtype) for name in names}
        self.targets = torch.randn(batch, time, units * (1 + bidirectional), dtype=dtype)

        with rnnviz.record(self.module) as recording:
            output, final = self.module(given, hx)
            if isinstance(output, PackedSequence):
                output, _ = pad_packed_sequence(output, batch_first=first)
            output = output if first else output.transpose(0, 1)
            final = dict(zip(names, final if isinstance(final, tuple) else (final,), strict=True))
            self.loss(output, final).backward()
        self.output, self.final = output.detach(), final
        self.trace = recording[""]
        masks = [None if mask is None else torch.tensor(mask) for mask in self.trace.dropout_masks]
        self.oracle = unroll(self.module, self.inputs, self.lengths, self.initial, masks)

    def loss(self, output, final):
        on_final = sum((state * self.factors[name]).sum() for name, state in final.items())
        return ((output - self.targets) ** 2 / 2 * (output != 0)).sum() + on_final

    def oracle_gradients(self):
        return self.oracle.gradients(self.loss(self.oracle.outputs, self.oracle.final))


WHOLE = [cell for cell in CELLS if cell not in VARIANTS]
GRID = [
    *itertools.product(WHOLE, (1, 2, 3), (False, True), LAYOUTS, FORWARD),
    *itertools.product(VARIANTS, (2,), (True,), LAYOUTS[1:2], FORWARD),  # all else they share with the others
]
STACKS = [(2, True, LAYOUTS[0]), (3, False, LAYOUTS[1]), (2, True, LAYOUTS[3])]


def check(case: Case) -> None:
    trace, oracle = case.trace, case.oracle
    forward, backward = FORWARD[case.dtype], BACKWARD[case.dtype]
    for name in trace.states:
        assert trace.states[name].dtype == case.output.numpy().dtype
        assert_close(trace.states[name], oracle.values(name), forward, name)
    for name, gate in oracle.gates.items():
        assert_close(trace.gates[name], gate.detach(), forward, name)
    state_grads, input_grads = case.oracle_gradients()
    for name, grads in state_grads.items():
        assert trace.state_grads[name].dtype == case.output.numpy().dtype
        assert_close(trace.state_grads[name], grads, backward, f"dL/d{name}")
        assert_close(trace.final_state_grads[name], case.factors[name], backward, f"dL/d{name}_n")
    assert_close(trace.input_grads, input_grads, backward, "dL/dx")
    direct = (case.oracle.outputs.detach() - case.targets) * (case.oracle.outputs.detach() != 0)
    assert_close(trace.output_grads, direct, backward, "dL/doutput")
    assert_close(trace.inputs, (case.inputs * oracle.mask[..., None]).detach(), 0)
    for name, state in case.initial.items():
        assert_close(trace.initial_states[name], state, 0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("cell", "layers", "bidirectional", "layout", "dtype"), GRID)
def test_states_gates_and_total_gradients_equal_autograds(cell, layers, bidirectional, layout, dtype, seed):
    case = Case(cell, layers, bidirectional, layout, dtype, seed)
    check(case)
    recombines(case)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dropout", [0.4, 1.0])
@pytest.mark.parametrize(("layers", "bidirectional", "layout"), STACKS)
@pytest.mark.parametrize("dtype", FORWARD)
@pytest.mark.parametrize("cell", WHOLE)
def test_dropout_between_layers_in_training_mode(cell, layers, bidirectional, layout, dtype, dropout, seed):
    case = Case(cell, layers, bidirectional, layout, dtype, seed, dropout)
    check(case)
    assert case.trace.dropout_masks[0] is None
    for mask in case.trace.dropout_masks[1:]:
        factors = np.array([0.0] if dropout == 1 else [0.0, 1 / (1 - dropout)], dtype=mask.dtype)
        assert np.isin(mask[case.trace.mask], factors).all()
        assert not mask[~case.trace.mask].any()


def recombines(case: Case) -> None:
    """The recorded gates make the recorded states, and the top layer is the module's own output."""
    trace, dirs = case.trace, case.trace.directions
    for index, name in enumerate(trace.layer_names):
        reverse = name.endswith("_reverse")
        rows = [_before(trace, state, index, reverse) for state in trace.states]
        before = dict(zip(trace.states, rows, strict=True))
        g = {key: gate[index] for key, gate in trace.gates.items()}
        made = {}
        if "c" in before:  # the LSTM, and what is left of it where a gate is missing
            entering = g["i"] if "i" in g else 1 - g["f"]
            made["c"] = g.get("f", 1) * before["c"] + entering * g["g"]
            made["h"] = g["o"] * np.tanh(made["c"]) if "o" in g else made["c"]
        elif case.cell.startswith("gru"):
            made["h"] = (1 - g["z"]) * g["n"] + g["z"] * before["h"]
        for state, values in made.items():
            expected = trace.states[state][index]
            assert_close(values * trace.mask[..., None], expected, FORWARD[case.dtype], f"{state} of {name}")
    top = np.concatenate(list(trace.states["h"][-dirs:]), axis=-1)
    assert_close(top, case.output, 0, "top layer")


def _before(trace, state, index, reverse):
    """(B, T, H): the state each time step started from, sequence by sequence."""
    before = np.zeros_like(trace.states[state][index])
    for b, length in enumerate(trace.lengths):
        path = trace.states[state][index, b, :length]
        start = trace.initial_states[state][index, b][None]
        before[b, :length] = np.concatenate([path[1:], start] if reverse else [start, path[:-1]])
    return before


@pytest.mark.parametrize("cell", CELLS)
def test_unbatched_input_is_one_sequence(cell):
    cls, options = CELLS[cell]
    module = cls(3, 4, 2, bidirectional=True, dtype=torch.float64, **options)
    inputs = torch.randn(6, 3, dtype=torch.float64)
    names = states_of(module)
    states = [torch.randn(4, 4, dtype=torch.float64) for _ in names]
    with rnnviz.record(module) as recording:
        output, final = module(inputs, tuple(states) if len(states) > 1 else states[0])
        ((output**2).sum() + (final[0] if len(states) > 1 else final).sum()).backward()
    trace = recording[""]
    initial = {name: state[:, None] for name, state in zip(names, states, strict=True)}
    oracle = unroll(module, inputs[None], initial=initial)
    grads, input_grads = oracle.gradients((oracle.outputs**2).sum() + oracle.final["h"].sum())
    assert trace.size == (4, 1, 6, 4)
    for name in names:
        assert_close(trace.states[name], oracle.values(name), 1e-12)
        assert_close(trace.state_grads[name], grads[name], 1e-10)
    assert_close(trace.input_grads, input_grads, 1e-10)


def test_packed_input_that_is_sorted_already_keeps_its_order():
    module = nn.GRU(2, 3, 2, dtype=torch.float64)
    inputs, lengths = torch.randn(3, 5, 2, dtype=torch.float64), torch.tensor([5, 3, 1])
    with rnnviz.record(module) as recording:
        output, _ = module(pack_padded_sequence(inputs, lengths, batch_first=True))
        (output.data**2).sum().backward()
    trace = recording[""]
    oracle = unroll(module, inputs, lengths)
    assert_close(trace.lengths, lengths, 0)
    assert_close(trace.states["h"], oracle.values("h"), 1e-12)
    assert_close(trace.state_grads["h"], oracle.gradients((oracle.outputs**2).sum())[0]["h"], 1e-10)
    assert not trace.state_grads["h"][:, ~trace.mask].any()
