"""Pages take turns, and ask as often as drawing for all of them leaves room for."""

from __future__ import annotations

import threading
import time

import pytest

from rnnviz.app.pace import LONGEST, RECENT, SHARE, SHORTEST, Pace


class Clock:
    """Time that passes only when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def draw(pace: Pace, clock: Clock, visitors: int, seconds: float, rounds: int = 20) -> None:
    """Each visitor's page is drawn again and again, in `seconds` each, at the interval it is given."""
    for _ in range(rounds):
        begin = clock.now
        for visitor in range(visitors):
            with pace.turn(f"visitor {visitor}"):
                clock.now += seconds
        clock.now = max(clock.now, begin + pace.interval)


@pytest.mark.parametrize("visitors, seconds", [(1, 0.008), (1, 0.05), (8, 0.008)])
def test_few_visitors_see_four_pictures_a_second(visitors, seconds):
    clock = Clock()
    pace = Pace(clock)
    draw(pace, clock, visitors, seconds)
    assert pace.interval == SHORTEST


@pytest.mark.parametrize("visitors, seconds", [(30, 0.01), (100, 0.01), (30, 0.04)])
def test_many_visitors_leave_most_of_the_time_free(visitors, seconds):
    clock = Clock()
    pace = Pace(clock)
    draw(pace, clock, visitors, seconds, rounds=20)
    assert visitors * seconds / pace.interval == pytest.approx(SHARE, rel=0.05)


def test_however_long_drawing_takes_a_page_asks_again():
    clock = Clock()
    pace = Pace(clock)
    draw(pace, clock, visitors=100, seconds=0.5)
    assert pace.interval == LONGEST


def test_who_left_is_not_waited_for():
    clock = Clock()
    pace = Pace(clock)
    draw(pace, clock, visitors=100, seconds=0.01)
    crowded = pace.interval
    clock.now += RECENT + 1
    draw(pace, clock, visitors=1, seconds=0.01, rounds=1)
    assert crowded > 2 and pace.interval == SHORTEST


def test_one_page_is_drawn_at_a_time_and_a_failing_one_gives_its_turn_back():
    pace, inside, most = Pace(), 0, 0

    def page(name: str) -> None:
        nonlocal inside, most
        for turn in range(20):
            try:
                with pace.turn(name):
                    inside += 1
                    most = max(most, inside)
                    time.sleep(0.0005)
                    inside -= 1
                    if turn % 3 == 0:
                        raise RuntimeError("drawing failed")
            except RuntimeError:
                continue

    threads = [threading.Thread(target=page, args=(f"visitor {k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert (inside, most) == (0, 1)
