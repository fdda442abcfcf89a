"""The Runs page on the inline engine: listed for its owner, opened, named, deleted, read from a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz import training
from rnnviz.app import owner, runs_view
from rnnviz.config import ExperimentConfig
from rnnviz.runs import Spec, get_engine
from rnnviz.runs.store import About

pytestmark = pytest.mark.usefixtures("inline_engine")
ROOT = Path(__file__).resolve().parents[2]
SMALL = ExperimentConfig(length=8, batch_size=4, hidden_size=6)
ME, ANOTHER = "M" * 43, "A" * 43


def trained(who: str, steps: int, **settings: object) -> str:
    engine = get_engine()
    job = engine.create(Spec(SMALL.with_(**settings)), "elsewhere", owner.hashed(who))
    engine.step(job, steps)
    while engine.latest(job).step < steps or engine.latest(job).status == "playing":
        pass
    return job


def visit() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=10)
    app.session_state["owner"] = ME
    app.run().switch_page("pages/runs.py").run()
    assert not app.exception
    return app


def select(app: AppTest, *rows: int) -> AppTest:
    app.session_state["runs"] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def test_without_runs_it_says_where_they_come_from():
    assert "No run is kept yet" in visit().info[0].value


def test_only_ones_own_runs_are_listed_newest_first():
    trained(ME, 3)
    trained(ANOTHER, 4, cell="gru")
    trained(ME, 5, cell="gru", learning_rate=0.02)
    table = visit().dataframe[0].value
    assert list(table["Step"]) == [5, 3]
    assert list(table["Cell"]) == ["GRU", "LSTM"]
    assert "lr 0.02" in table["Set differently"][0]


def test_a_run_is_opened_on_train_where_it_was():
    job = trained(ME, 60)
    app = select(visit(), 0)
    assert len(app.get("bidi_component")) == 1  # its curve
    press(app, "Open on Train")
    app.switch_page("pages/train.py").run()  # AppTest leaves this to the test
    assert next(metric.value for metric in app.metric if metric.label == "Step") == "60"
    assert app.query_params["run"] == [job] or app.query_params["run"] == job


def test_runs_are_deleted_only_after_a_second_word():
    for steps in (3, 4, 5):
        trained(ME, steps)
    app = press(select(visit(), 0, 2), "Delete 2 runs")
    mine = owner.hashed(ME)
    assert len(get_engine().runs(mine)) == 3
    next(button for button in app.button if button.key == "delete for good").click().run()
    assert [about.step for about in get_engine().runs(mine)] == [4]


def test_a_name_stays():
    trained(ME, 3)
    app = select(visit(), 0)
    app.text_input[0].set_value("first <b>try</b>").run()
    assert list(app.dataframe[0].value["Run"]) == ["first <b>try</b>"]
    assert get_engine().runs(owner.hashed(ME))[0].name == "first <b>try</b>"


def test_a_file_opens_and_a_foreign_one_is_refused_in_words():
    run = training.advance(training.start(SMALL, device="cpu"), steps=7, device="cpu")
    app = visit()
    app.file_uploader[0].upload("x.safetensors", b"PK\x03\x04 not a run").run()
    assert "not a saved run" in app.error[0].value and not app.exception
    app.file_uploader[0].upload("run.safetensors", run.to_bytes()).run()
    assert not app.exception
    assert [about.step for about in get_engine().runs(owner.hashed(ME))] == [7]


def test_titles_and_differences_of_runs_of_another_version():
    about = About("i" * 22, "o" * 22, "", 0.0, 0.0, 3, {"task": "gone", "cell": "lstm", "wings": 2})
    assert runs_view.title(about) == "gone, LSTM, seed 0"
    assert runs_view._differences(about) == "made by another version"
