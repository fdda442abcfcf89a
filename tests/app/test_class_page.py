"""The class page: absent when off, empty until the secret is typed, counts and no names after."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.app import admin, class_view, session

ROOT = Path(__file__).resolve().parents[2]
SECRET = "correct horse"
STATUS = {
    "workers": [
        {"label": "worker 1", "pid": 41, "ready": True, "jobs": 2, "playing": 1, "rss": 300_000_000},
        {"label": "worker 2", "pid": 42, "ready": False, "jobs": 0, "playing": 0, "rss": None},
    ],
    "jobs": 2,
    "playing": 1,
    "waiting": 4,
    "visitors": 3,
    "trouble": "",
    "store": {"url": "memory://runs", "trouble": "", "runs": 7, "bytes": 12_000_000},
    "started": time.time() - 3700,
    "engine": "pool",
}


class Engine:
    def __init__(self, status):
        self.status = lambda: status


@pytest.fixture(autouse=True)
def quiet(monkeypatch, inline_engine):
    """Runs of other pages train inline; the door is new for each test."""
    monkeypatch.setenv(admin.VARIABLE, SECRET)
    admin.door.cache_clear()
    yield
    admin.door.cache_clear()


@pytest.fixture
def status(monkeypatch):
    """Call it with what the engine is to say."""

    def say(**change):
        monkeypatch.setattr(session, "engine", lambda: Engine(STATUS | change))

    return say


def visit() -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages/class.py"), default_timeout=60).run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def guess(app: AppTest, word: str) -> AppTest:
    app.text_input[0].input(word)
    app.button[0].click().run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def words(app: AppTest) -> str:
    return " ".join(each.value for kind in (app.error, app.warning, app.info, app.caption) for each in kind)


def test_off_it_says_so_and_shows_nothing(monkeypatch):
    monkeypatch.delenv(admin.VARIABLE)
    app = visit()
    assert "RNNVIZ_ADMIN" in words(app) and not app.text_input and not app.metric and not app.dataframe


def test_nothing_is_shown_until_the_secret_is_typed(status):
    status()
    app = visit()
    assert app.text_input[0].proto.type == app.text_input[0].proto.PASSWORD
    assert not app.metric and not app.dataframe
    guess(app, "wrong")
    assert "not the secret" in words(app) and not app.metric and not app.dataframe
    guess(app, SECRET)
    assert app.metric and not app.text_input
    other = visit()
    assert other.text_input and not other.metric


def test_the_secret_stays_out_of_the_session_the_link_and_the_log(status, caplog, capfd):
    status()
    app = guess(visit(), SECRET)
    app.run()
    assert app.metric
    for place in (repr(app.session_state), repr(app.query_params), caplog.text, *capfd.readouterr()):
        assert SECRET not in place


def test_guesses_are_slowed_down_for_everybody(status):
    status()
    for _ in range(admin.FREE):
        guess(visit(), "wrong")
    app = guess(visit(), SECRET)
    assert "Try again in 1 s" in words(app) and not app.metric


def test_the_numbers_are_the_engines(status):
    status()
    app = guess(visit(), SECRET)
    shown = {metric.label: metric.value for metric in app.metric}
    counts = ("Visitors", "Runs", "Playing", "Waiting", "Saved runs", "Memory: workers")
    assert [shown[name] for name in counts] == ["3", "2", "1", "4", "7", "300 MB"]
    assert shown["Memory: server"].endswith("B") and shown["Memory: free"].endswith("B")
    table = app.dataframe[0].value
    assert table.to_dict("records") == [
        {"Worker": "worker 1", "Process": 41, "State": "ready", "Runs": 2, "Playing": 1, "Memory": "300 MB"},
        {"Worker": "worker 2", "Process": 42, "State": "starting", "Runs": 0, "Playing": 0, "Memory": "-"},
    ]
    assert "Up for 1 h" in words(app) and not app.error


def test_trouble_is_told_in_the_engines_words_letter_by_letter(status):
    status(trouble="no *scheduler*", store={"trouble": "disk [full](x)"})
    told = [each.value for each in guess(visit(), SECRET).error]
    assert told == [r"Training: no \*scheduler\*", r"Saving: disk \[full\]\(x\)"]


@pytest.mark.parametrize("said", [{}, {"workers": []}])
def test_an_engine_that_says_little_is_no_error(monkeypatch, said):
    monkeypatch.setattr(session, "engine", lambda: Engine(said))
    app = guess(visit(), SECRET)
    assert next(metric for metric in app.metric if metric.label == "Memory: workers").value == "-"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "0 min"), (59, "0 min"), (60, "1 min"), (3660, "1 h 1 min"), (90_000, "1 d 1 h"), (86_400, "1 d 0 h")],
)
def test_durations_are_told_in_two_units(seconds, told):
    assert class_view.duration(seconds) == told


@pytest.mark.parametrize(("count", "told"), [(0, "0 MB"), (999e6, "999 MB"), (1e9, "1.0 GB"), (2.56e9, "2.6 GB")])
def test_sizes_are_told_in_mb_and_gb(count, told):
    assert class_view.size(count) == told
