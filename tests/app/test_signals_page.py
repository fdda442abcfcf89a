"""The page Train on signals: a picture of the sequence that is looked at, and its sound."""

from __future__ import annotations

import json

import numpy as np
import pytest
from test_inside_pages import box, press, said
from test_pages import check, visit

from rnnviz.app import signals_view
from rnnviz.tasks import TASKS

pytestmark = pytest.mark.usefixtures("inline_engine")
SMALL = {"H": "8", "B": "4"}


def picture(app, key="train signal"):
    return app.session_state["visitor"].pictures[key]


@pytest.mark.parametrize("task", signals_view.SEEN)
def test_every_signal_is_seen_and_follows_the_sequence(task):
    app = press(check(visit("train", task=task, **SMALL)), "Step")
    first = json.loads(picture(app).json)
    box(app, "Sequence").set_value(3).run()
    other = json.loads(picture(check(app.run())).json)
    assert first["data"] != other["data"]


def test_signals_with_a_picture_are_tasks():
    assert set(signals_view.SEEN) | set(signals_view.HEARD) <= set(TASKS)


def test_a_melody_is_played_on_by_the_network_of_now():
    app = press(check(visit("train", task="music", **SMALL)), "Step")
    assert "Listen to" in [each.label for each in app.selectbox] and "train played on" not in keys(app)
    next(button for button in app.button if button.label == "Play on").click().run()
    assert "made up at step 1" in said(check(app))
    first = picture(app, "train played on").json
    spec = json.loads(first)
    assert len(spec["data"][0]["text"]) == signals_view.GIVEN + signals_view.MADE_UP
    app = press(app, "Step")
    assert picture(app, "train played on").json == first  # it is not played anew by itself
    box(app, "Listen to").set_value(5).run()
    assert "made up at step" not in said(check(app))


def test_a_network_that_reads_backwards_too_cannot_play_on():
    app = press(check(visit("train", task="music", both="1", **SMALL)), "Step", 2)
    next(button for button in app.button if button.label == "Play on").click().run()
    assert "both directions cannot go on" in said(check(app))


def test_speech_is_said_to_be_made():
    app = press(check(visit("train", task="spoken_digits", **SMALL)), "Step")
    assert "This voice is synthesised" in said(app)
    samples = signals_view._said(54, 3)
    assert 3000 < len(samples) < 20000 and np.abs(samples).max() <= 1


def keys(app):
    return app.session_state["visitor"].pictures
