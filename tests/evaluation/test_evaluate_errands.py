"""What the errands of the page Evaluate give, against the same things done another way."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from rnnviz import errands
from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Column, Dataset
from rnnviz.errands.evaluate import CURVE_SEQUENCES, _few, _spread
from rnnviz.errands.judging import Judge, cannot_run_free, joined, trained_on
from rnnviz.evaluation.folds import folds
from rnnviz.evaluation.gap import mean_loss
from rnnviz.objective import TensorBatch
from rnnviz.run import Run
from rnnviz.tasks import TASKS, Batch, make_task
from rnnviz.training import advance, start
from rnnviz.training import evaluate as held_out_measures


def begun(task: str, steps: int = 3, data: Dataset | None = None, **changes) -> Run:
    config = ExperimentConfig(task=task).with_(**TASKS[task].defaults).with_(hidden_size=4, batch_size=8, **changes)
    return advance(start(config, data, device="cpu"), steps, device="cpu")


def asked(name: str, run: Run, **words):
    """Words and arrays, the words as JSON gives them back."""
    told, arrays = errands.run(name, words, {"run": np.frombuffer(run.to_bytes(), np.uint8)})
    return json.loads(json.dumps(told)), arrays


def table(rows: int = 120) -> Dataset:
    """A wave of two columns with gaps."""
    wave = np.stack([np.sin(np.arange(rows) / 5), np.cos(np.arange(rows) / 5)], axis=1)
    wave[7::13, 0] = np.nan
    columns = tuple(Column(name, "number", wave[:, k]) for k, name in enumerate("ab"))
    return Dataset("wave.csv", columns, np.array([0, rows]), ())


KINDS = ["digits_rows", "copy_memory", "sentiment", "sine", "adding", "translation", "caption"]


@pytest.mark.parametrize("name", KINDS)
def test_losses_of_sequences_make_up_the_loss_that_training_takes(name):
    """Each is the loss of a batch of its own, and their weighted mean that of all together."""
    run = begun(name)
    judge = Judge(run)
    batch = judge.task.heldout(30)
    judged = judge.judge(batch)
    assert mean_loss(judged.losses, judged.counts).value == pytest.approx(
        held_out_measures(run, 30, "cpu")[0], rel=1e-6
    )
    for n in (0, 7, 29):
        assert judge.measure(batch.some([n]))[0] == pytest.approx(judged.losses[n], rel=1e-5)


def test_outputs_that_do_not_count_are_left_out():
    run = begun("uploaded", data=table(), length=10, missing="mask", targets=(0,))
    judge = Judge(run)
    batch = judge.task.heldout(12)
    assert batch.counts is not None and not batch.counts.all()
    judged = judge.judge(batch)
    errors = (judged.outputs - batch.targets)[..., 0] ** 2
    np.testing.assert_allclose(judged.losses, [errors[n][batch.counts[n]].mean() for n in range(12)], rtol=1e-5)
    assert mean_loss(*joined([judged])).value == pytest.approx(errors[batch.counts].mean(), rel=1e-6)


@pytest.mark.parametrize(
    ("scaling", "size"), [("standard", np.nanstd), ("minmax", lambda x: np.nanmax(x) - np.nanmin(x))]
)
def test_errors_are_told_in_the_units_of_the_column(scaling, size):
    """Those of the scaled numbers, times what was divided by: the spread of the training rows, by numpy."""
    data = table()
    run = begun("uploaded", data=data, length=10, targets=(1, 0), scaling=scaling)
    told, _ = asked("evaluate", run)
    judge = Judge(run)
    rows = len(judge.task.prepared.parts["train"].inputs)
    judged = judge.judge(judge.task.heldout(judge.room))
    errors = (judged.outputs - judged.batch.targets)[judged.batch.counted()].astype(float)
    for k, name in enumerate("ba"):
        column = next(each for each in data.table if each.name == name)
        own = errors[:, k] * size(column.values[:rows])
        found = told["parts"]["heldout"]["own"][name]
        assert found["mae"] == pytest.approx(np.abs(own).mean(), rel=1e-5)
        assert found["rmse"] == pytest.approx(np.sqrt((own**2).mean()), rel=1e-5)
    plain = asked("evaluate", begun("uploaded", data=data, length=10, scaling="none"))[0]
    assert plain["parts"]["heldout"]["own"] == asked("evaluate", begun("sine"))[0]["parts"]["test"]["own"] == {}


@pytest.mark.parametrize(("cell", "layers"), [("lstm", 1), ("gru", 2), ("janet", 1)])
def test_a_free_running_forecast_reads_the_series_and_then_itself(cell, layers):
    """The same by reading everything again from the start for every value."""
    run = begun("sine", cell=cell, num_layers=layers, precision="float64", length=16)
    judge = Judge(run)
    batch = judge.task.heldout(5)
    found = judge.forecast(batch.inputs[:, :6], 7)
    known = batch.inputs[:, :6]
    with torch.no_grad():
        for k in range(7):
            part = TensorBatch.of(replace(batch, inputs=known, targets=known), judge.task, torch.device("cpu"))
            said = judge.model.outputs(part).numpy()[:, -1:]
            np.testing.assert_allclose(found[:, k : k + 1], said, atol=1e-12)
            known = np.concatenate([known, said], axis=1)


def test_how_the_error_grows_with_the_distance():
    run = begun("sine", precision="float64", length=16)
    told, arrays = asked("evaluate", run)
    batch = make_task(run.config).heldout(200)
    series = np.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)
    said = Judge(run).forecast(series[:, :8], 9)
    np.testing.assert_allclose(arrays["truth"], series[:8])
    np.testing.assert_allclose(arrays["forecast"], said[:8])
    for k in (0, 8):
        true = series[:, 8 + k, 0]
        assert arrays["horizon"][k] == pytest.approx(np.sqrt(np.mean((said[:, k, 0] - true) ** 2)))
        assert arrays["repeated"][k] == pytest.approx(np.sqrt(np.mean((series[:, 7, 0] - true) ** 2)))
        assert arrays["average"][k] == pytest.approx(np.sqrt(np.mean((series[:, :8].mean() - true) ** 2)))
    assert told["no_forecast"] == "" and told["kind"] == "numbers"


def test_why_some_networks_cannot_run_free():
    def why(task, directions=1, **changes):
        made = make_task(
            ExperimentConfig(task=task).with_(**{"length": 8, **changes}), table() if "uploaded" in task else None
        )
        return cannot_run_free(made, made.heldout(5), directions)

    assert why("sine") == ""
    assert "both directions" in why("sine", 2)
    for name in ("adding", "text", "digits_rows", "caption"):
        assert "series of numbers" in why(name)
    assert why("uploaded", columns=(1,), targets=(1,)) == ""
    assert "not what it reads next" in why("uploaded", columns=(0, 1), targets=(1,))
    assert "not what it reads next" in why("uploaded", columns=(1,), targets=(1,), horizon=2)
    assert "fewer than 4" in why("sine", length=3)


def test_sequences_it_was_trained_on_are_those_of_its_first_steps():
    task = make_task(ExperimentConfig(task="adding", length=6, batch_size=8))
    batches = trained_on(task, 50, 20)
    assert len(batches) == 3
    for step, batch in enumerate(batches):
        np.testing.assert_array_equal(batch.inputs, task.batch(step).inputs)
    assert len(trained_on(task, 2, 20)) == 2 and len(trained_on(task, 0, 20)) == 1


def test_the_curves_look_at_the_weights_that_were_kept():
    """At every step of a snapshot the loss of the run as it was then, at the last that of now."""
    run = begun("digits_rows", steps=203, test_fraction=0.1)
    told, arrays = asked("evaluate", run)
    assert list(arrays["curve_steps"]) == [0, 100, 200, 203] and told["curves"] == ["train", "heldout", "test"]
    for k, step in enumerate((0, 100, 200)):
        then = held_out_measures(run.back_to(step), 5000, "cpu")[0]
        assert arrays["curves"][1, k] == pytest.approx(then, rel=1e-6)
    parts = told["parts"]
    assert parts["heldout"]["value"] == pytest.approx(held_out_measures(run, 5000, "cpu")[0], rel=1e-6)
    assert arrays["curves"][1, -1] == pytest.approx(parts["heldout"]["value"])
    assert parts["heldout"]["scores"]["accuracy"] == pytest.approx(held_out_measures(run, 5000, "cpu")[1])
    assert parts["test"]["sequences"] == 179 and parts["test"]["value"] != parts["heldout"]["value"]


def test_classes_are_counted_where_answers_are_judged():
    run = begun("copy_memory", steps=2)
    told, arrays = asked("evaluate", run)
    batch = make_task(run.config).heldout(told["parts"]["heldout"]["sequences"])
    said = Judge(run).judge(batch).outputs.argmax(-1)
    assert arrays["matrix"].sum() == batch.judged.sum()
    for right, answer in ((1, 1), (2, 0), (3, 2)):
        assert arrays["matrix"][right, answer] == ((batch.targets == right) & (said == answer) & batch.judged).sum()
    np.testing.assert_array_equal(arrays["answers"], np.where(batch.judged, said, -1))


def test_what_a_decoder_writes_is_judged_on_its_own_symbols():
    run = begun("caption", steps=30)
    told, _ = asked("evaluate", run)
    scores = told["parts"]["heldout"]["scores"]
    assert scores["exact_match"] == pytest.approx(held_out_measures(run, 5000, "cpu")[1])
    assert scores["word_error_rate"] == pytest.approx(1 - scores["exact_match"])  # of single words
    assert scores["perplexity"] == pytest.approx(np.exp(told["parts"]["heldout"]["value"]))
    assert told["wrong"] and all(right != wrote for _, right, wrote in told["wrong"])


def test_other_seeds_are_the_same_experiment_from_other_seeds():
    run = begun("digits_rows", steps=4)
    told, arrays = asked("seeds", run, seeds=3)
    assert told == {"asked": 3, "step": 4} and list(arrays["seeds"]) == [0, 1, 2]
    for k in range(3):
        one = begun("digits_rows", steps=4, seed=k)
        loss, metric = held_out_measures(one, 5000, "cpu")
        assert arrays["loss"][k] == pytest.approx(loss, rel=1e-6) and arrays["metric"][k] == pytest.approx(metric)
    assert "forecasts" not in arrays
    assert asked("seeds", begun("sine", length=12), seeds=2)[1]["forecasts"].shape == (2, 8, 7, 1)


def test_other_seeds_make_the_changes_that_the_run_made():
    def changed(seed: int) -> Run:
        run = begun("digits_rows", steps=3, seed=seed).changed(learning_rate=0.05, optimiser="sgd")
        return advance(advance(run, 2, device="cpu").changed(batch_size=4), 3, device="cpu")

    run = replace(changed(0), config=changed(0).config.with_(patience=1))
    _, arrays = asked("seeds", run, seeds=2)
    assert list(arrays["steps"]) == [8, 8]
    for k in range(2):
        assert arrays["loss"][k] == pytest.approx(held_out_measures(changed(k), 5000, "cpu")[0], rel=1e-6)


def test_every_fold_is_the_experiment_on_a_part_of_the_series():
    run = begun("stocks", steps=4, length=4, train_fraction=0.6, test_fraction=0.2)
    _, arrays = asked("walk_forward", run, folds=3)
    for k, fold in enumerate(folds(3, 0.2)):
        one = advance(start(fold.config(run.config), device="cpu"), 4, device="cpu")
        assert arrays["loss"][k] == pytest.approx(held_out_measures(one, 5000, "cpu")[0], rel=1e-6)
        assert arrays["baseline"][k] == pytest.approx(make_task(one.config).baseline)
    with pytest.raises(ValueError, match="recorded series"):
        asked("walk_forward", begun("sine", length=6), folds=3)


@pytest.mark.parametrize("name", ["digits_rows", "sine", "text"])
def test_a_network_of_no_numbers_is_evaluated_all_the_same(name):
    run = begun(name, steps=1, **({} if name == "digits_rows" else {"length": 8}))
    broken = {key: np.full_like(array, np.nan) for key, array in run.weights.items()}
    told, _ = asked("evaluate", replace(run, weights=broken))
    assert np.isnan(told["parts"]["heldout"]["value"])


def test_the_ends_are_looked_at_before_what_lies_between():
    assert _spread([0, 1, 2, 3, 4, 5, 6, 7, 8])[:4] == [8, 0, 4, 2]
    assert sorted(_spread(list(range(33)))) == list(range(33)) and _spread([5]) == [5]


def test_a_curve_takes_sequences_of_any_number_that_there_are():
    for size in range(1, 3000):
        rows = np.arange(size)
        (few,) = _few([Batch(rows, rows)])
        assert 1 <= len(few.inputs) <= CURVE_SEQUENCES and len(set(few.inputs)) == len(few.inputs)
