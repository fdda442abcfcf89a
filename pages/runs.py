"""Runs: those that are kept, to open, compare, name, save to a file and delete."""

import streamlit as st

from rnnviz.app import runs_view
from rnnviz.app.frame import begin

settings = begin("Runs")
st.markdown(
    "Every run of the page Train is kept as it trains, and found again by this browser: after a reload, a closed lid, "
    "a restart of the server."
)
runs_view.open_file()
chosen = runs_view.table()
if chosen:
    runs_view.actions(chosen)
    runs_view.curves(chosen)
