"""Your data: a file of your own, read, shown, and on to training."""

import streamlit as st

from rnnviz.app import data_view
from rnnviz.app.frame import begin

settings = begin("Your data")
data = data_view.upload()
if data is None:
    st.info(
        "Choose a file, or download the sample and open it here. Rows are time steps, in their order; columns of "
        "numbers are used, dates and texts are left out, gaps are filled, and every such decision is shown.",
        icon=":material/table_chart:",
    )
else:
    st.subheader("What to predict", anchor=False)
    chosen = data_view.choose(data, settings)
    data_view.go(data, chosen)
    st.subheader("What was read", anchor=False)
    data_view.preview(data, chosen.train_fraction)
