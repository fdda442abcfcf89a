"""The secret of the class page: refused when short, slow to guess, and nobody is locked out for long."""

from __future__ import annotations

import pytest

from rnnviz.app import admin
from rnnviz.config import ConfigError

SECRET = "correct horse"


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def door(clock):
    return admin.Door(SECRET, clock)


@pytest.mark.parametrize("given", ["", "   "])
def test_no_secret_is_off(monkeypatch, given):
    monkeypatch.delenv(admin.VARIABLE, raising=False)
    assert admin.secret() == ""
    monkeypatch.setenv(admin.VARIABLE, given)
    assert admin.secret() == ""


@pytest.mark.parametrize("given", ["x", "1234567", "  1234567  "])
def test_a_short_one_is_refused_in_words_that_do_not_repeat_it(monkeypatch, given):
    monkeypatch.setenv(admin.VARIABLE, given)
    with pytest.raises(ConfigError, match=r"RNNVIZ_ADMIN has \d characters.*at least 8") as said:
        admin.secret()
    assert "1234567" not in str(said.value)


def test_eight_characters_will_do(monkeypatch):
    monkeypatch.setenv(admin.VARIABLE, " 12345678\n")
    assert admin.secret() == "12345678"


def test_the_secret_opens_and_nothing_else_does(door):
    assert door.opens(SECRET, "a")
    assert door.opens(f" {SECRET} ", "a")  # pasted
    for wrong in ("", "correct", SECRET + "x", SECRET.upper()):
        assert not admin.Door(SECRET).opens(wrong, "b")


def test_letters_beyond_ascii_are_letters(clock):
    assert admin.Door("Grüße, 世界", clock).opens("Grüße, 世界", "a")


def test_guessing_gets_slower_up_to_a_bound(door, clock):
    waits = []
    for _ in range(12):
        assert not door.opens("wrong", "a")
        waits.append(door.wait("a"))
        clock.now += waits[-1]
    assert waits == [0, 0, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]


def test_while_there_is_a_wait_nothing_opens_and_nothing_counts(door, clock):
    for _ in range(3):
        door.opens("wrong", "a")
    assert not door.opens(SECRET, "a")
    for _ in range(50):
        door.opens("wrong", "b")
    assert door.wait("a") == 1
    clock.now += 1
    assert door.opens(SECRET, "a")


def test_a_new_visitor_is_no_new_chance(door):
    for k in range(3):
        door.opens("wrong", f"visitor {k}")
    assert door.wait("visitor 99") == 1 and not door.opens(SECRET, "visitor 99")


def test_who_has_been_in_does_not_wait_for_others(door):
    assert door.opens(SECRET, "teacher")
    for _ in range(3):
        door.opens("wrong", "student")
    assert door.wait("student") > 0 and door.wait("teacher") == 0
    assert door.opens(SECRET, "teacher")
    for _ in range(3):
        door.opens("wrong", "teacher")
    assert door.wait("teacher") == 1  # but for their own mistakes


def test_a_quiet_time_forgets(door, clock):
    for _ in range(6):
        clock.now += 40
        door.opens("wrong", "a")
    assert door.wait("a") == 8
    clock.now += admin.QUIET + 1
    assert not door.opens("wrong", "a") and door.wait("a") == 0


def test_memory_is_bounded(door):
    for k in range(500):
        assert door.opens(SECRET, f"visitor {k}")
        door.wait(f"stranger {k}")
    assert len(door._known) <= admin.KNOWN
