"""The page Evaluate: what it shows of an untrained run, of a trained one, and of one that has gone on."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
from test_pages import check, pictures, visit

from rnnviz.app import evaluate_view
from rnnviz.app.confusions_view import cell, found
from rnnviz.config import ExperimentConfig
from rnnviz.tasks import Batch

pytestmark = pytest.mark.usefixtures("inline_engine")


@pytest.fixture(autouse=True)
def done_at_once(monkeypatch):
    monkeypatch.setenv("RNNVIZ_ERRANDS", "inline")


def trained(steps: int = 3, **query: str):
    """The page, for a run that has taken so many steps and rests."""
    app = check(visit("evaluate", **query))
    go_on(app, steps)
    return check(app.run())


def go_on(app, steps: int) -> None:
    visitor = app.session_state["visitor"]
    job = visitor.jobs["train"]
    wanted = visitor.engine.latest(job).step + steps
    visitor.engine.step(job, steps)
    end = time.monotonic() + 30
    while not (view := visitor.engine.latest(job)).step == view.saved == wanted:
        assert time.monotonic() < end, (view.step, view.saved, view.message)
        time.sleep(0.02)


def numbers(app) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def choose(app, part: str):
    menu = next(each for each in app.segmented_control if each.label == "Look at")
    return check(menu.set_value(part).run())


def test_an_untrained_run_says_what_to_press():
    app = check(visit("evaluate", task="sine", H="4", T="10"))
    assert any("press **Play**" in each.value for each in app.info)
    assert set(numbers(app).values()) == {"–"} and not app.error and not app.dataframe


def test_losses_the_gap_and_every_part_of_classes():
    app = trained(task="digits_rows", H="8", test="0.1")
    assert set(numbers(app)) == {"Training loss", "Held-out loss", "Test loss"} and "–" not in numbers(app).values()
    assert any("held out against" in each.value for each in (*app.warning, *app.success, *app.info))
    assert any("Evaluated at step 3" in each.value for each in app.caption)
    scores = app.dataframe[0].value
    assert list(scores["Part"]) == ["Training", "Held-out", "Test"] and scores["Accuracy"].between(0, 1).all()
    assert pictures(app) >= 3
    assert len(choose(app, "Classes").dataframe[1].value) == 10
    assert "Calibration error" in numbers(choose(app, "Calibration"))
    choose(app, "Other seeds")
    next(button for button in app.button if button.label == "Train 4 more seeds").click().run()
    assert list(check(app).dataframe[1].value["Seed"]) == [0, 1, 2, 3, 4]


def test_every_part_of_a_series():
    app = trained(task="stocks", H="4", T="5")
    assert numbers(app)["Test loss"] == "–"
    assert {"Mean absolute error", "Normalised RMSE"} <= set(numbers(app)) and pictures(app) >= 5
    choose(app, "Forecast")
    next(button for button in app.button if button.label == "Train 4 more seeds").click().run()
    check(app)
    assert not any("One network alone" in each.value for each in app.caption)
    choose(app, "Walk-forward")
    next(button for button in app.button if button.label == "Train 4 folds").click().run()
    assert pictures(check(app)) >= 2 and not app.error


def test_a_forecast_is_drawn_anew_where_as_many_others_are_left(monkeypatch):
    """Of 5 seeds 2 diverge, which leaves as many as 3 seeds do."""
    from rnnviz.app import errands
    from rnnviz.runs.errand import send

    def some_diverge(name, words, make):
        errand = send(name, words, make)
        if name == "seeds":
            errand.arrays = {key: array[-3:] for key, array in errand.arrays.items()}
        return errand

    monkeypatch.setattr(errands, "send", some_diverge)
    app, drawn = trained(task="sine", H="4", T="5"), []
    for part, count in (("Forecast", 5), ("Other seeds", 3)):
        choose(app, part)
        next(each for each in app.segmented_control if each.label == "Seeds").set_value(count).run()
        next(button for button in app.button if button.label == f"Train {count - 1} more seeds").click().run()
        kept = choose(app, "Forecast").session_state["visitor"].pictures
        drawn.append([kept[f"evaluation {name}"].json.partition(",")[2] for name in ("forecast", "horizon")])
    assert drawn[0][0] != drawn[1][0] and drawn[0][1] != drawn[1][1]


def test_the_table_says_what_is_in_a_columns_own_units(monkeypatch):
    rows, said = [], []
    monkeypatch.setattr(evaluate_view.st, "dataframe", lambda table, **_: rows.extend(table))
    monkeypatch.setattr(evaluate_view.st, "caption", said.append)
    part = {"value": 0.5, "sequences": 9, "scores": {"mae": 0.1}, "own": {"room": {"mae": 2.5}}}
    config = ExperimentConfig(scaling="minmax")
    task = SimpleNamespace(loss="mse", scales={"room": 25.0}, config=config)
    evaluate_view.scores(SimpleNamespace(words={"parts": {"heldout": part}}), task)
    assert rows[0]["Mean absolute error"] == 0.1 and rows[0]["Mean absolute error, room"] == 2.5
    assert "(0 to 1)" in said[0] and "own units" in said[0]


@pytest.mark.parametrize(
    ("query", "part", "words"),
    [
        ({"task": "adding", "T": "6"}, "Residuals", "Normalised RMSE"),
        ({"task": "text", "T": "8"}, "Confusions", "Perplexity"),
        ({"task": "caption"}, "Mistakes", "Word error rate"),
        ({"task": "sentiment"}, "Confusions", "Macro F1"),
        ({"task": "copy_memory", "T": "6"}, "Confusions", "Balanced accuracy"),
        ({"task": "sine", "T": "3"}, "Forecast", "R²"),
    ],
)
def test_kinds_of_tasks_are_judged_by_measures_of_their_own(query, part, words):
    app = choose(trained(H="4", **query), part)
    assert words in app.dataframe[0].value.columns and not app.error


def test_a_run_that_has_gone_on_is_evaluated_anew_and_one_that_rests_is_not(monkeypatch):
    from rnnviz.app import errands
    from rnnviz.runs.errand import send

    sent = []
    monkeypatch.setattr(errands, "send", lambda name, *given: sent.append(name) or send(name, *given))
    app = trained(task="sine", H="4", T="10")
    app.run()
    assert sent == ["evaluate"]
    go_on(app, 2)
    app.run()
    assert sent == ["evaluate"] * 2 and any("Evaluated at step 5" in each.value for each in app.caption)


def test_what_helps_against_a_gap_stands_beside_it_and_begins_a_new_run():
    app = trained(task="digits_rows", H="4", layers="2")
    inputs = {each.label: each for each in app.number_input}
    assert {"Dropout", "Weight decay", "Patience", "Test part"} <= set(inputs)
    job = app.session_state["visitor"].jobs["train"]
    inputs["Dropout"].set_value(0.3).run()
    check(app)
    assert app.session_state["visitor"].settings.dropout == 0.3
    assert app.session_state["visitor"].jobs["train"] != job
    assert "–" in numbers(app).values()  # another run, not trained yet


def test_a_cell_is_what_was_clicked_on_or_the_most_frequent_confusion():
    matrix = np.array([[9, 2, 0], [5, 7, 1], [0, 0, 3]])
    assert cell(matrix, None) == (1, 0) and cell(matrix, 99) == (1, 0)
    assert cell(matrix, 5) == (1, 2)
    assert cell(np.diag([1, 4, 2]), None) == (1, 1)


def test_examples_of_a_cell_come_with_the_surest_first():
    answers = np.array([[1, 0, -1], [1, 1, 1]])
    sure = np.array([[0.5, 0.9, 0.0], [0.8, 0.6, 0.7]], np.float32)
    targets = np.array([[0, 0, 1], [0, 1, 0]])
    errand = SimpleNamespace(arrays={"answers": answers, "sure": sure})
    batch = Batch(np.zeros((2, 3)), targets)
    some = found(errand, batch, 0, 1, 2)
    assert [place[:2] for place in some] == [(1, 0), (1, 2)] and some[0][2] == pytest.approx(0.8)
    whole = SimpleNamespace(arrays={"answers": np.array([1, 0]), "sure": np.array([0.5, 0.6])})
    assert found(whole, Batch(np.zeros((2, 3)), np.array([0, 0])), 0, 1, 2) == [(0, None, 0.5)]
