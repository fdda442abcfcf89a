"""What else could do it, on the page Evaluate: asked for with a button, one table, honest words."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.rivals import contest

pytestmark = pytest.mark.usefixtures("inline_engine")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Errands here and now, nets that hardly train."""
    monkeypatch.setenv("RNNVIZ_ERRANDS", "inline")
    monkeypatch.setattr(contest, "UNTRAINED", 5)
    monkeypatch.setattr(contest, "SEQUENCES", 50)


def button(app, words):
    return next((each for each in app.button if each.label.startswith(words)), None)


def trained(app, steps=1):
    for _ in range(steps):
        button(app, "Step").click().run()
    for _ in range(200):
        app.run()
        if button(app, "Compare") is not None:
            break
    assert not app.exception, [each.value for each in app.exception]
    return app


def visit(**query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    app.switch_page("pages/evaluate.py").run()
    return app


def table(app):
    return next(each.value for each in app.dataframe if "Training time" in each.value.columns)


def test_the_table_is_asked_for_and_says_that_the_network_loses():
    app = trained(visit(task="sine", T="8", H="4", B="8"))
    assert not any("Training time" in each.value.columns for each in app.dataframe)
    button(app, "Compare").click().run()
    assert not app.exception, [each.value for each in app.exception]
    found = table(app)
    rows = dict(zip(found["Method"], found["Mean squared error"], strict=True))
    assert next(iter(rows)) == "Linear model" and "LSTM (this run)" in rows
    assert rows["LSTM (this run)"] > rows["Persistence"] > rows["Linear model"]
    assert list(rows.values()) == sorted(rows.values())
    words = " ".join(each.value for each in app.warning)
    assert "loses to the linear model" in words and "does not even beat" in words
    assert any("n\\-gram" in each.value and "no symbols" in each.value for each in app.caption)
    assert button(app, "Compare") is None  # it is there
    trained(app)
    assert button(app, "Compare again, at step 2") is not None
    assert table(app).equals(found)  # until it is asked for


def test_of_classes_accuracy_and_loss_have_columns():
    app = trained(visit(task="digits_rows", H="4", B="8"))
    button(app, "Compare").click().run()
    found = table(app)
    assert {"Accuracy", "Cross-entropy"} <= set(found.columns)
    machine = found[found["Method"] == "Support vector machine"].iloc[0]
    assert machine["Cross-entropy"] != machine["Cross-entropy"] and 0 < machine["Accuracy"] <= 1  # it has none
