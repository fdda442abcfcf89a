"""The page Microscope, run as Streamlit runs it, with the inline engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.cells import CELLS
from rnnviz.tasks import TASKS

pytestmark = pytest.mark.usefixtures("inline_engine")
ROOT = Path(__file__).resolve().parents[2]
GOOD = {"time": 3, "unit": 1, "layer": 0}


def visit(**query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in {"task": "adding", "H": "4", "T": "6", "B": "4", **query}.items():
        app.query_params[key] = value
    app.run()
    return check(app.switch_page("pages/microscope.py").run())


def check(app):
    assert not app.exception, [each.value for each in app.exception]
    return app


def header(app):
    """The header of what was sent to the browser; fails unless one thing was sent."""
    assert app.get("bidi_component"), [each.value for each in (*app.error, *app.warning, *app.caption)]
    (sent,) = app.get("bidi_component")
    data = sent.proto.bytes
    return json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_is_shown(cell):
    app = visit(cell=cell, layers="2", both="1", layer="3", unit="2", t="5", seq="1")
    sent = header(app)
    assert sent["description"]["cell"] == cell and sent["step"] == 0
    assert sent["look"] == {"layer": 3, "unit": 2, "time": 5} and sent["sequence"] == 1


@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if not task.needs_data])
def test_every_task_is_shown(task):
    sent = header(visit(task=task, H="4", B="2", T="8"))
    assert sent["shape"] == TASKS[task].shape


@pytest.mark.parametrize(
    "sizes", [{"task": "sine", "T": "1", "H": "1"}, {"unit": "99", "layer": "7", "t": "-1", "seq": "<b>"}]
)
def test_the_smallest_and_links_that_ask_for_what_is_not_there(sizes):
    app = visit(**sizes)
    assert header(app)["look"]["unit"] == min(int(sizes.get("unit", 0)), 3)
    if "unit" in sizes:
        said = " ".join(each.value for each in app.warning)
        assert "There is no unit 99 here" in said and "<b>" not in said


def test_a_network_that_is_too_large_is_said_in_words():
    app = visit(H="512", layers="2", B="1")
    assert not app.get("bidi_component")
    assert any("hidden size" in each.value for each in app.warning)


def test_the_reset_gate_has_a_switch_which_is_a_setting():
    app = visit(cell="gru")
    (switch,) = [each for each in app.segmented_control if each.key == "switch cell"]
    assert switch.options == ["after the product (torch)", "before it (Cho et al., v3)"]
    check(switch.set_value("gru_before").run())
    app.run()
    assert (
        app.session_state["visitor"].settings.cell == "gru_before"
        and header(app)["description"]["cell"] == "gru_before"
    )
    assert not [each for each in visit(cell="lstm").segmented_control if each.key == "switch cell"]


@pytest.mark.parametrize("said", [GOOD, GOOD | {"time": -1}, GOOD | {"unit": True}, {"time": "x"}, None])
def test_what_the_browser_says_it_looks_at_stands_in_the_link(said):
    app = visit()
    app.session_state["microscope"] = {"look": said}
    check(app.run())
    look = app.session_state["visitor"].look
    good = said == GOOD
    assert (look.time, look.unit) in ({(3, 1), (0, 0)} if good else {(0, 0)})


def test_a_run_that_trains_is_sent_again():
    app = visit()
    assert header(app)["step"] == 0
    next(button for button in app.button if button.label == "Step").click().run()
    app.run()
    assert header(check(app))["step"] == 1
