"""The table of settings: complete, one to one with the link, deaf to garbage, and no control without effect."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.app.kept import RUN
from rnnviz.app.look import LINK
from rnnviz.app.settings import BY_FIELD, KEYS, ROWS, base, changed, fitting_inits, from_query, link, to_query
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.tasks import TASKS

FIELDS = {f.name: f for f in fields(ExperimentConfig)}


def values(row, config):
    """A strategy for what a field may be."""
    field = FIELDS[row.field]
    if row.choices is not None:
        return st.sampled_from(sorted(row.choices(config)))
    if row.text is bool:
        return st.booleans()
    if row.text is str:
        return st.text("0123456789abcdef", max_size=16)
    if row.text is tuple:
        return st.lists(st.integers(0, 9999), max_size=5).map(tuple)
    low, high = row.bounds
    numbers = st.integers(int(low), int(high)) if row.text is int else st.floats(low, high)
    return st.none() | numbers if "None" in str(field.type) else numbers


@st.composite
def configurations(draw):
    config = base(draw(st.sampled_from(sorted(TASKS))))
    for row in ROWS:
        if row.field != "task" and draw(st.booleans()):
            config = config.with_(**{row.field: draw(values(row, config))})
    return config.with_(init=draw(st.sampled_from(sorted(fitting_inits(config)))))


def test_every_field_has_one_row_and_one_key():
    assert [row.field for row in ROWS].count("seed") == 1
    assert {row.field for row in ROWS} == set(FIELDS)
    assert len(KEYS) == len(ROWS) == len(FIELDS)
    assert all(row.label and row.help.endswith(".") for row in ROWS)


def test_no_setting_has_the_name_of_something_else_in_a_link():
    assert not KEYS & {*LINK.values(), RUN}


@settings(deadline=None)
@given(configurations())
def test_a_link_gives_back_the_configuration(config):
    assert from_query(to_query(config)) == (config, [])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(KEYS)) | st.text(max_size=5), st.text(max_size=40)))
def test_garbage_never_raises(query):
    config, notices = from_query(query)
    assert isinstance(config, ExperimentConfig)
    assert config.cell in CELLS and config.task in TASKS and config.init in fitting_inits(config)
    assert not set("".join(notices)) & set("<>[]()`*$\\&#"), "a notice carries mark-up of the link's"


@pytest.mark.parametrize("row", [row for row in ROWS if row.field != "data"], ids=lambda row: row.field)
def test_garbage_in_any_one_setting_is_reported_and_costs_only_that(row):
    config, notices = from_query({"task": "sine", "H": "7", row.key: "1e999<b>"})
    assert len(notices) == 1 and (row.label in notices[0] or "task" in notices[0])
    if row.field not in ("task", "hidden_size"):
        assert config == base("sine").with_(hidden_size=7)


@pytest.mark.parametrize(
    ("key", "text"), [("lr", "nan"), ("H", "0"), ("H", "9" * 5000), ("B", "-1"), ("seed", "1.5"), ("both", "2")]
)
def test_values_out_of_bounds_are_left_out(key, text):
    config, notices = from_query({key: text})
    assert config == base("adding") and len(notices) == 1 and len(notices[0]) < 200


def test_defaults_are_left_out_and_are_the_task_s():
    assert to_query(base("digits_rows")) == {"task": "digits_rows"}
    config, notices = from_query({"task": "digits_rows"})
    assert notices == [] and config.hidden_size == TASKS["digits_rows"].defaults["hidden_size"]
    assert to_query(config.with_(seed=3)) == {"task": "digits_rows", "seed": "3"}


def test_another_task_brings_its_settings_and_keeps_the_seed():
    before = base("adding", seed=5).with_(hidden_size=7)
    assert changed(before, "task", "sine") == base("sine", seed=5)


def test_a_choice_that_no_longer_fits_falls_back():
    chrono = base("adding").with_(cell="lstm", init="chrono")
    assert changed(chrono, "cell", "rnn_tanh").init == "default"
    config, notices = from_query({"cell": "rnn_tanh", "init": "chrono"})
    assert config.init == "default" and len(notices) == 1 and "orthogonal" in notices[0]


def test_only_losses_that_fit_are_offered_and_the_task_s_own_stays_out_of_the_link():
    choices = BY_FIELD["loss"].choices
    assert list(choices(base("sine"))) == ["task", "mse", "mae", "huber"]
    assert list(choices(base("copy_memory"))) == ["task", "cross_entropy"]
    assert "mean squared error" in choices(base("sine"))["task"]
    assert "loss" not in to_query(base("sine")) and to_query(base("sine").with_(loss="mae"))["loss"] == "mae"
    config, notices = from_query({"task": "copy_memory", "loss": "mae"})
    assert config.loss == "task" and len(notices) == 1 and "Possible: task, cross_entropy" in notices[0]
    assert changed(base("adding").with_(loss="mae"), "task", "copy_memory").loss == "task"


@pytest.mark.parametrize(
    ("field", "shown", "hidden"),
    [
        ("momentum", {"optimiser": "sgd"}, {"optimiser": "adam"}),
        ("clip_at", {"clip": "value"}, {"clip": "off"}),
        ("spectral_radius", {"init": "orthogonal"}, {"init": "default"}),
        ("forget_bias", {"cell": "lstm"}, {"cell": "gru"}),
        ("forget_bias", {"cell": "janet"}, {"cell": "lstm_no_forget"}),
        ("update_bias", {"cell": "gru"}, {"cell": "rnn_tanh"}),
        ("dropout", {"num_layers": 2}, {"num_layers": 1}),
        ("loss", {"task": "adding"}, {"task": "digits_rows"}),
        ("length", {"task": "adding"}, {"task": "digits_rows"}),
        ("input_scale", {"task": "noise"}, {"task": "adding"}),
        ("train_fraction", {"task": "stocks"}, {"task": "adding"}),
        ("bidirectional", {"task": "adding"}, {"task": "sine"}),
        ("bidirectional", {"task": "translation"}, {"task": "caption"}),
        ("attention", {"task": "translation"}, {"task": "caption"}),
        ("language", {"task": "translation"}, {"task": "text"}),
    ],
)
def test_a_control_that_changes_nothing_is_not_shown(field, shown, hidden):
    applies = BY_FIELD[field].applies
    assert applies(ExperimentConfig().with_(**shown))
    assert not applies(ExperimentConfig().with_(**hidden))


def test_the_link_is_a_whole_address():
    config = base("sine").with_(data="", learning_rate=0.03)
    assert link(config, "http://localhost:8501/train?old=1#top") == "http://localhost:8501/train?task=sine&lr=0.03"
