"""Fine-tuning on the inline engine: a run's weights on new data beside random ones, and on to the page Train."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.app import finetune_view, owner, starts
from rnnviz.app.settings import base
from rnnviz.breakpoints import best_check
from rnnviz.data.dataset import Dataset
from rnnviz.run import Run
from rnnviz.runs import Spec, get_engine
from rnnviz.runs.view import empty_history
from rnnviz.training import start

pytestmark = pytest.mark.usefixtures("inline_engine")
ROOT = Path(__file__).resolve().parents[2]
ME = "M" * 43
SMALL = {"hidden_size": 6, "batch_size": 4}


def trained(task: str, steps: int = 6, data: Dataset | None = None, **settings: object) -> Run:
    """A run that is kept for the visitor, as last saved."""
    engine = get_engine()
    config = base(task).with_(**{**SMALL, **settings}, data=data.fingerprint if data else "")
    job = engine.create(Spec(config, data), "elsewhere", owner.hashed(ME))
    engine.step(job, steps)
    while engine.latest(job).step < steps or engine.latest(job).status == "playing":
        pass
    return Run.from_bytes(engine.export(job, owner.hashed(ME)))


def visit(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["owner"] = ME
    for key, value in query.items():
        app.query_params[key] = value
    app.run().switch_page("pages/finetune.py").run()
    return check(app)


def check(app: AppTest) -> AppTest:
    assert not app.exception, [each.value for each in app.exception]
    return app


def box(app: AppTest, label: str):
    return next(each for each in app.selectbox if each.label == label)


def begin_with_the_run(app: AppTest) -> AppTest:
    box(app, "Begin with").select_index(0).run()
    return check(app)


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    return check(app)


def views(app: AppTest):
    """(fine-tuned, from scratch), as the page has them."""
    visitor = app.session_state["visitor"]
    tuned = next(reversed(visitor.beside))
    return visitor.engine.latest(tuned), visitor.engine.latest(visitor.beside[tuned])


def test_without_runs_it_says_where_weights_come_from():
    app = visit()
    assert "Train a run first" in app.info[0].value and not app.error


def test_a_link_to_weights_that_are_not_in_hand_says_so():
    trained("sine")
    app = visit(task="sine", start="0123456789abcdef")
    assert "`0123456789abcdef` are not in hand" in app.info[0].value and not app.error
    train = app.switch_page("pages/train.py").run()
    assert "fingerprint `0123456789abcdef`, which are not in hand" in check(train).info[0].value


def test_the_store_is_asked_for_the_runs_once_in_a_while(monkeypatch):
    trained("sine")
    engine, asked = get_engine(), []
    monkeypatch.setattr(starts, "LISTED", 1e6)
    monkeypatch.setattr(engine, "runs", lambda *given, runs=engine.runs: asked.append(given) or runs(*given))
    app = visit(task="sine")
    app.run()
    assert len(asked) == 1 and len(box(app, "Begin with").options) == 1
    app.switch_page("pages/your_data.py").run()
    begin_with_the_run(app.switch_page("pages/finetune.py").run())
    assert len(asked) == 1
    app.run()
    assert len(asked) == 2  # two runs have been made since


def test_a_run_that_is_gone_since_it_was_listed_is_said_to_be(monkeypatch):
    trained("sine")
    monkeypatch.setattr(starts, "LISTED", 1e6)
    app, engine = visit(task="sine"), get_engine()
    (about,) = engine.runs(owner.hashed(ME))
    engine.delete(about.id, owner.hashed(ME))
    begin_with_the_run(app)
    assert [each.value for each in app.toast] == ["This run is not kept any more."] and not app.error


def test_a_run_on_new_data_beside_one_from_scratch():
    run = trained("sine")
    app = begin_with_the_run(visit(task="sine"))
    assert not app.error and {"mackey_glass", "noise"} <= set(box(app, "New data").options) | {"mackey_glass", "noise"}
    names = box(app, "New data").options
    assert "Mackey-Glass" in " ".join(names) and "Adding problem" not in names  # 1 input, not 2
    box(app, "New data").set_value("mackey_glass").run()
    tuned, scratch = views(check(app))
    assert tuned.config.task == scratch.config.task == "mackey_glass" and tuned.config.hidden_size == 6
    assert scratch.config.start == "" and tuned.config.start and tuned.config.seed == scratch.config.seed
    np.testing.assert_array_equal(tuned.trace.weights["weight_hh_l0"], run.weights["rnn.weight_hh_l0"])
    np.testing.assert_array_equal(tuned.trace.model_weights["readout.weight"], run.weights["readout.weight"])
    fresh = start(scratch.config)
    np.testing.assert_array_equal(scratch.trace.weights["weight_hh_l0"], fresh.weights["rnn.weight_hh_l0"])
    assert any("gives recurrent layers and readout." in each.value for each in app.caption)
    press(app, "Play")
    for _ in range(3000):  # a busy machine takes few steps in a slice
        if all(view.status == "paused" and view.step == 300 for view in views(app)):
            break
        app.run()
    app.run()
    tuned, scratch = views(check(app))
    assert tuned.step == scratch.step == 300
    assert [metric.value for metric in app.metric if metric.label == "Held-out loss"] == [
        f"{view.history.heldout_loss[-1]:.4g}" for view in (scratch, tuned)
    ]
    press(app, "Fine-tuned on Train")
    visitor = app.session_state["visitor"]
    assert visitor.jobs["train"] == tuned.job and visitor.beside[tuned.job] == scratch.job
    assert visitor.engine.latest(tuned.job).step == 300


def test_what_is_frozen_and_what_begins_anew():
    run = trained("temporal_order", embedding_size=5)
    app = begin_with_the_run(visit(task="temporal_order", H="6", E="5"))
    control = {each.label: each for each in app.segmented_control}
    control["Freeze"].set_value("both").run()
    tuned, scratch = views(check(app))
    assert (tuned.config.freeze, scratch.config.freeze) == ("both", "nothing")
    assert any("Frozen: recurrent layers and embedding." in each.value for each in app.caption)
    press(app, "Step")
    tuned, scratch = views(app)
    assert tuned.step == 1
    np.testing.assert_array_equal(tuned.trace.weights["weight_hh_l0"], run.weights["rnn.weight_hh_l0"])
    assert not np.array_equal(tuned.trace.model_weights["readout.weight"], run.weights["readout.weight"])
    next(each for each in app.segmented_control if each.label == "Readout").set_value("new").run()
    assert any("readout begins anew" in each.value for each in check(app).caption)
    # other tokens than the embedding knows: it cannot stay as it is
    box(app, "New data").set_value("copy_memory").run()
    box(check(app), "New data").set_value("dna").run().run()
    assert any("does not fit this task" in each.value for each in check(app).error)


def test_data_of_ones_own_are_prepared_as_the_weights_know_them():
    old = Dataset.of_text("old.txt", "the cat sat on the mat. " * 60)
    run = trained("uploaded", data=old, length=10, embedding_size=4, unit="characters")
    app = visit(task="sine")
    app.session_state["visitor"].data = Dataset.of_text("new.txt", "that hat sits on a cat; no rat. " * 60)
    app.run()
    begin_with_the_run(app)
    box(app, "New data").set_value("uploaded").run()
    tuned, scratch = views(check(app))
    visitor = app.session_state["visitor"]
    assert tuned.config.data == scratch.config.data == visitor.alike.fingerprint != visitor.data.fingerprint
    np.testing.assert_array_equal(tuned.trace.model_weights["embed.weight"], run.weights["embed.weight"])
    assert len(scratch.trace.model_weights["embed.weight"]) == len(run.weights["embed.weight"])
    press(app, "From scratch on Train")
    assert visitor.jobs["train"] == scratch.job and not app.warning


def history(losses):
    steps = np.arange(len(losses)) * 50
    return replace(empty_history(), checked=steps, heldout_loss=np.array(losses, float))


@pytest.mark.parametrize("scratch, tuned, words", [
    ([1, 0.5, 0.2, 0.3], [0.4, 0.19], "**0.2** at step 100, fine-tuning had at step **50**."),
    ([1, 0.5], [0.4, 0.3], "fine-tuning had **before its first step**."),
    ([1, 0.5], [2, 0.9], "has not come to **0.5**, the best held-out loss from scratch (step 50), so far."),
    ([0.1, 0.5], [2, 0.5], "**0.5** at step 50, fine-tuning had at step **50**."),  # untrained does not count
    ([1, float("nan")], [2, 1], ""),
    ([1], [1], ""),
])  # fmt: skip
def test_how_much_sooner(scratch, tuned, words):
    found = finetune_view.sooner(history(scratch), history(tuned))
    assert found.endswith(words) and bool(found) == bool(words)
    assert best_check(history(scratch)) is not None
