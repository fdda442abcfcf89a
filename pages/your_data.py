"""Your data: a file of your own, read, prepared step by step, and on to training."""

import streamlit as st

from rnnviz.app import preparing, preparing_view, reading_view, upload
from rnnviz.app.frame import begin

settings = begin("Your data")
data = upload.upload()
if data is None:
    st.info(
        "Choose a file, or download the sample and open it here. Every step from the file to what the network gets is "
        "shown, and can be changed before training.",
        icon=":material/table_chart:",
    )
else:
    chosen = preparing.chosen(data, settings)
    preparing_view.goal(data, chosen)
    task = preparing_view.go(data, chosen)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("How it is prepared", anchor=False)
        preparing_view.steps(data, chosen, task)
    with right:
        st.subheader("What comes out", anchor=False)
        if task:
            preparing_view.outcome(data, chosen, task)
    st.subheader("What was read", anchor=False)
    reading_view.preview(data, chosen.train_fraction)
