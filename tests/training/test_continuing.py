"""What a network goes on with, against torch run over everything that was read so far, token by token."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_runs import small

from rnnviz.analysis.continuing import continued
from rnnviz.model import build
from rnnviz.tasks import make_task
from rnnviz.training import advance, observe, start


def trained(**settings):
    config = small(task="music", length=12, precision="float64", **settings)
    run = advance(start(config), 3)
    return observe(run), build(config, make_task(config), run.weights)


@pytest.mark.parametrize("settings", [
    {"cell": "lstm"}, {"cell": "gru", "embedding_size": 3, "num_layers": 2}, {"cell": "gru_before"},
], ids=str)  # fmt: skip
def test_the_likeliest_each_time_as_torch_has_it(settings):
    trace, model = trained(**settings)
    read = [3, 0, 7]
    with torch.no_grad():
        for _ in range(20):
            read.append(int(model(torch.tensor([read]))[0, -1].argmax()))
    found = continued(trace, np.array(read[:3]), 20, 0.0, np.random.default_rng(0))
    assert found.tolist() == read[3:]


def test_drawn_as_often_as_the_network_says():
    trace, model = trained(cell="gru")
    with torch.no_grad():
        chances = torch.softmax(model(torch.tensor([[5, 0]]))[0, -1] / 0.5, -1).numpy()
    rng = np.random.default_rng(1)
    drawn = [int(continued(trace, np.array([5, 0]), 1, 0.5, rng)[0]) for _ in range(3000)]
    share = np.bincount(drawn, minlength=len(chances)) / len(drawn)
    assert np.abs(share - chances).max() < 4 * np.sqrt(0.25 / len(drawn))
    again = [continued(trace, np.array([5, 0]), 9, 0.5, np.random.default_rng(7)).tolist() for _ in range(2)]
    assert again[0] == again[1]


def test_what_cannot_go_on_is_refused():
    rng = np.random.default_rng(0)
    trace, _ = trained(cell="gru")
    for tokens in ([], [-1], [10_000]):
        with pytest.raises(ValueError, match="expected at least one"):
            continued(trace, np.array(tokens, int), 3, 0.0, rng)
    both, _ = trained(cell="gru", bidirectional=True)
    with pytest.raises(ValueError, match="both directions"):
        continued(both, np.array([1]), 3, 0.0, rng)
