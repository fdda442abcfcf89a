"""Where runs stop, as a link has it: there and back, and whatever a link may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rnnviz.app.stops import LAST, Stops
from rnnviz.breakpoints import BREAKPOINTS, Breakpoint


@pytest.mark.parametrize("kind", BREAKPOINTS)
def test_every_breakpoint_goes_into_a_link_and_back(kind):
    for value in {BREAKPOINTS[kind].default, BREAKPOINTS[kind].low}:
        stops = Stops(1234, (Breakpoint(kind, value),))
        assert Stops.from_text(stops.to_text()) == (stops, [])


def test_all_of_them_together_and_none():
    everything = Stops(7)
    for kind, entry in BREAKPOINTS.items():
        everything = everything.with_(kind, entry.default)
    assert len(everything.breakpoints) == len(BREAKPOINTS)
    assert Stops.from_text(everything.to_text()) == (everything, [])
    assert Stops.from_text("") == (Stops(), [])
    for kind in BREAKPOINTS:
        everything = everything.with_(kind, None)
    assert everything == Stops(7)


def test_a_value_keeps_all_its_digits():
    stops = Stops(None, (Breakpoint("loss_target", 0.123456789012345),))
    assert Stops.from_text(stops.to_text())[0] == stops


@pytest.mark.parametrize(
    "text",
    ["what:1", "plateau", "plateau:", "plateau:7.5", "plateau:nan", "saturation:2", "loss_target:inf", "step:x",
     "<script>:1", ",,,"],
)  # fmt: skip
def test_garbage_is_left_out_and_said_once(text):
    stops, (notice,) = Stops.from_text(text + ",grad_norm_above:3")
    assert stops == Stops(None, (Breakpoint("grad_norm_above", 3),))
    assert "<" not in notice


def test_an_endless_link_is_read_to_a_bound():
    assert Stops.from_text("step:" + "9" * 5000 + ",plateau:100") == (Stops(LAST), [])


@given(some.text(alphabet="abcdefghijklmnopqrstuvwxyz_:,.0123456789e+-NaINf ", max_size=80))
def test_no_link_raises_and_what_was_taken_is_stable(text):
    stops, _ = Stops.from_text(text)
    assert Stops.from_text(stops.to_text()) == (stops, [])


def test_words_name_what_is_ahead():
    stops = Stops(500, (Breakpoint("grad_norm_above", 10.0),))
    assert stops.words(499) == "step 500 is reached; gradient norm rises above 10"
    assert stops.words(500) == "gradient norm rises above 10"
    assert Stops().words(0) == ""
