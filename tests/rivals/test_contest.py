"""The table beside the run, who wins in words, the errand and the command."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from rnnviz import errands
from rnnviz.config import ExperimentConfig
from rnnviz.errands.command import FORMAT
from rnnviz.rivals.base import Budget
from rnnviz.rivals.contest import Match, budget_of, contest
from rnnviz.rivals.result import RUN, Contest, Result, duration
from rnnviz.tasks import TASKS, make_task
from rnnviz.tensorfile import pack, unpack
from rnnviz.training import advance, evaluate, start

CHEAP = ("constant", "persistence", "linear", "ngram")


def config(task, **settings):
    return ExperimentConfig(task=task, **{**TASKS[task].defaults, **settings})


@pytest.fixture(scope="module")
def mackey_glass():
    run = advance(start(config("mackey_glass", hidden_size=16)), steps=150)
    return run, contest(run, Budget(steps=1000), CHEAP)


def test_on_mackey_glass_the_linear_model_wins_and_it_is_said(mackey_glass):
    run, found = mackey_glass
    results = {each.name: each for each in found.results}
    assert [each.name for each in found.ranked][0] == "linear"
    assert results["linear"].metric < results[RUN].metric / 3 < results["persistence"].metric
    assert results["linear"].parameters == 230 < results[RUN].parameters
    assert "loses to the linear model" in found.verdict and "150 steps" in found.verdict
    assert "230 parameters" in found.verdict
    assert results["ngram"].why_not and math.isnan(results["ngram"].metric)


def test_the_run_is_judged_as_the_page_judges_it(mackey_glass):
    run, found = mackey_glass
    assert found.part == "test" and found.run.parameters == sum(array.size for array in run.weights.values())
    held = evaluate(run, 900)
    assert found.run.metric == pytest.approx(held[1], rel=0.2)  # other windows of the same kind


def test_without_a_test_set_what_is_held_out_judges():
    task = make_task(config("stocks"))
    assert Match.of(task).part == "held-out"
    run = start(config("stocks"))
    found = contest(run, Budget(5), ("constant", "persistence"))
    assert found.run.loss == pytest.approx(evaluate(run)[0], rel=1e-5) and found.part == "held-out"
    assert "not been trained" in found.verdict
    kept = make_task(config("stocks", length=5, train_fraction=0.7, test_fraction=0.15))
    assert Match.of(kept).part == "test"


def test_the_errand_gives_what_the_contest_gives(mackey_glass):
    run, found = mackey_glass
    heard = []
    message = pack({"run": np.frombuffer(run.to_bytes(), np.uint8)}, {"only": list(CHEAP)}, FORMAT)
    words, arrays = unpack(message, FORMAT, "errand")
    answer = errands.run("rivals", words, arrays, lambda share, note: heard.append((share, note)))
    there = Contest.from_parts(*unpack(pack(answer[1], answer[0], FORMAT), FORMAT, "answer"))
    assert [each.name for each in there.results] == [RUN, *CHEAP]
    assert there.run.metric == found.run.metric and there.results[4].why_not == found.results[4].why_not
    assert np.array_equal(there.run.scores, found.run.scores)
    assert np.array_equal(there.weights, np.full(found.sequences, run.config.length))
    assert "loses to the linear model" in there.verdict
    assert heard[0][0] == 0 and heard[-1][1].endswith(": n-gram") and heard[-1][0] < 1


@pytest.mark.slow
def test_the_command_prints_the_table_and_writes_it(tmp_path):
    file = tmp_path / "table.json"
    command = [sys.executable, "-m", "rnnviz", "rivals", "--task", "sine", "--steps", "20", "--hidden-size", "4"]
    command += ["--only", "persistence", "linear", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, head, *lines = done.stdout.splitlines()
    assert first == "500 test sequences, 20 steps" and head.split() == ["mse", "loss", "parameters", "seconds"]
    assert [line.split("  ")[0] for line in lines[:3]] == ["Linear model", "Persistence", "LSTM"]
    plain = json.loads(file.read_text())
    assert [each["name"] for each in plain["results"]] == [RUN, "persistence", "linear"]
    assert plain["verdict"] == lines[3] and "It does not even beat “persistence”" in plain["verdict"]


def test_the_command_refuses_in_words():
    command = [sys.executable, "-m", "rnnviz", "rivals", "--task", "sine", "--steps", "0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "--steps is 0" in done.stderr and "Traceback" not in done.stderr


def made(metric, *others, name="accuracy", step=10, noise=0.01, apart=20):
    """A contest with these metrics, on 100 sequences whose scores scatter by `noise`."""
    rng = np.random.default_rng(0)

    def result(k, value):
        label = "LSTM" if k == 0 else ("Always the same", "Transformer", "n-gram")[k - 1]
        key = RUN if k == 0 else ("constant", "transformer", "ngram")[k - 1]
        return Result(key, label, value, value, 1000 // (k + 1), 2.0 * k, scores=rng.normal(value, noise, 100))

    results = tuple(result(k, value) for k, value in enumerate((metric, *others)))
    return Contest(results, "test", 100, name, name, step, apart)


@pytest.mark.parametrize(
    ("found", "words", "not_words"),
    [
        (made(0.9, 0.1, 0.7), ["does it best: 90.0 % right", "Next comes the Transformer: 70.0 % right"], "loses"),
        (made(0.7, 0.1, 0.9), ["loses to the Transformer: 70.0 % right against 90.0 %", "333 parameters"], "times"),
        (made(0.9, 0.1, 0.901), ["cannot be told apart on 100", "smaller of the two is the Transformer"], "loses"),
        (made(0.3, 0.1, 0.6, name="mse"), ["does not even beat “always the same”", "3.0 times less"], "best"),
        (made(0.1, 0.5, 0.6, name="mse"), ["best: an error of 0.1. Next comes “always the same”: an"], "even"),
        (made(0.1, 0.5, name="mse", apart=1), ["and “always the same” (", "no more than one", "apart on 100"], "best"),
        (made(90.0, 1.0, name="mse"), ["90 times less"], "best"),
        (made(math.nan, 0.5), ["diverged", "Always the same does it best"], "network does it best"),
        (made(0.5), ["None of the other methods"], "best"),
        (made(0.5, 0.2, step=0), ["not been trained"], "best"),
    ],
)
def test_the_verdict(found, words, not_words):
    for each in words:
        assert each in found.verdict
    assert not_words not in found.verdict
    assert found.won == ("network does it best:" in found.verdict)


def test_results_without_a_number_come_last_and_survive_the_way():
    found = made(0.5, math.nan, 0.4)
    assert [each.name for each in found.ranked] == [RUN, "transformer", "constant"]
    words, arrays = found.to_parts()
    assert json.loads(json.dumps(words, allow_nan=False)) and math.isnan(
        Contest.from_parts(words, arrays).results[1].metric
    )


def test_how_long_nets_may_train():
    run = start(config("sine"))
    assert budget_of(run, 1.0).seconds == Budget.seconds and budget_of(run, 20.0).seconds == 20
    assert budget_of(run, 900.0).seconds == 30 and budget_of(run, math.nan).seconds == Budget.seconds
    assert budget_of(run, 1.0).steps == 300


def test_times_in_words():
    assert [duration(each) for each in (0.01, 2.34, 65.0, math.nan)] == [
        "less than 0.1 s",
        "2.3 s",
        "1 min 5 s",
        "an unknown time",
    ]
