"""The pages Gates and Hidden states: the run of the page Train from inside, trained and untrained, whatever it is."""

from __future__ import annotations

import pytest
from test_pages import check, pictures, visit

from rnnviz.cells import CELLS
from rnnviz.tasks import TASKS

pytestmark = pytest.mark.usefixtures("inline_engine")
OFTEN = {"adding", "sine", "text", "translation", "names"}
SMALL = {"task": "adding", "H": "8", "T": "10"}
INSIDE = ["gates", "hidden_states"]
GATED = [name for name, cell in CELLS.items() if cell.gates]
SOME = ["lstm", "gru", "lstm_no_forget"]  # of them: the last has no gate that keeps the past


def press(app, label: str, again: int = 3):
    next(button for button in app.button if button.label.startswith(label)).click().run()
    for _ in range(again):  # the inline engine works whenever a page looks
        check(app.run())
    return app


def box(app, label: str):
    return next(each for each in app.selectbox if each.label == label)


def said(app) -> str:
    return " ".join(each.value for kind in (app.caption, app.info, app.warning, app.markdown) for each in kind)


@pytest.mark.parametrize(("page", "cell"), [("hidden_states", "lstm"), *(("gates", cell) for cell in SOME)])
def test_a_trained_network_stands_beside_the_untrained_one(page, cell):
    app = check(visit(page, cell=cell, **SMALL))
    assert "This network is untrained" in said(app)
    before = pictures(app)
    app = press(app, "Step")
    assert "beside the untrained network" in said(app) and pictures(app) == before + 1
    for mode in ("now", "untrained"):
        app.segmented_control[0].set_value(mode).run()
        assert pictures(check(app)) == before and "".join(app.query_params["show"]) == mode
    assert "before its first step" in said(app)


def test_untrained_shows_what_step_0_showed():
    def drawn(app) -> str:
        pictures = app.session_state["visitor"].pictures
        return pictures["hidden heat map"].json.partition(", ")[2]  # after the number of the drawing

    app = check(visit("hidden_states", order="index", **SMALL))
    first = drawn(app)
    assert drawn(press(app, "Step")) != first
    app.segmented_control[0].set_value("untrained").run()
    assert drawn(check(app)) == first


def test_all_pages_look_at_the_run_of_the_page_train():
    app = press(check(visit("train", **SMALL)), "Step")
    job = app.session_state["visitor"].jobs["train"]
    for page in INSIDE:
        app.switch_page(f"pages/{page}.py").run()
        assert app.session_state["visitor"].jobs["train"] == job
        assert "Step 1, beside" in said(check(app.run()))


@pytest.mark.parametrize("cell", [name for name in CELLS if name not in GATED])
def test_a_cell_without_gates_says_so_and_leads_on(cell):
    app = check(visit("gates", cell=cell, unit="x", seq="2", **SMALL))
    assert "unit" not in app.query_params and "".join(app.query_params["seq"]) == "2"  # the link is put right here too
    assert "has no gates" in said(app) and pictures(app) == 0
    app = press(app, "Use GRU", again=1)
    assert app.session_state["visitor"].settings.cell == "gru" and pictures(app) >= 5
    assert pictures(check(visit("hidden_states", cell=cell, **SMALL))) >= 3


@pytest.mark.parametrize("page", INSIDE)
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn_relu"])
def test_one_unit_one_time_step_one_sequence(page, cell):
    app = check(visit(page, task="sine", H="1", T="1", B="1", cell=cell))
    if page == "gates" and cell not in GATED:
        return
    assert not press(app, "Step").error and pictures(app) >= 3


@pytest.mark.parametrize("page", INSIDE)
def test_stacks_in_both_directions(page):
    app = check(visit(page, cell="gru", layers="2", both="1", layer="3", unit="7", **SMALL))
    assert (box(app, "Layer").value, box(app, "Unit").value) == (3, 7)
    assert pictures(press(app, "Step")) >= 4


@pytest.mark.parametrize(
    "task",
    [
        pytest.param(name, marks=() if name in OFTEN else pytest.mark.slow)
        for name, task in TASKS.items()
        if not task.needs_data
    ],
)
def test_every_task_has_something_to_compare_with(task):
    app = check(visit("hidden_states", task=task, H="4", B="2"))
    assert not app.error and pictures(app) >= 3
    for name in box(app, "Compare with").options[:2] + box(app, "Compare with").options[-2:]:
        box(app, "Compare with").set_value(name.removeprefix("With: ")).run()
        check(app)


@pytest.mark.parametrize("page", INSIDE)
def test_garbage_in_a_link_is_harmless(page):
    garbage = {"show": "<b>", "gate": "q", "with": "**no**", "order": "-1", "dims": "9-D", "state": "x", "unit": "1e9"}
    app = check(visit(page, **SMALL, **garbage))
    assert pictures(app) >= 3 and "whole number" in said(app)


def test_choices_stand_in_the_link_and_are_read_from_it():
    app = check(visit("hidden_states", cell="lstm", **SMALL))
    box(app, "State").set_value("c").run()
    box(app, "Order of units").set_value("similar").run()
    box(app, "Dimensions").set_value("3-D").run()
    box(app, "Unit").set_value(5).run()
    link = {key: "".join(app.query_params[key]) for key in ("state", "order", "dims", "unit")}
    assert link == {"state": "c", "order": "similar", "dims": "3-D", "unit": "5"}
    again = check(visit("hidden_states", cell="lstm", **SMALL, **link))
    assert (box(again, "State").value, box(again, "Dimensions").value) == ("c", "3-D")
    box(again, "Order of units").set_value("follows").run()
    assert "order" not in check(again).query_params  # the usual is not written


@pytest.mark.parametrize("page", INSIDE)
def test_a_run_that_diverged_is_said_and_drawn(page):
    app = check(visit(page, lr="100", **SMALL))
    next(button for button in app.button if button.label == "Play").click().run()
    for _ in range(60):
        check(app.run())
        if any("diverged" in each.value for each in app.warning):
            break
    assert any("diverged" in each.value for each in app.warning) and pictures(app) >= 3
