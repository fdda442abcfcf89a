"""All controls, and what the page takes the settings to be; for the browser tests."""

import streamlit as st

from rnnviz.app.controls import controls, share, undo_button
from rnnviz.app.frame import begin
from rnnviz.app.settings import to_query

settings = begin("Settings")
with st.sidebar:
    controls()
with st.container(horizontal=True):
    share()
    undo_button()
st.markdown(f"settings: `{sorted(to_query(settings).items())}`")
