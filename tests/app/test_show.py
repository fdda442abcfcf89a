"""Pictures: kept while nothing has changed, and never the same message twice otherwise."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest


def script():
    import streamlit as st

    from rnnviz.app.show import picture
    from rnnviz.figures.theme import figure

    st.session_state.setdefault("made", 0)

    def make():
        st.session_state["made"] += 1
        return figure([{"type": "scatter", "y": [1, st.session_state["step"]]}], "A picture", {}, {})

    picture("loss", "one", st.session_state["step"], make)


def shown(app: AppTest, step: int) -> bytes:
    app.session_state["step"] = step
    app.run()
    assert not app.exception
    return app.get("bidi_component")[0].proto.bytes


def test_a_picture_is_made_anew_only_when_it_changes():
    app = AppTest.from_function(script)
    assert shown(app, 1) == shown(app, 1)
    assert app.session_state["made"] == 1
    assert shown(app, 2) != shown(app, 1)


def test_a_picture_that_comes_back_is_a_message_of_its_own():
    """Else Streamlit may send its name alone, to a browser that has just let go of it."""
    app = AppTest.from_function(script)
    first = shown(app, 1)
    shown(app, 2)
    again = shown(app, 1)
    assert again != first
    figures = [json.loads(each)["figure"] for each in (first, again)]
    assert [each["data"] for each in figures] == [figures[0]["data"]] * 2
