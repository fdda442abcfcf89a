"""Errands on a page: asked for once, shown while under way, begun anew when what they depend on changes."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.usefixtures("inline_engine")


def page():
    import streamlit as st

    from rnnviz.app import errands

    wanted = st.query_params.get("wanted", "echo")
    words = {"error": "Line 3 is *odd*."} if wanted == "error" else {"text": wanted}
    errand = errands.ask("e", wanted, "echo", words)
    if errands.show("e", errand, "an echo"):
        st.write(f"done {errand.words['text']}")


@pytest.fixture
def sent(monkeypatch):
    """What was sent, in order."""
    from rnnviz.app import errands
    from rnnviz.runs.errand import send

    found = []
    monkeypatch.setattr(errands, "send", lambda *given: found.append(given) or send(*given))
    monkeypatch.setenv("RNNVIZ_ERRANDS", "inline")
    return found


def test_it_is_asked_once_and_anew_for_another_version(sent):
    at = AppTest.from_function(page).run()
    assert [each.value for each in at.markdown] == ["done echo"]
    at.run()
    assert len(sent) == 1
    at.query_params["wanted"] = "other"
    at.run()
    assert [each.value for each in at.markdown] == ["done other"] and len(sent) == 2


def test_a_failure_is_said_and_can_be_tried_again(sent):
    at = AppTest.from_function(page)
    at.query_params["wanted"] = "error"
    at.run()
    assert at.error[0].value == r"Line 3 is \*odd\*."
    at.button(key="e again").click().run()
    assert not at.exception and len(sent) == 2


def asking():
    import streamlit as st

    from rnnviz.app import errands

    version = st.query_params.get("version", "1")
    if errands.wanted("e", version, "Go"):
        errands.show("e", errands.ask("e", version, "echo", {"error": f"Not {version}."}), "an echo")


def test_what_a_button_asked_for_is_tried_again_without_it(sent):
    at = AppTest.from_function(asking).run()
    assert [each.label for each in at.button] == ["Go"] and not sent
    at.button(key="e go").click().run()
    at.button(key="e again").click().run()
    assert at.error[0].value == "Not 1." and len(sent) == 2 and [each.label for each in at.button] == ["Try again"]
    at.query_params["version"] = "2"
    assert [each.label for each in at.run().button] == ["Go"] and len(sent) == 2


def test_one_under_way_shows_a_bar_and_can_be_cancelled(monkeypatch):
    from rnnviz.app import errands
    from rnnviz.runs.errand import Errand

    monkeypatch.setattr(errands, "send", lambda name, words, arrays: Errand(name))
    at = AppTest.from_function(page).run()
    assert [each.label for each in at.button] == ["Cancel"]
    at.button(key="e cancel").click().run()
    assert at.info[0].value == "This was cancelled." and not at.error
