"""Bringing files on the page Your data: several, wrong ones, others instead; and what is said about them."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.app import errands
from rnnviz.data.sample import sample_csv
from rnnviz.runs.errand import Errand

pytestmark = pytest.mark.usefixtures("inline_engine")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def app(monkeypatch) -> AppTest:
    monkeypatch.setenv("RNNVIZ_ERRANDS", "inline")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    return app.switch_page("pages/your_data.py").run()


def bring(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader[0].set_value([(name, content, "text/csv") for name, content in files]).run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def said(app: AppTest) -> str:
    return "\n".join(str(each.value) for kind in ("markdown", "caption", "info") for each in app.get(kind))


def test_several_files_are_several_sequences(app):
    assert any("Choose a file" in each.value for each in app.info)
    bring(app, ("b.csv", sample_csv()), ("a.csv", sample_csv()))
    data = app.session_state["visitor"].data
    assert data.sequences == 2 and data.rows == 1460
    assert "1,460 rows, 6 columns in 2 sequences" in said(app)
    assert "Read as UTF\\-8 text, columns separated by a comma." in said(app)
    assert not app.info
    columns = app.dataframe[0].value
    lines = [table.value for table in app.dataframe if "Holds" in table.value]
    assert len(lines) == 1 and list(lines[0]["Kind"]) == ["dates", "categories", *["numbers"] * 3, "categories"]
    assert lines[0]["Missing"].sum() > 10 and columns is not None


def test_a_wrong_file_leaves_what_is_in_hand(app):
    bring(app, ("good.csv", sample_csv()))
    before = app.session_state["visitor"].data
    bring(app, ("![x](//e.co).csv", b"a,b\n1\n"))
    assert app.session_state["visitor"].data is before
    assert len(app.error) == 1 and "Line 2 has 1 field" in app.error[0].value and "](//" not in app.error[0].value
    bring(app)
    assert not app.error and "In hand: **good.csv**" in said(app)


def test_reading_that_is_cancelled_is_no_error_and_can_be_begun_again(app, monkeypatch):
    bring(app, ("good.csv", sample_csv()))
    before = app.session_state["visitor"].data
    with monkeypatch.context() as way:
        way.setattr(errands, "send", lambda name, words, arrays: Errand(name))
        bring(app, ("other.csv", sample_csv()))
        app.button(key="reading cancel").click().run()
    assert [each.value for each in app.info] == ["This was cancelled."] and not app.error
    assert app.session_state["visitor"].data is before
    app.button(key="reading again").click().run()
    assert app.session_state["visitor"].data.name == "other.csv" and not app.info and not app.exception


def test_a_file_is_read_once_and_again_where_it_is_wanted_as_text(app):
    bring(app, ("a.csv", sample_csv()))
    data = app.session_state["visitor"].data
    app.run()
    assert app.session_state["visitor"].data is data
    app.toggle[0].set_value(True).run()
    assert not app.exception
    assert app.session_state["visitor"].data.text == sample_csv().decode()


def test_limits_are_the_servers(app, monkeypatch):
    monkeypatch.setenv("RNNVIZ_UPLOAD_MB", "1")
    app.run()
    bring(app, ("a.csv", b"1\n" * 2**20))
    assert "the limit is 1 MB" in app.error[0].value
    assert "Up to 1 MB each, 200 MB in all" in app.file_uploader[0].label


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("wide.csv", b",".join(b"c%d" % k for k in range(3000)) + b"\n" + b"\n".join([b",".join([b"1"] * 3000)] * 40)),
        ("words.csv", b"city,land\n" + b"Paris,F\nRom,I\nBonn,D\n" * 40),
        ("genes.fa", b">a x\nACGT\n>b\nGGT\n" * 30),
        ("hello.txt", b"hello you\n" * 90),
    ],
)
def test_whatever_is_read_has_a_preview(app, name, content):
    bring(app, (name, content))
    assert name in said(app)
    assert len(app.get("bidi_component")) >= 1
