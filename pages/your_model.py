"""Your model: weights from elsewhere, what was found in them, and on to every page that looks inside."""

import streamlit as st

from rnnviz.app import model_view
from rnnviz.app.frame import begin

settings = begin("Your model")
found = model_view.upload()
if found is None:
    model_view.how()
else:
    st.subheader("What was found", anchor=False)
    stack = model_view.confirm(found)
    st.subheader("What it is to read", anchor=False)
    model_view.choose(found, stack, settings)
