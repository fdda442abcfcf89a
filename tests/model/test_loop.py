"""The generic loop equals the fused modules, and trains a cell that has no fused twin."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from rnnviz.cells import CELLS
from rnnviz.loop import Loop
from rnnviz.model import resolve

FUSED = [name for name, cell in CELLS.items() if cell.fused]


def pair(cell, **options):
    """A fused module and a Loop with the same weights, in float64."""
    fused = CELLS[cell].fused
    torch.manual_seed(0)
    one = resolve(fused.path)(3, 4, dtype=torch.float64, **fused.options, **options)
    two = Loop(cell, 3, 4, dtype=torch.float64, **options)
    two.load_state_dict(one.state_dict())
    return one, two


def results(module, x, hx, packed):
    """Output, final states, and every gradient, of a loss that mixes both."""
    torch.manual_seed(7)  # the same dropout masks for both modules
    module.zero_grad()
    leaf = x.detach().requires_grad_()
    given = leaf
    if packed:
        lengths = torch.tensor([5, 1, 3])
        given = pack_padded_sequence(leaf, lengths, batch_first=module.batch_first, enforce_sorted=False)
    output, final = module(given, hx)
    output = output.data if packed else output
    finals = final if isinstance(final, tuple) else (final,)
    weights = torch.linspace(-1, 1, output.numel(), dtype=torch.float64).reshape(output.shape)
    loss = (output * weights).sum() + sum((k + 1) * (state**2).sum() for k, state in enumerate(finals))
    loss.backward()
    return [output, *finals, leaf.grad, *(p.grad for p in module.parameters())]


@pytest.mark.parametrize("cell", FUSED)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("options", [
    {"batch_first": True},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 3, "dropout": 0.4, "batch_first": True},
    {"num_layers": 2, "bidirectional": True, "dropout": 0.4, "bias": False},
])  # fmt: skip
def test_equals_the_fused_module(cell, packed, options):
    one, two = pair(cell, **options)
    x = torch.randn(3, 5, 3, dtype=torch.float64)
    x = x if options.get("batch_first") else x.transpose(0, 1)
    layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    states = [torch.randn(layers, 3, 4, dtype=torch.float64) for _ in CELLS[cell].states]
    for hx in (None, tuple(states) if len(states) > 1 else states[0]):
        for a, b in zip(results(one, x, hx, packed), results(two, x, hx, packed), strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_unbatched_and_weight_names():
    one, two = pair("lstm", num_layers=2)
    assert list(one.state_dict()) == list(two.state_dict())
    x, hx = torch.randn(5, 3, dtype=torch.float64), torch.randn(2, 2, 4, dtype=torch.float64)
    (a, (ah, ac)), (b, (bh, bc)) = one(x, (hx[0], hx[1])), two(x, (hx[0], hx[1]))
    for left, right in ((a, b), (ah, bh), (ac, bc)):
        torch.testing.assert_close(left, right)


def test_default_weights_are_torchs():
    torch.manual_seed(0)
    fused = nn.GRU(3, 4, num_layers=2, bidirectional=True)
    torch.manual_seed(0)
    loop = Loop("gru", 3, 4, num_layers=2, bidirectional=True)
    for a, b in zip(fused.parameters(), loop.parameters(), strict=True):
        assert torch.equal(a, b)
