"""What `plot` sends: one mount under its key, the figure as it is, and no failure outside a running server."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest


def script():
    import plotly.graph_objects as go
    import streamlit as st

    from rnnviz.app.plot import plot

    figure = go.Figure(go.Scatter(y=[1, 2, float("nan")], name="</script><b>"), {"height": 123})
    plot(figure, "one", alt='A "line"', cursor="time")
    plot(figure.to_json(), "two", alt="The same", height=200)
    plot({"data": [{"y": [st.session_state.get("last", 3)]}]}, "three", alt="Another")


def payloads(app):
    sent = [element.proto for element in app.get("bidi_component")]
    return {json.loads(proto.bytes)["name"]: (proto, json.loads(proto.bytes)) for proto in sent}


def test_the_figure_arrives_as_it_is():
    app = AppTest.from_function(script).run()
    assert not app.exception
    sent = payloads(app)
    assert list(sent) == ["one", "two", "three"]
    _, one = sent["one"]
    assert one["figure"]["data"][0]["y"] == [1, 2, None]
    assert one["figure"]["data"][0]["name"] == "</script><b>"
    assert (one["alt"], one["cursor"], one["height"]) == ('A "line"', "time", 123)
    assert sent["two"][1]["figure"] == one["figure"] and sent["two"][1]["height"] == 200
    assert sent["three"][1]["height"] == 340


def test_new_data_is_the_same_element():
    app = AppTest.from_function(script).run()
    before = payloads(app)["three"]
    app.session_state["last"] = 4
    after = payloads(app.run())["three"]
    assert after[1]["figure"]["data"][0]["y"] == [4]
    assert after[0].id == before[0].id


def test_every_server_of_a_process_knows_the_files():
    """Each AppTest is a server of its own; the second must serve figures too."""
    for _ in range(2):
        assert not AppTest.from_function(script).run().exception
