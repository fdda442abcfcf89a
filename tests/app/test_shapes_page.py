"""The pages Unrolled network and Sequence shapes as Streamlit runs them, with the inline engine."""

from __future__ import annotations

import numpy as np
import pytest
from test_pages import check, pictures, visit

from rnnviz.analysis.decoding import forced, greedy
from rnnviz.app.shapes_view import EXAMPLES
from rnnviz.app.writing import rows, source_of, table, target_of, write
from rnnviz.config import ExperimentConfig
from rnnviz.shapes import SHAPES
from rnnviz.tasks import TASKS, make_task
from rnnviz.training import advance, observe, start

pytestmark = pytest.mark.usefixtures("inline_engine")
SMALL = {"H": "6", "B": "4"}


def task_now(app):
    return app.session_state["visitor"].settings.task


def words(app):
    return [each.value for each in (*app.markdown, *app.caption, *app.warning, *app.error, *app.info)]


def test_every_shape_has_a_task_of_that_shape():
    assert set(EXAMPLES) == set(SHAPES)
    assert all(TASKS[task].shape == shape for shape, (task, _) in EXAMPLES.items())


@pytest.mark.parametrize("shape", EXAMPLES)
def test_a_shape_brings_its_task_drawn_and_decoded(shape):
    app = check(visit("shapes", task="noise", **SMALL))
    app.radio(key="shape choice").set_value(shape).run()
    check(app)
    if TASKS["noise"].shape != shape:
        assert task_now(app) == EXAMPLES[shape][0]
    assert not app.error
    decoded = SHAPES[TASKS[task_now(app)].shape].writes
    assert pictures(app) == (1 if not decoded else 3 if task_now(app) == "translation" else 2)
    assert len(app.dataframe) == decoded


def test_another_task_of_a_shape_stays_until_the_example_is_asked_for():
    app = check(visit("shapes", task="adding", T="5", **SMALL))
    assert app.radio(key="shape choice").value == "seq→vec" and task_now(app) == "adding"
    app.button(key="shape example").click().run()
    assert task_now(check(app)) == "sentiment"


def test_what_a_browser_still_said_of_the_other_control_undoes_nothing(monkeypatch):
    app = check(visit("shapes", task="sentiment", **SMALL))
    app.radio(key="shape choice").set_value("vec→seq").run()
    app.selectbox(key="setting task").set_value("sentiment").run()  # its old value: it was on its way
    assert task_now(check(app)) == "caption"
    monkeypatch.setattr("rnnviz.app.controls.ECHO", 0.0)  # a second later
    app.selectbox(key="setting task").set_value("sentiment").run()
    assert task_now(check(app)) == "sentiment"


def test_attention_is_switched_here_and_in_the_settings_alike():
    app = check(visit("shapes", task="translation", attention="off", **SMALL))
    assert pictures(app) == 2
    next(each for each in app.segmented_control if each.key == "switch attention").set_value("dot").run()
    assert pictures(check(app)) == 3
    assert app.session_state["visitor"].settings.attention == "dot"
    assert app.selectbox(key="setting attention").value == "dot"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1000", "out of range"),
        ("<b>six</b>", "not in the vocabulary"),
        ("x" * 81, "81 characters"),
        ("¼", "vocabulary"),
    ],
)
def test_text_that_cannot_be_read_is_answered_with_a_sentence(text, said):
    app = check(visit("shapes", task="translation", **SMALL))
    app.text_input(key="shape own text translation").set_value(text).run()
    check(app)
    assert any(said in each.value.replace("\\", "") for each in app.error)
    assert not any("<b>" in each for each in words(app))


def test_a_number_and_a_remark_of_ones_own_are_answered():
    app = check(visit("shapes", task="translation", **SMALL))
    app.text_input(key="shape own text translation").set_value(" 21 ").run()
    said = words(check(app))
    assert any(each.startswith("twenty\\-one → **") for each in said)
    assert any("vingt et un." in each for each in said)
    app.text_input(key="shape own text translation").set_value("one one").run()
    assert any("no right answer" in each for each in words(check(app)))
    app = check(visit("shapes", task="sentiment", **SMALL))
    app.text_input(key="shape own text sentiment").set_value("The film was not bad.").run()
    said = next(each for each in words(check(app)) if each.startswith("negative"))
    assert "positive" in said and "at step 0" in said


def test_of_many_languages_the_likeliest_are_said():
    app = check(visit("shapes", task="names", **SMALL))
    app.text_input(key="shape own text names").set_value("Müller").run()
    said = next(each for each in words(check(app)) if "at step 0" in each)
    chances = [float(part.split("%")[0].split()[-1]) for part in said.split(",")[:4]]
    assert len(chances) == said.count("%") == 4 and chances == sorted(chances, reverse=True)
    app.text_input(key="shape own text names").set_value("王").run()
    assert any("not in the vocabulary" in each.value for each in check(app).error)


def test_each_word_of_a_sentence_of_ones_own_is_tagged():
    app = check(visit("shapes", task="tagging", **SMALL))
    app.text_input(key="shape own text tagging").set_value("The old man the judge.").run()
    table = next(each.value for each in check(app).dataframe)
    assert list(table.iloc[0]) == ["the", "old", "man", "the", "judge", "."]
    assert set(table.iloc[1]) <= set(TASKS["tagging"].labels)


def test_a_decoder_that_never_ends_is_said():
    app = check(visit("shapes", task="translation", **SMALL))  # untrained
    assert any("did not write its end symbol" in each.value for each in app.warning)


def test_the_unrolled_network_takes_odd_settings():
    for settings in ({"task": "sine", "T": "1", "H": "1"}, {"task": "text", "T": "300", "layers": "4", **SMALL}):
        app = check(visit("unrolled", **settings))
        assert pictures(app) == 1 and not app.error
    app = check(visit("unrolled", task="adding", T="5", seq="99999", t="nonsense", **SMALL))
    assert pictures(app) == 1
    assert any("sequence 99999" in each for each in words(app))


def test_a_diverged_run_is_drawn_and_said():
    app = check(visit("unrolled", task="adding", T="5", lr="1e6", cell="rnn_relu", clip="off", **SMALL))
    next(button for button in app.button if button.label == "Play").click().run()
    for _ in range(60):
        app.run()
        if app.warning:
            break
    assert any("diverged" in each.value for each in check(app).warning)
    assert pictures(app) == 1


def recorded(**settings):
    config = ExperimentConfig(hidden_size=6, batch_size=4, **settings)
    return observe(advance(start(config), 2)), make_task(config)


@pytest.mark.parametrize("task", ["translation", "caption"])
def test_the_table_and_the_lines_hold_what_the_decoder_wrote(task):
    trace, task = recorded(task=task)
    found, batch = write(trace, task, 2), task.probe()
    free = greedy(trace, source_of(batch, 2), task.start, task.end, task.target_steps)
    told = forced(trace, source_of(batch, 2), target_of(batch, 2).tolist(), task.start, task.end)
    columns = table(found, task)
    assert columns["Decoding"] == ["Greedy", "Beam 1", "Beam 2", "Beam 3", "Beam 4", "Target"]
    assert columns["ln p"][0] == pytest.approx(free.log_probabilities.sum())
    assert columns["ln p"][-1] == pytest.approx(told.log_probabilities.sum())
    assert columns["Text"][-1] == task.decode(batch.targets[2]) and columns["Right"][-1]
    assert columns["Right"][0] == (columns["Text"][0] == columns["Text"][-1])
    target, forced_row, free_row = rows(found, task)
    assert list(target.symbols) == [task.labels[k] for k in target_of(batch, 2)]
    assert list(free_row.symbols) == [task.labels[k] for k in free.tokens]
    best = trace.outputs[2][: len(target.symbols)].argmax(-1)  # teacher forcing is what training records
    assert list(forced_row.symbols) == [task.labels[k] for k in best]
    assert (np.asarray(forced_row.chances) >= np.asarray(target.chances) - 1e-6).all()
    assert found.count == 8 and 0 <= found.exact <= 1
