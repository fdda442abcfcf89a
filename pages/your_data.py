"""Your data: a file of your own, read, prepared step by step, and on to training."""

import streamlit as st

from rnnviz.app import plot, preparing, preparing_view, reading_view, upload
from rnnviz.app.frame import begin

settings = begin("Your data")
preparing.warm_up()
data = preparing.in_hand(upload.upload(), settings)
if data is None:
    plot.warm_up()
else:
    chosen = preparing.chosen(data, settings)
    preparing_view.goal(data, chosen)
    task = preparing_view.go(data, chosen)
    left, right = st.columns([5, 4], gap="large")
    with left:
        st.subheader("How it is prepared", anchor=False)
        preparing_view.steps(data, chosen, task)
    with right:
        if task:
            st.subheader("What comes out", anchor=False)
            preparing_view.outcome(data, chosen, task)
    st.subheader("What was read", anchor=False)
    reading_view.preview(data, preparing.border(data, chosen))
