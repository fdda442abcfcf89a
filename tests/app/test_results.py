"""Results are made again when what they depend on changes, and of a run that trains only now and then."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from rnnviz.app import results, session
from rnnviz.runs.view import PLAYING


@dataclass
class Clock:
    """Time that passes when told, and by `takes` with every result made."""

    now: float = 100.0
    takes: float = 0.0
    made: list[int] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def make(self) -> int:
        self.now += self.takes
        self.made.append(len(self.made))
        return self.made[-1]


@pytest.fixture
def clock(monkeypatch):
    visitor: Any = SimpleNamespace(results={})
    monkeypatch.setattr(session, "visitor", lambda: visitor)
    found = Clock()
    monkeypatch.setattr(results, "time", found)
    return found


def view(revision, status=PLAYING, past=None) -> Any:
    return SimpleNamespace(job="a", revision=revision, status=status, past=past)


def test_a_result_stays_until_its_version_changes(clock):
    assert [results.result("key", version, clock.make) for version in (1, 1, 2, 2)] == [0, 0, 1, 1]


def test_of_a_run_that_trains_there_is_a_new_result_once_a_second(clock):
    found = []
    for revision in range(25):
        found.append(results.recent(view(revision), "key", "of", clock.make))
        clock.now += 0.125
    assert found == [0] * 8 + [1] * 8 + [2] * 8 + [3]


def test_what_takes_long_to_make_is_made_less_often(clock):
    clock.takes = 2.0
    assert results.recent(view(1), "key", "of", clock.make) == 0
    clock.now += 7.5  # four times as long it rests
    assert results.recent(view(2), "key", "of", clock.make) == 0
    clock.now += 1
    assert results.recent(view(3), "key", "of", clock.make) == 1


def test_what_was_asked_for_is_made_at_once(clock):
    asked = [(view(1), "of"), (view(2), "other"), (view(2, "paused"), "other"), (view(3, "paused"), "other")]
    past = view(3, past=SimpleNamespace(step=10))
    assert [results.recent(each, "key", of, clock.make) for each, of in [*asked, (past, "other")]] == [0, 1, 2, 3, 4]
    assert results.recent(past, "key", "other", clock.make) == 4
