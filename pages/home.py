"""Home: a live example at once, and where to go."""

import streamlit as st

from rnnviz.app import home_view
from rnnviz.app.experiment import job_of
from rnnviz.app.frame import begin
from rnnviz.app.live import live

settings = begin("Home", heading="See inside recurrent networks")
st.markdown(
    "Hidden states, gates and the gradient at every time step, recorded exactly while a network trains. "
    "Below, an LSTM learns to **add the two marked numbers** of a sequence. Until it finds the rule, its "
    "loss stays at the dashed line; then the gradient reaches the early time steps."
)
home_view.ways()
if job := job_of("home", home_view.EXAMPLE):
    live({"example": job}, home_view.draw)
