"""Gradients: how they vanish and explode, for three cells on the same data."""

import streamlit as st

from rnnviz.app import gradients_view
from rnnviz.app.experiment import jobs_of
from rnnviz.app.frame import begin
from rnnviz.app.live import live
from rnnviz.app.show import equations

settings = begin("Gradients")
st.markdown(
    "Random noise goes through three untrained cells, and the gradient of the loss comes back. Each time step "
    "multiplies it by some factor: below 1 it **vanishes**, above 1 it **explodes**."
)
gradients_view.sliders(settings)
experiments = gradients_view.experiments(settings)
if jobs := jobs_of("gradients", experiments):
    live(jobs, gradients_view.draw)
with st.expander("The equations, in the colours of the curves"):
    for column, each in zip(st.columns(3), experiments.values(), strict=True):
        with column:
            equations(each.cell)
