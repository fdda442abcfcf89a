"""Who is here, with two sessions of one browser: whoever leaves takes their own jobs along and nobody else's."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
import streamlit as st

from rnnviz.app import session
from rnnviz.app.session import Presence
from rnnviz.app.visitor import Visitor


class Engine:
    """Notes what it is told."""

    orphan_seconds = 30.0

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def attach(self, job: str, visitor: str) -> bool:
        self.told.append(("attach", job, visitor))
        return True

    def orphan(self, job: str, visitor: str) -> None:
        self.told.append(("orphan", job, visitor))


@pytest.fixture
def engine(monkeypatch):
    engine = Engine()
    monkeypatch.setattr(session, "GRACE", 0.02)
    monkeypatch.setattr(session, "engine", lambda: engine)
    monkeypatch.setattr(session, "get_engine", lambda: engine)
    monkeypatch.setattr(session, "_here", [])
    monkeypatch.setattr(session, "_left", {})
    monkeypatch.setattr(session.owner, "token", lambda: "one browser")
    return engine


@pytest.fixture
def connect(monkeypatch):
    """connect(name, state) -> the Presence of a session of this name, whose `st.session_state` is `state`."""

    def make(name: str, state: dict) -> Presence:
        monkeypatch.setattr(st, "session_state", state)
        monkeypatch.setattr(session, "get_script_run_ctx", lambda: SimpleNamespace(session_id=name))
        return session._presence.__wrapped__()

    return make


def with_job(presence: Presence, job: str) -> Presence:
    presence.visitor.made[job] = ("train", None, "")
    return presence


def orphaned(engine: Engine) -> list[str]:
    time.sleep(0.2)
    return [job for verb, job, _ in engine.told if verb == "orphan"]


def test_two_tabs_that_close_together_both_leave(engine, connect):
    tabs = [with_job(connect(name, {}), f"job {name}") for name in ("a", "b")]
    assert tabs[0].visitor is not tabs[1].visitor
    for tab in tabs:
        tab.end()
    assert sorted(orphaned(engine)) == ["job a", "job b"]


def test_a_reload_goes_on_as_the_same_visitor_and_orphans_nothing(engine, connect):
    before = with_job(connect("a", {}), "job")
    before.end()
    after = connect("b", {})
    assert after.visitor is before.visitor
    assert orphaned(engine) == []


def test_a_dropped_connection_that_returns_keeps_its_jobs(engine, connect):
    state: dict = {}
    before = with_job(connect("a", state), "job")
    before.end()
    assert set(orphaned(engine)) == {"job"}
    after = connect("a", state)
    assert after.visitor is before.visitor
    assert engine.told[-1][:2] == ("attach", "job")


def test_a_visitor_who_was_taken_over_is_not_shared(engine, connect):
    """A loses the connection, B opens a tab and goes on as A; then A is back. Closing B leaves A's run alone."""
    state: dict = {}
    with_job(connect("a", state), "job").end()
    tab_b = connect("b", {})
    back = connect("a", state)
    assert back.visitor is not tab_b.visitor
    back.visitor.made["job of a"] = ("train", None, "")
    tab_b.end()
    assert set(orphaned(engine)) == {"job"}


def test_a_visitor_waits_only_for_the_engine_that_has_the_jobs(engine, connect):
    connect("a", {}).end()
    session._left = {key: Visitor(Engine(), who.owner) for key, who in session._left.items()}  # another life's
    assert connect("b", {}).visitor.engine is engine
