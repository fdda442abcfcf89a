"""Components: each folder is served, whichever component a visitor meets first."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st
    from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager

    from rnnviz.app.component import ASSETS, component

    component("microscope", {"plot": ASSETS / "plot"})
    component("plot", {"plotly": ASSETS})
    roots = get_bidi_component_manager().get_component_asset_root
    st.write(" ".join(name for name in ("microscope", "plot", "plotly") if roots(f"rnnviz.{name}")))


def test_what_one_component_loads_beside_itself_is_served_though_another_came_first():
    assert AppTest.from_function(page).run().markdown[0].value == "microscope plot plotly"
