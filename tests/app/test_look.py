"""What a page looks at: in the link, shared by the pages, and always something that is there."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from test_pages import check, visit

from rnnviz.app import look
from rnnviz.app.visitor import Look
from rnnviz.config import ExperimentConfig
from rnnviz.training import observe, start

pytestmark = pytest.mark.usefixtures("inline_engine")
SMALL = {"task": "adding", "H": "8", "T": "10", "layers": "2"}


def chosen(app, name: str) -> int:
    return next(each.value for each in app.selectbox if each.label == name)


def choose(app, name: str, value: int):
    next(each for each in app.selectbox if each.label == name).set_value(value).run()
    return check(app)


def link(app) -> dict[str, str]:
    return {key: "".join(app.query_params[key]) for key in app.query_params if key in look.LINK.values()}


def warnings(app) -> str:
    return " ".join(each.value for each in app.warning)


def test_a_link_says_what_is_looked_at():
    app = check(visit("train", seq="3", layer="1", unit="5", t="7", **SMALL))
    assert app.session_state["visitor"].look == Look(3, 1, 5, 7)
    assert (chosen(app, "Sequence"), chosen(app, "Layer")) == (3, 1)
    assert link(app) == {"seq": "3", "layer": "1", "unit": "5", "t": "7"} and not app.warning


def test_a_choice_is_written_to_the_link_and_the_first_of_everything_is_not():
    app = check(visit("train", seq="3", **SMALL))
    assert link(choose(app, "Sequence", 2)) == {"seq": "2"}
    assert link(choose(app, "Layer", 1)) == {"seq": "2", "layer": "1"}
    assert link(choose(app, "Sequence", 0)) == {"layer": "1"}


def test_it_survives_another_page_and_a_reload_by_the_link():
    app = choose(check(visit("train", **SMALL)), "Sequence", 4)
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/train.py").run()
    assert chosen(check(app), "Sequence") == 4 and link(app) == {"seq": "4"}
    assert chosen(check(visit("train", **SMALL, **link(app))), "Sequence") == 4


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "", "1e3", "٣", "<b>**hi**", "9" * 400, "nan", "0x1"])
def test_what_is_no_number_is_said_and_left_out(text):
    app = check(visit("train", unit=text, seq="2", **SMALL))
    assert app.session_state["visitor"].look == Look(sequence=2)
    assert "whole number" in warnings(app) and "<b>" not in warnings(app).replace(r"\<b\>", "")
    assert link(app) == {"seq": "2"}


@pytest.mark.parametrize(("key", "name", "last"), [("seq", "sequence", 7), ("unit", "unit", 7), ("t", "time", 9)])
def test_what_is_not_there_is_cut_and_said(key, name, last):
    app = check(visit("train", **{key: "4711"}, **SMALL))
    app.run()  # the length is known once there is a recording
    assert app.session_state["visitor"].look == Look(**{name: last})
    assert f"no {look.WORDS[name]} 4711" in warnings(app) and f"This is {last}" in warnings(app)
    assert link(app) == {key: str(last)}


def test_fewer_units_than_before_are_said():
    app = check(visit("train", unit="7", **SMALL))
    app.session_state["setting H"] = 4
    app.query_params["H"] = "4"
    check(app.run())
    assert app.session_state["visitor"].look.unit == 3 and "no unit 7" in warnings(app)


@given(*[some.integers(0, 10**9)] * 4, *[some.integers(1, 50)] * 4)
def test_whatever_is_asked_for_is_cut_to_a_trace(sequence, layer, unit, time, layers, sequences, times, units):
    cut = look._cut(
        Look(sequence, layer, unit, time), look._sizes(SimpleNamespace(size=(layers, sequences, times, units)))
    )
    assert cut == Look(min(sequence, sequences - 1), min(layer, layers - 1), min(unit, units - 1), min(time, times - 1))


@pytest.mark.parametrize("task", ["adding", "translation"])  # a decoder has one direction, whatever its encoder has
def test_layers_are_known_before_there_is_a_trace(monkeypatch, task):
    settings = ExperimentConfig(task=task, bidirectional=True, num_layers=2, hidden_size=3)
    monkeypatch.setattr(look, "current", lambda: settings)
    sizes, names = look._known(None)
    trace = observe(start(settings))
    assert names == list(trace.layer_names)
    assert replace(sizes, time=0) == replace(look._sizes(trace), time=0)
