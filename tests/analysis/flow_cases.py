"""Random stacks with a loss that is known part by part, recorded and unrolled."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from oracle import states_of, unroll
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import rnnviz
from rnnviz.loop import Loop

VARIANTS = ("lstm_no_forget", "lstm_coupled", "janet")  # of the LSTM: in a part of the shapes, to be quick
MODULES = {
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    **{name: partial(Loop, name) for name in ("gru_before", *VARIANTS)},
    "rnn_tanh": nn.RNN,
    "rnn_relu": lambda *args, **options: nn.RNN(*args, nonlinearity="relu", **options),
}


class Case:
    """A recorded pass and its oracle under L = sum_t <G_t, output_t> + sum <F, final states>.

    trace: the Trace. oracle: the unrolled graph. cut(k): the graph with layer k's W_hh path cut.
    """

    def __init__(
        self, cell, layers=1, bidirectional=False, seed=0, packed=True, dropout=0.0, time=7, finals=True,
        dtype=torch.float64,
    ):  # fmt: skip
        rng = np.random.default_rng([seed, layers, bidirectional, packed])
        torch.manual_seed(int(rng.integers(2**31)))
        batch, units, depth = (int(rng.integers(2, 5)) for _ in range(3))
        self.module = MODULES[cell](
            depth, units, num_layers=layers, batch_first=True, bidirectional=bidirectional, dropout=dropout,
            bias=seed % 3 != 2, dtype=dtype,
        )  # fmt: skip
        self.inputs = torch.randn(batch, time, depth, dtype=dtype)
        lengths = np.append(rng.integers(1, time + 1, batch - 1), time) if packed else np.full(batch, time)
        self.lengths = torch.as_tensor(lengths)
        names = states_of(self.module)
        count = layers * (1 + bidirectional)
        self.initial = {name: torch.randn(count, batch, units, dtype=dtype) for name in names}
        self.on_outputs = torch.randn(batch, time, units * (1 + bidirectional), dtype=dtype)
        self.on_finals = {name: finals * torch.randn(count, batch, units, dtype=dtype) for name in names}
        with rnnviz.record(self.module) as recording:
            given = pack_padded_sequence(self.inputs, self.lengths, batch_first=True, enforce_sorted=False)
            hx = tuple(self.initial.values()) if len(names) > 1 else self.initial["h"]
            output, final = self.module(given, hx)
            output, _ = pad_packed_sequence(output, batch_first=True)
            final = dict(zip(names, final if isinstance(final, tuple) else (final,), strict=True))
            loss = (output * self.on_outputs).sum()
            (loss + sum((final[name] * self.on_finals[name]).sum() for name in names)).backward()
        self.trace = recording[""]
        self.masks = [None if mask is None else torch.tensor(mask) for mask in self.trace.dropout_masks]
        self.oracle = self.unrolled()

    def unrolled(self, cut=None):
        return unroll(self.module, self.inputs, self.lengths, self.initial, self.masks, cut)

    def loss_at(self, unrolled, s):
        """L_s: what enters at time step s."""
        loss = (unrolled.outputs[:, s] * self.on_outputs[:, s]).sum()
        for k, layer in enumerate(self.trace.layer_names):
            ends = torch.zeros_like(self.lengths) if layer.endswith("_reverse") else self.lengths - 1
            here = (ends == s)[:, None]
            for name, states in unrolled.states.items():
                loss = loss + (states[k][s] * self.on_finals[name][k] * here).sum()
        return loss

    def flow(self, unrolled, state):
        """d L_s / d state_t by one autograd call per loss: (L, T, T, B, H)."""
        time = self.inputs.shape[1]
        rows = [unrolled.gradients(self.loss_at(unrolled, s))[0][state] for s in range(time)]
        return np.stack(rows, axis=1).swapaxes(2, 3)
