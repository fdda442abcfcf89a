"""Your model: from a file of weights to the pages that look inside, without a network of the app's own in between."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

from rnnviz.app import model_view
from rnnviz.app.model_feeds import feeds, usual
from rnnviz.app.model_view import _start
from rnnviz.app.settings import base
from rnnviz.data.reading import read
from rnnviz.weights import find_readouts, find_stacks

sys.path.append(str(Path(__file__).resolve().parents[1] / "weights"))
from stock_models import Tagger, arrays, as_safetensors, saved  # noqa: E402

pytestmark = pytest.mark.usefixtures("inline_engine")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def inline_errands(monkeypatch):
    monkeypatch.setenv("RNNVIZ_ERRANDS", "inline")


def opened(name: str = "", content: bytes = b"") -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/your_model.py").run()
    return given(app, name, content) if name else app


def given(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].upload(name, content, "application/octet-stream").run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def box(app: AppTest, label: str):
    return next(each for each in app.selectbox if each.label == label)


def weights_of_the_run(app: AppTest) -> dict[str, np.ndarray]:
    visitor = app.session_state["visitor"]
    return dict(visitor.engine.latest(visitor.jobs["train"]).trace.weights)


def test_the_page_says_how_to_make_a_file():
    app = opened()
    assert not app.exception and "state_dict()" in app.code[0].value


@pytest.mark.parametrize("write", [saved, as_safetensors])
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_a_file_goes_through_confirmation_to_its_own_gates(kind, write):
    model = Tagger(kind, num_layers=2, bidirectional=True)
    app = opened("model.pt", write(model.state_dict()))
    said = " ".join(each.value for each in app.markdown)
    assert "2 layers of 5 hidden units in both directions, 3 features" in said
    parameters = sum(p.numel() for p in model.encoder["core"].parameters())
    assert f"{parameters:,} weights" in said and "encoder.core" in said
    table = app.dataframe[0].value
    assert list(table["Reads from"]) == ["the start", "the end"] * 2 and list(table["Layer"]) == [0, 0, 1, 1]
    assert press(app, "Look inside").title[0].value == "Gates"
    app.switch_page("pages/gates.py").run()
    assert not app.exception and not app.error and len(app.get("bidi_component")) >= 5
    shown = weights_of_the_run(app)
    for name, array in arrays(model.encoder["core"]).items():
        np.testing.assert_array_equal(shown[name], array)


def test_the_readout_from_the_file_is_the_one_that_reads():
    app = opened("model.pt", saved(Tagger().state_dict()))
    assert box(app, "Readout").options == ["head, 4 outputs", "A new one, untrained"]
    press(app, "Train it further")
    assert app.title[0].value == "Train" and not app.error
    settings, (start,) = app.session_state["visitor"].settings, app.session_state["visitor"].starts.values()
    assert (settings.task, settings.input_size, settings.output_size) == ("noise", 3, 4)
    assert settings.start == start.fingerprint and set(start.weights) > {"readout.weight", "readout.bias"}


def test_from_weights_there_is_a_way_back_to_random_ones():
    app = opened("model.pt", saved(Tagger().state_dict()))
    press(app, "Train it further")
    given = weights_of_the_run(app)
    app.switch_page("pages/train.py").run()
    press(app, "Begin with random weights")
    assert app.session_state["visitor"].settings.start == "" and not app.error
    drawn = weights_of_the_run(app)
    assert drawn.keys() == given.keys() and not np.array_equal(drawn["weight_hh_l0"], given["weight_hh_l0"])
    assert "Begin with random weights" not in [button.label for button in app.button]


def test_a_readout_may_begin_anew():
    app = opened("model.pt", saved(Tagger().state_dict()))
    box(app, "Readout").set_value(1).run()
    press(app, "Train it further")
    (start,) = app.session_state["visitor"].starts.values()
    assert not any(name.startswith("readout") for name in start.weights)
    assert app.session_state["visitor"].settings.output_size == 1


def test_a_vanilla_network_is_asked_for_its_activation():
    app = opened("model.safetensors", as_safetensors(nn.RNN(2, 4, nonlinearity="relu").state_dict()))
    box(app, "Activation").set_value("rnn_relu").run()
    press(app, "Look inside")
    assert app.title[0].value == "Hidden states" and app.session_state["visitor"].settings.cell == "rnn_relu"


def test_one_of_several_stacks_is_chosen_and_one_that_cannot_be_shown_is_named():
    model = nn.ModuleDict({"a": nn.LSTM(3, 4), "b": nn.GRU(8, 6), "c": nn.LSTM(3, 4, proj_size=2)})
    app = opened("model.pt", saved(model.state_dict()))
    assert any("proj" in each.value for each in app.warning)
    box(app, "There are several stacks: look at").set_value(1).run()
    assert "GRU" in app.markdown[-1].value or any("**GRU** at b" in each.value for each in app.markdown)
    press(app, "Look inside")
    settings = app.session_state["visitor"].settings
    assert (settings.cell, settings.hidden_size) == ("gru", 6)
    (start,) = app.session_state["visitor"].starts.values()
    assert start.name == "model.pt, b"  # not that of another stack of the file


def test_what_was_found_is_still_there_on_coming_back_and_a_new_file_replaces_it():
    app = opened("model.pt", saved(Tagger().state_dict()))
    app.switch_page("pages/train.py").run()
    app.switch_page("pages/your_model.py").run()
    assert any("encoder.core" in each.value for each in app.markdown)
    given(app, "other.pt", saved(nn.GRU(2, 3).state_dict()))
    assert any("**GRU**" in each.value for each in app.markdown)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (saved(nn.LSTM(2, 3)), "would call torch"),
        (b"\x80\x04.", "never run here"),
        (saved(nn.Linear(2, 3).state_dict()), "No recurrent layer"),
        (as_safetensors({"![x](//e.co/y.png).weight_ih_l0": torch.ones(4, 1)}), "is missing"),
        (saved(nn.LSTM(2, 3, num_layers=6).state_dict()), "from 1 to 4"),
        (saved(nn.GRU(2, 700).state_dict()), "from 1 to 512"),
        (saved(nn.GRU(5000, 2).state_dict()), "from 1 to 4096"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence_and_the_page_goes_on(content, said):
    app = opened("![x](//e.co/y.png).pt", content)
    words = [each.value.replace("\\", "") for each in app.error]
    assert len(words) == 1 and said in words[0], words
    assert not any("](//" in each.value for each in (*app.error, *app.markdown, *app.caption, *app.warning))
    given(app, "model.pt", saved(Tagger().state_dict()))
    assert not app.error and press(app, "Look inside").title[0].value == "Gates"


@pytest.mark.parametrize(
    ("inputs", "outputs", "first"),
    [(2, 1, "adding"), (8, 10, "digits_rows"), (8, 3, "noise"), (3, 4, "noise"), (1, 1, "sine")],
)
def test_it_reads_what_has_as_many_features(inputs, outputs, first):
    given = arrays(nn.ModuleDict({"rnn": nn.GRU(inputs, 4), "head": nn.Linear(4, outputs)}))
    (stack,), _ = find_stacks(given)
    (readout,) = find_readouts(given, stack)
    found = feeds(_start("", stack, "gru", readout), base("adding"), None)
    assert found[usual(found, readout)].settings.task == first
    assert found[-1].settings.task == "noise"
    assert (found[-1].settings.input_size, found[-1].settings.output_size) == (inputs, outputs)
    assert usual(found, None) == len(found) - 1  # without a readout no task is the one it was made for
    assert len({feed.settings.task for feed in found}) == len(found)


def test_the_visitor_s_own_data_come_first_where_they_have_as_many_columns():
    data = read([("walk.csv", b"a,b,c\n" + b"".join(b"%d,%d,%d\n" % (k, k % 7, k % 5) for k in range(300)))], 1)
    for columns, expected in ((3, "uploaded"), (4, "noise")):
        (stack,), _ = find_stacks(arrays(nn.GRU(columns, 4)))
        found = feeds(_start("", stack, "gru", None), base("adding"), data)
        assert found[usual(found, None)].settings.task == expected
    prepared = base("uploaded").with_(data=data.fingerprint, columns=(0, 2), targets=(1,))  # two columns go in
    (stack,), _ = find_stacks(arrays(nn.GRU(2, 4)))
    found = feeds(_start("", stack, "gru", None), prepared, data)
    assert found[usual(found, None)].settings == prepared


def test_doubles_stay_doubles():
    (stack,), _ = find_stacks({name: array.astype("f8") for name, array in arrays(nn.GRU(8, 4)).items()})
    found = feeds(_start("", stack, "gru", None), base("adding"), None)
    assert {feed.settings.precision for feed in found} == {"float64"}


def test_layers_that_read_the_future_are_given_nothing_to_forecast():
    for both in (False, True):
        (stack,), _ = find_stacks(arrays(nn.GRU(1, 4, bidirectional=both)))
        tasks = {feed.settings.task for feed in feeds(_start("", stack, "gru", None), base("adding"), None)}
        assert ("sine" in tasks, "digits_pixels" in tasks) == (not both, True)


def test_a_file_is_read_once_whether_it_can_be_shown_or_not(monkeypatch):
    made = []
    for name in ("read_safetensors", "_start", "feeds"):
        given_by = getattr(model_view, name)
        monkeypatch.setattr(model_view, name, lambda *args, f=given_by: made.append(f.__name__) or f(*args))
    app = opened("model.safetensors", as_safetensors(nn.Linear(2, 3).state_dict()))
    app.run()
    assert made == ["read_safetensors"] and "No recurrent layer" in app.error[0].value
    given(app, "model.safetensors", as_safetensors(Tagger().state_dict())).run()
    assert made == ["read_safetensors"] * 2 + ["_start", "feeds"] and not app.error
    box(app, "Readout").set_value(1).run()
    assert made[4:] == ["_start", "feeds"] and not app.exception
