"""The page Search: from a click to a map, the best named, the way into an experiment; it holds few runs at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.app import search_plan
from rnnviz.config import ExperimentConfig
from rnnviz.search import AT_ONCE
from rnnviz.tasks import make_task

pytestmark = pytest.mark.usefixtures("inline_engine")
ROOT = Path(__file__).resolve().parents[2]
SMALL = {"task": "sine", "T": "8", "B": "4", "steps": "100", "sizes": "4,8", "rates": "0.01,0.1"}


def visit(**query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    app.switch_page("pages/search.py").run()
    return check(app)


def check(app):
    assert not app.exception, [each.value for each in app.exception]
    return app


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    return check(app)


def labels(app):
    return [button.label for button in app.button]


def search(app):
    return app.session_state["visitor"].results["search"][1]


def held(app):
    """Jobs of the search that are at hand."""
    return [job for job, (place, *_) in app.session_state["visitor"].made.items() if place.startswith("search")]


def finished(app, runs):
    most = 0
    for _ in range(400):
        app.run()
        most = max(most, len(held(app)))
        if len(search(app).known) == runs and not search(app).going:
            break
    app.run()
    assert most <= AT_ONCE
    return check(app)


def test_a_search_from_the_click_to_the_best():
    app = visit(**SMALL, cells="gru")
    assert "4 runs of 100 steps" in " ".join(each.value for each in app.caption)
    assert not app.get("bidi_component") and not search(app).known
    press(app, "Search")
    assert "Pause" in labels(app)
    finished(app, 4)
    assert not app.error and len(app.get("bidi_component")) == 1
    table = app.dataframe[0].value
    losses = list(table["Held-out loss"])
    assert losses == sorted(losses) and len(losses) == 4
    best = table.iloc[0]
    words = next(each.value for each in app.success)
    assert f"{best['Hidden units']} units, learning rate {best['Learning rate']:g}" in words
    assert "With one seed each" in words and "flatters" in words
    better = "." if losses[0] < make_task(ExperimentConfig(task="sine", length=8)).baseline else ": none of them"
    assert "Best: " in words and "The baseline (repeating the last value) has 0.0" in words and better in words
    assert not held(app)  # every run is let go
    button = next(button for button in app.button if button.label == "Search")
    assert button.disabled


def test_widening_it_trains_only_what_is_new_and_narrowing_it_keeps_what_is_known():
    app = visit(**SMALL, cells="gru")
    finished(press(app, "Search"), 4)
    known = dict(search(app).known)
    pills = next(each for each in app.get("button_group") if each.label == "Learning rates")
    pills.set_value([0.003, 0.01, 0.1]).run()
    check(app)
    assert "Go on" in labels(app)
    finished(press(app, "Go on"), 6)
    assert known.items() <= search(app).known.items()
    assert len(app.dataframe[0].value) == 6
    press(app, "Forget")
    assert not search(app).known


def test_pausing_lets_the_runs_go():
    app = visit(**SMALL)
    press(app, "Search")
    assert len(held(app)) == AT_ONCE
    press(app, "Pause")
    app.run()
    assert not held(app) and not search(app).going


def test_an_experiment_that_is_chosen_opens_on_train():
    app = visit(**SMALL, cells="gru")
    finished(press(app, "Search"), 4)
    app.session_state["visitor"].noted["search chosen"] = next(
        trial.settings
        for trial in search(app).known
        if trial.settings.hidden_size == 8 and trial.settings.learning_rate == 0.1
    )
    check(app.run())
    link = app.get("page_link")[-1].proto
    assert link.label == "Open on Train" and "H=8" in link.query_string and "lr=0.1" in link.query_string
    assert "cell=gru" in link.query_string and "task=sine" in link.query_string


def test_random_searches_stand_in_the_link_and_draw_what_they_say():
    app = visit(**SMALL, how="random", draws="12")
    assert "12 runs" in " ".join(each.value for each in app.caption)
    finished(press(app, "Search"), 12)
    assert len(app.get("bidi_component")) == 2
    assert len(app.dataframe[0].value) == 12


def test_nothing_chosen_and_too_much_are_said():
    app = visit(**SMALL)
    next(each for each in app.get("button_group") if each.label == "Cells").set_value([]).run()
    check(app)
    assert any("at least one" in each.value for each in app.info) and "Search" not in labels(app)
    every = {"cells": "lstm,gru,rnn_tanh", "seeds": "3"}
    every |= {"sizes": ",".join(map(str, search_plan.SIZES)), "rates": ",".join(map(str, search_plan.RATES))}
    app = visit(**{**SMALL, **every})
    assert any("324 runs" in each.value and "200" in each.value for each in app.warning)


def test_garbage_in_the_link_is_harmless():
    app = visit(task="sine", cells="transformer,<b>", sizes="-1", rates="nan", steps="7", how="x", seeds="0")
    assert "24 runs of 300 steps" in " ".join(each.value for each in app.caption)
