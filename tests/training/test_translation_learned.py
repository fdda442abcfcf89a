"""Numbers into French: with attention nearly all held-back numbers are right within minutes, without it few are."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz import training
from rnnviz.analysis.decoding import greedy
from rnnviz.analysis.word_errors import exact_match
from rnnviz.config import ExperimentConfig
from rnnviz.tasks import TASKS, make_task

pytestmark = pytest.mark.slow
STEPS, MOST = 500, 60  # at most 40 s of training with attention; the longest number has 32 characters


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("attention", "low", "high"), [("additive", 0.95, 1.0), ("dot", 0.95, 1.0), ("off", 0.0, 0.5)])
def test_translation(attention, low, high, seed):
    config = ExperimentConfig(task="translation").with_(
        **{**TASKS["translation"].defaults, "attention": attention, "seed": seed}
    )
    trace = training.observe(training.advance(training.start(config), steps=STEPS), device="cpu")
    task = make_task(config)
    held = task.heldout(200)
    assert len(np.unique(held.inputs, axis=0)) == 200
    found, right = [], []
    for source, length, target, size in zip(held.inputs, held.lengths, held.targets, held.target_lengths, strict=True):
        found.append(task.decode(greedy(trace, source[:length], task.start, task.end, MOST).tokens))
        right.append(task.decode(target[:size]))
    assert low <= exact_match(right, found) <= high
    longest = np.argsort(-held.lengths, kind="stable")[:50]
    assert low <= exact_match([right[k] for k in longest], [found[k] for k in longest]) <= high
