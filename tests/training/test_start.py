"""Weights to begin with: where they go, which stay frozen, and that a run with a start is a value like any other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_runs import assert_equal, go, small
from torch.nn import functional

from rnnviz.config import ConfigError
from rnnviz.data.characters import UNKNOWN
from rnnviz.data.dataset import Dataset
from rnnviz.model import build
from rnnviz.objective import TensorBatch
from rnnviz.run import Run
from rnnviz.start import Start
from rnnviz.tasks import make_task
from rnnviz.training import advance, observe, start, towards

CPU = torch.device("cpu")
LSTM = {"num_layers": 2, "bidirectional": True, "embedding_size": 3}


def old(**settings):
    """A run that has learned something."""
    return advance(start(small(seed=5, **settings)), 4)


def arrays(model):
    return {name: weight.detach().numpy() for name, weight in model.state_dict().items()}


@pytest.mark.parametrize("settings", [LSTM, {"cell": "gru"}, {"cell": "janet", "num_layers": 2}, {"cell": "rnn_relu"}],
                         ids=str)  # fmt: skip
def test_a_start_is_what_load_state_dict_makes_of_it(settings):
    before = old(**settings)
    run = start(small(seed=9, **settings), start=Start.of(before))
    model = build(run.config.with_(start=""), make_task(run.config))
    model.load_state_dict({name: torch.tensor(array) for name, array in before.weights.items()})
    assert run.weights.keys() == before.weights.keys()
    for name, array in arrays(model).items():
        np.testing.assert_array_equal(run.weights[name], array, err_msg=name)
    assert run.step == 0 and run.optimiser == {} and run.config.start == run.start.fingerprint
    assert run.history.heldout_loss[0] != start(small(seed=9, **settings)).history.heldout_loss[0]


@pytest.mark.parametrize("task", ["translation", "caption"])
def test_a_decoders_model_begins_with_all_of_another(task):
    settings = {"task": task, "bidirectional": True, "attention": "additive", "embedding_size": 4}
    before = old(**settings)
    run = start(small(seed=9, **settings), start=Start.of(before))
    for name, array in before.weights.items():
        np.testing.assert_array_equal(run.weights[name], array, err_msg=name)


def test_a_new_readout_is_the_one_that_the_seed_draws():
    before, config = old(**LSTM), small(seed=9, **LSTM)
    run, random = start(config.with_(readout="new"), start=Start.of(before)), start(config)
    for name in run.weights:
        expected = random if name.startswith("readout.") else before
        np.testing.assert_array_equal(run.weights[name], expected.weights[name], err_msg=name)


def test_an_embedding_and_a_readout_that_do_not_fit_begin_anew():
    before = old(embedding_size=6)  # the adding problem: 2 numbers in, 1 out
    config = small(task="temporal_order", embedding_size=6, seed=9)  # 6 symbols in, 4 classes out
    run, random = start(config, start=Start.of(before)), start(config)
    for name in run.weights:
        expected = before if name.startswith("rnn.") else random
        np.testing.assert_array_equal(run.weights[name], expected.weights[name], err_msg=name)


def test_weights_come_in_the_precision_of_the_experiment():
    before = old()
    run = start(small(precision="float64"), start=Start.of(before))
    for name, array in run.weights.items():
        assert array.dtype == np.float64 and np.array_equal(array, before.weights[name].astype(np.float64))


@pytest.mark.parametrize("settings, words", [
    ({"cell": "gru"}, "have cell lstm; the settings ask for gru. Set cell to lstm"),
    ({"hidden_size": 6}, "have hidden_size 5; the settings ask for 6"),
    ({"num_layers": 1}, "have num_layers 2; the settings ask for 1"),
    ({"bidirectional": False}, "read in both directions.*Switch both directions on"),
    ({"embedding_size": 0}, "read 3 features; this experiment gives them 2 .*embedding of size 3"),
    ({"task": "temporal_order", "freeze": "embedding"}, r"does not fit this task: embed.weight is .* \(6, 3\)"),
    ({"start": "0123456789abcdef"}, "begins with weights of fingerprint 0123456789abcdef; those of mine have"),
])  # fmt: skip
def test_what_does_not_fit_is_said(settings, words):
    mine = Start.of(old(**LSTM), "mine")
    with pytest.raises(ConfigError, match=words):
        start(small(**{**LSTM, **settings}), start=mine)
    with pytest.raises(ConfigError, match="0123.*are not here: bring the run or the file"):
        start(small(start="0123456789abcdef"))


def damaged(**changes):
    weights = {**old(num_layers=2).weights, **changes}
    return {name: array for name, array in weights.items() if array is not None}


@pytest.mark.parametrize("weights, words", [
    ({"rnn.bias_hh_l1": None}, r"2 layers of 5 units of the cell LSTM: .*bias_hh_l1 is not there; expected \(20,\)"),
    ({"rnn.weight_hh_l0": np.zeros((20, 4), np.float32)}, r"rnn.weight_hh_l0 is \(20, 4\); expected \(20, 5\)"),
    ({"rnn.weight_ih_l1": np.zeros((20, 10), np.float32)}, r"rnn.weight_ih_l1 is \(20, 10\); expected \(20, 5\)"),
    ({"rnn.weight_ih_l0": np.zeros(20, np.float32)}, r"rnn.weight_ih_l0 is \(20,\); expected \(20, 0\)"),
    ({"rnn.weight_ih_l0": np.zeros((20, 0), np.float32)}, "rnn.weight_ih_l0"),
    ({"rnn.weight_hh_l2": np.zeros((20, 5), np.float32)}, "rnn.weight_hh_l2 is .*; expected not there"),
    ({"rnn.bias_hh_l0": np.full(20, np.nan, np.float32)}, "rnn.bias_hh_l0 holds 20 numbers of 20 that are NaN"),
    ({"readout.weight": np.full((1, 5), np.inf, np.float32)}, "readout.weight holds 5 numbers of 5"),
    ({"readout.weight": np.zeros((1, 5), np.int64)}, "holds int64 numbers; expected float32 or float64"),
    ({"encoder.weight_ih_l0": np.zeros((20, 5), np.float32)}, "encoder.bias_hh_l0 is not there"),
    ({3: np.zeros(1)}, "names that are no text"),
], ids=str)  # fmt: skip
def test_weights_that_are_no_stack_are_refused(weights, words):
    with pytest.raises(ConfigError, match=words):
        Start("mine", damaged(**weights) if 3 not in weights else weights, "lstm", 5, 2, False)


def test_the_fingerprint_is_of_what_decides_numbers():
    run = old(**LSTM)
    one, two = Start.of(run, "one"), Start.of(Run.from_bytes(run.to_bytes()), "two")
    assert one.fingerprint == two.fingerprint == Start.from_parts(*one.to_parts()).fingerprint
    assert len(one.fingerprint) == 16 and Start.of(advance(run, 1)).fingerprint != one.fingerprint
    nudged = dict(run.weights)
    nudged["readout.bias"] = np.nextafter(nudged["readout.bias"], np.float32(9))
    assert replace(one, weights=nudged).fingerprint != one.fingerprint


def uploaded():
    """A run on a text of one's own."""
    data = Dataset.of_text("a.txt", "the cat sat on the mat. " * 40)
    config = small(task="uploaded", unit="characters", data=data.fingerprint, embedding_size=3)
    return advance(start(config, data), 6)


def test_new_data_are_prepared_as_those_were_that_the_weights_know():
    """The same letter is the same token, though the new text has others."""
    given = Start.of(uploaded())
    assert Start.from_parts(*given.to_parts()).pipeline.fingerprint == given.pipeline.fingerprint
    other = Dataset.of_text("b.txt", "zebras eat mats, not hats. " * 40)
    alike = replace(other, pipeline=given.pipeline)
    assert alike.fingerprint != other.fingerprint == replace(alike, pipeline=None).fingerprint
    config = small(embedding_size=3, freeze="both").with_(**given.pipeline.fields(alike))
    run = start(config.with_(data=alike.fingerprint), alike, given)
    for name, array in given.weights.items():
        np.testing.assert_array_equal(run.weights[name], array, err_msg=name)
    task = make_task(run.config, alike)
    read = {task.decode_input(row) for row in task.heldout(40).inputs}
    assert set("".join(read)) == {*" .aehmnost", UNKNOWN}  # of "zebras eat mats, not hats. "
    with pytest.raises(ConfigError, match="does not fit this task: embed.weight"):
        start(config, other, given)
    later = Run.from_bytes(advance(run, 3).to_bytes())
    assert later.data.fingerprint == alike.fingerprint and later.data.pipeline.fingerprint == given.pipeline.fingerprint
    assert_equal(advance(later, 4), advance(run, 7))
    other_parts = make_task(run.config.with_(train_fraction=0.5), alike)
    assert other_parts.labels == task.labels and len(other_parts.windows["train"]) < len(task.windows["train"])
    asked_otherwise = run.config.with_(unit="words", freeze="nothing")
    assert make_task(asked_otherwise, alike).pipeline.fingerprint != given.pipeline.fingerprint


FROZEN = {"nothing": (), "embedding": ("embed.",), "recurrent": ("rnn.",), "both": ("embed.", "rnn.")}


@pytest.mark.parametrize("freeze", FROZEN)
@pytest.mark.parametrize("optimiser", ["adam", "sgd", "rmsprop"])
def test_frozen_weights_stay_bit_for_bit_and_the_others_train_as_in_torch(freeze, optimiser):
    before = Start.of(old(**LSTM))
    config = small(**LSTM, seed=9, freeze=freeze, optimiser=optimiser, learning_rate=0.02, weight_decay=0.1)
    run = advance(start(config, start=before), 7)

    task = make_task(config)
    model = build(config, task)
    model.load_state_dict({name: torch.tensor(array) for name, array in before.weights.items()})
    moved = [p for name, p in model.named_parameters() if not name.startswith(FROZEN[freeze])]
    kind = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop}[optimiser]
    torchs = kind(moved, lr=0.02, weight_decay=0.1)
    norms = []
    for step in range(7):
        batch = TensorBatch.of(task.batch(step), task, CPU)
        model.zero_grad()
        functional.mse_loss(model(batch.inputs, batch.lengths), batch.targets).backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(moved, 1.0)))
        torchs.step()

    np.testing.assert_allclose(run.history.grad_norm, norms, rtol=1e-5)
    for name, array in arrays(model).items():
        if name.startswith(FROZEN[freeze]):
            assert run.weights[name].tobytes() == before.weights[name].tobytes(), name
        else:
            np.testing.assert_allclose(run.weights[name], array, rtol=1e-5, atol=1e-6, err_msg=name)
            assert not np.array_equal(run.weights[name], before.weights[name]), name
    assert {key.partition(".")[0] for key in run.optimiser} <= set(map(str, range(len(moved))))


def test_gradients_are_seen_through_frozen_layers():
    free, frozen = (start(small(freeze=freeze)) for freeze in ("nothing", "both"))
    one, two = observe(free), observe(frozen)
    assert two.has_grads
    np.testing.assert_array_equal(one.state_grads["h"], two.state_grads["h"])
    later = advance(frozen, 6)
    assert np.isfinite(later.history.flow).all() and later.history.flow.any() and len(later.history.flow) > 1
    assert later.weights["rnn.weight_hh_l0"].tobytes() == frozen.weights["rnn.weight_hh_l0"].tobytes()


CONFIG = small(num_layers=2, dropout=0.3, freeze="recurrent", weight_decay=0.01, readout="new", embedding_size=3)


def begun():
    return start(CONFIG, start=Start.of(old(num_layers=2, embedding_size=3)))


def test_resumed_equals_undisturbed():
    whole, run = advance(begun(), 23), begun()
    assert len(whole.snapshots) > 2
    for steps in (1, 4, 7, 11):
        run = advance(Run.from_bytes(run.to_bytes()), steps)
        run = Run.from_parts(run.to_parts())
    assert_equal(whole, run)
    assert run.start.fingerprint == whole.start.fingerprint and run.start.name == whole.start.name


def test_going_back_and_changing_on_the_way():
    run = go(begun(), 9).changed(weight_decay=0.5, learning_rate=0.02)
    run = go(run, 21)
    for step in (0, 5, 9, 14):
        past = towards(run.nearest(step), run, step)
        straight = go(begun(), min(step, 9))
        straight = go(straight.changed(weight_decay=0.5, learning_rate=0.02), step) if step > 9 else straight
        assert_equal(replace(past, snapshots=()), replace(straight, snapshots=()))
    assert run.original == begun().config
    assert_equal(begun(), start(run.original, start=run.start))


def test_a_changed_loss_measures_the_first_one_from_the_start():
    """What step 0 would have had with the loss that is trained now, from the same weights: divergence goes by it."""
    from rnnviz.trainer import Trainer

    run = go(begun(), 3).changed(loss="mae")
    model = build(CONFIG, make_task(CONFIG), begun().weights)
    task = make_task(run.config)
    batch = TensorBatch.of(task.batch(0), task, CPU)
    model.rnn.dropout = 0.0
    expected = functional.l1_loss(model(batch.inputs, batch.lengths), batch.targets).item()
    undropped = replace(run, config=run.config.with_(dropout=0.0))
    assert Trainer(undropped, CPU).first == pytest.approx(expected, rel=1e-6)


def test_parts_and_what_is_wrong_with_them():
    run = go(begun(), 5)
    parts = dict(run.to_parts())
    assert "start" in parts and "start" not in run.to_parts(known=["start"])
    other = start(small(), start=Start.of(old()))
    without = {name: part for name, part in parts.items() if name != "start"}
    for spoilt, words in (
        (without, "damaged"),
        ({**parts, "start": parts["snapshot-0"]}, "its part 'start' holds 'snapshot-0'"),
        ({**parts, "start": other.to_parts()["start"]}, "damaged: ConfigError: These weights do not make"),
    ):
        with pytest.raises(ValueError, match=words):
            Run.from_parts(spoilt)
    with pytest.raises(ValueError, match="its settings name the start"):
        Run.from_bytes(replace(run, start=replace(other.start, weights=advance(old(), 1).weights)).to_bytes())
    with pytest.raises(ValueError, match="its settings name the start"):
        Run.from_bytes(replace(run, start=None).to_bytes())
