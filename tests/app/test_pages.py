"""Every page, run as Streamlit runs it, with the inline engine: no exception, and the words that belong there."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.data.sample import sample_csv
from rnnviz.tasks import TASKS, corpus_fingerprint

pytestmark = pytest.mark.usefixtures("inline_engine")
ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    "home",
    "train",
    "unrolled",
    "shapes",
    "gates",
    "hidden_states",
    "gradients",
    "compare",
    "your_data",
    "your_model",
]


def visit(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if page != "home":
        app.switch_page(f"pages/{page}.py").run()
    return app


def check(app: AppTest) -> AppTest:
    assert not app.exception, [each.value for each in app.exception]
    return app


def pictures(app: AppTest) -> int:
    return len(app.get("bidi_component"))


@pytest.mark.parametrize("page", PAGES)
def test_pages_open(page):
    app = check(visit(page))
    assert app.title[0].value
    assert not app.error


def test_another_task_says_that_it_forgets_the_chosen_weights():
    app = check(visit("train", task="sine", start="0123456789abcdef"))
    box = next(each for each in app.selectbox if each.label == "Task")
    assert not app.warning
    check(box.set_value("adding").run())
    assert not app.session_state["visitor"].settings.start
    assert "random weights" in app.warning[0].value
    check(next(each for each in app.button if each.label == "Undo").click().run())
    assert app.session_state["visitor"].settings.start and not any("random" in each.value for each in app.warning)


@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if not task.needs_data])
def test_train_shows_every_task(task):
    app = check(visit("train", task=task, H="8", B="8"))
    assert not app.error
    assert pictures(app) >= 6


@pytest.mark.parametrize("cell", ["rnn_tanh", "rnn_relu", "gru"])
def test_train_shows_stacks_in_both_directions(cell):
    app = check(visit("train", task="temporal_order", cell=cell, layers="2", both="1", H="8", dropout="0.2"))
    assert not app.error
    assert pictures(app) >= 6


@pytest.mark.parametrize(("task", "warned"), [("sine", True), ("temporal_order", False), ("caption", False)])
def test_a_forecast_in_both_directions_is_warned_of(task, warned):
    app = check(visit("train", task=task, both="1", H="4", B="8"))
    assert any("reads what it is to predict" in warning.value for warning in app.warning) == warned


def test_compare_survives_an_initialisation_that_fits_one_cell_and_the_last_seed():
    app = check(visit("compare", task="adding", T="10", H="8", init="chrono", seed=str(2**31 - 1)))
    assert not app.error


def test_matching_by_parameters_stays_within_the_bounds():
    app = check(visit("compare", task="adding", T="10", H="512", B="1"))
    app.segmented_control[1].set_value("parameter count").run()
    check(app)


def test_seeds_stand_in_the_link_and_are_read_from_it():
    app = visit("compare", task="adding", T="5", H="4", B="1", seeds="1", steps="300", match="garbage")
    check(app)
    assert sum(place.startswith("compare") for place in app.session_state["visitor"].jobs) == 3


def test_play_step_and_start_over_reach_the_run():
    app = check(visit("train", task="adding", H="8", T="10"))

    def step() -> str:
        return next(metric.value for metric in app.metric if metric.label == "Step")

    press = {button.label: button for button in app.button}
    assert step() == "0"
    press["Step"].click().run()
    app.run()
    assert step() == "1"
    press = {button.label: button for button in app.button}
    press["Start over"].click().run()
    app.run()
    assert step() == "0"


def test_going_back_to_earlier_settings_finds_the_run_where_it_was():
    app = check(visit("train", task="adding", H="8", T="10"))
    next(button for button in app.button if button.label == "Step").click().run()
    app.run()
    job = app.session_state["visitor"].jobs["train"]
    for other in (7, 8, 9):
        next(each for each in app.number_input if each.label == "Seed").set_value(other).run()
        assert app.session_state["visitor"].jobs["train"] != job
    for _ in range(3):
        next(button for button in app.button if button.label == "Undo").click().run()
    app.run()
    assert app.session_state["visitor"].jobs["train"] == job
    assert next(metric.value for metric in app.metric if metric.label == "Step") == "1"


def test_a_huge_learning_rate_ends_with_an_explanation():
    app = check(visit("train", task="adding", H="8", T="10", lr="100"))
    next(button for button in app.button if button.label == "Play").click().run()
    for _ in range(60):
        app.run()
        if any("learning rate" in each.value for each in app.markdown):
            break
    check(app)
    assert any("diverged" in each.value and "learning rate" in each.value for each in app.markdown)


def test_garbage_in_a_link_is_said_and_harmless():
    garbage = {"task": "<script>", "H": "-3", "lr": "nan", "cell": "transformer", "T": "1e99"}
    said = [each.value for each in check(visit("home", **garbage)).warning]
    assert len(said) == len(garbage) and not any("<" in words for words in said)
    assert pictures(check(visit("train", **garbage))) >= 6


def test_an_upload_goes_straight_to_training():
    app = visit("your_data")
    app.file_uploader[0].upload("sample.csv", sample_csv(), "text/csv").run()
    check(app)
    button = next(button for button in app.button if button.label == "Train on it")
    button.click().run()
    check(app)
    assert app.title[0].value == "Train"
    assert not app.error
    assert pictures(app) >= 6


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "empty"),
        ("words.csv", b"city\nParis\nRome\n", "bring more characters"),
        ("ragged.csv", b"a,b\n1,2\n3\n4,5,6\n", "line"),
        ("short.csv", b"a,b\n1,2\n3,4\n5,6\n", "rows"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\0", "text"),
    ],
)
def test_bad_files_get_a_sentence_and_the_page_goes_on(name, content, words):
    app = visit("your_data")
    app.file_uploader[0].upload(name, content, "text/csv").run()
    check(app)
    assert any(words in each.value for each in app.error), [each.value for each in app.error]
    app.file_uploader[0].upload("sample.csv", sample_csv(), "text/csv").run()
    check(app)
    assert not app.error


def test_a_link_that_asks_for_columns_that_are_not_there_is_harmless():
    app = visit("your_data")
    app.file_uploader[0].upload("sample.csv", sample_csv(), "text/csv").run()
    data = app.session_state["visitor"].data.fingerprint
    for key, value in {"task": "uploaded", "data": data, "cols": "99", "target": "77", "T": "1"}.items():
        app.query_params[key] = value
    check(app.run())


def test_names_from_a_file_are_never_markdown():
    app = visit("your_data")
    app.file_uploader[0].upload("![x](//e.co/y.png).csv", b"![a](//e.co/p.png)\nParis\nRome\n", "text/csv").run()
    check(app)
    assert app.error and not any("](//" in each.value for each in app.error)


def test_the_link_names_the_data_that_a_task_reads():
    app = visit("train", task="text", H="4", T="10", B="2")
    assert app.session_state["visitor"].settings.data == corpus_fingerprint()
    other = visit("train", task="text", H="4", T="10", B="2", data="0123456789abcdef")
    assert any("0123456789abcdef" in each.value for each in check(other).warning)


def test_a_link_to_uploaded_data_without_the_data_says_what_to_do():
    app = check(visit("train", task="uploaded", data="0123456789abcdef"))
    assert any("0123456789abcdef" in each.value for each in app.info)
