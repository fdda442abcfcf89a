"""Gallery: one example for each classic use of recurrent networks, ready to train."""

import streamlit as st

from rnnviz.app import gallery_view
from rnnviz.app.frame import begin

settings = begin("Gallery")
st.markdown(
    "What recurrent networks are used for, one small example each. Every one trains in under a minute on one core "
    "and is judged on sequences that it never trained on, beside a guess that needs no network."
)
gallery_view.cards(settings)
