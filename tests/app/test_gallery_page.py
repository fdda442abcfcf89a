"""The page Gallery as Streamlit runs it: a card for every example, and both ways into one."""

from __future__ import annotations

import pytest
from test_pages import check, pictures, visit

from rnnviz.app import session
from rnnviz.gallery import EXAMPLES

pytestmark = pytest.mark.usefixtures("inline_engine")


def test_every_example_has_a_card_with_its_picture_its_numbers_and_a_button():
    app = check(visit("gallery", seed="4"))
    assert not app.error and pictures(app) == len(EXAMPLES)
    shown = [each.value for each in (*app.markdown, *app.caption)]
    for example in EXAMPLES.values():
        assert f"##### {example.title}" in shown and example.lesson in shown
        assert any(example.look in each for each in shown)
        assert app.button(key=f"train {example.name}").label == "Train it"
    assert any("Accuracy ≥ **99 %** (guess: 78 %) in about 5 s" in each for each in shown)


def test_one_click_trains_an_example_up_to_its_last_step(monkeypatch):
    played = []
    app = check(visit("gallery", seed="4"))
    monkeypatch.setattr(type(session.engine()), "play", lambda engine, job, until=None: played.append((job, until)))
    app.button(key="train tagging").click().run()
    visitor = check(app).session_state["visitor"]
    assert visitor.settings == EXAMPLES["tagging"].config(seed=4)
    assert played == [(visitor.jobs["train"], EXAMPLES["tagging"].steps)]


def test_the_other_button_opens_the_page_that_shows_the_lesson(monkeypatch):
    opened = []
    monkeypatch.setattr("rnnviz.app.gallery_view.st.switch_page", lambda page: opened.append(page.title))
    app = check(visit("gallery"))
    app.button(key="look names").click().run()
    app.button(key="train names").click().run()
    assert opened == ["Sequence shapes", "Train"]
