"""The adding problem over 50 time steps: gated cells solve it, the vanilla RNN does not."""

from __future__ import annotations

import json

import pytest

from rnnviz.__main__ import main

pytestmark = pytest.mark.slow
COMMON = "train --task adding --length 50 --hidden-size 64 --batch-size 64 --optimiser adam --clip norm --clip-at 1"


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("cell, settings, steps, outcome", [
    ("gru", "--learning-rate 5e-3", 1500, "reached"),
    ("lstm", "--learning-rate 1e-2 --forget-bias 1", 1500, "reached"),
    ("rnn_tanh", "--learning-rate 1e-3", 2000, "not reached"),
])  # fmt: skip
def test_adding(cell, settings, steps, outcome, seed, tmp_path):
    out = tmp_path / "out.json"
    options = f"{COMMON} --cell {cell} {settings} --init default --seed {seed} --steps {steps} --test-size 2000"
    assert main([*options.split(), "--until", "0.0167", "--every", "100", "--json", str(out)]) == 0
    result = json.loads(out.read_text())
    assert result["outcome"] == outcome, result["words"]
    if outcome == "not reached":
        assert result["rows"][-1]["metric"] > 0.15
