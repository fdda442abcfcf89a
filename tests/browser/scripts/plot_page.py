"""Two figures that renew themselves ten times a second, and one that does not; for the browser tests."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from rnnviz.app.frame import begin
from rnnviz.app.plot import plot

settings = begin("Plots")


@st.fragment(run_every=0.1)
def live() -> None:
    st.session_state["frame"] = frame = st.session_state.get("frame", 0) + 1
    t = np.arange(100)
    line = go.Figure(go.Scatter(x=t, y=np.sin(t / 9 + frame / 3) * (1 + frame % 5), name="=1+1", line_color="#808080"))
    line.data[0].meta = {"ink": True}
    line.update_layout(height=260, meta={"time": ["x"]}, xaxis_title="time step t", yaxis_title="h")
    plot(line, "line", alt="A sine that moves", cursor="time")
    matrix = go.Figure(go.Heatmap(z=np.cos(np.add.outer(np.arange(16), t / 5 + frame)).astype(np.float32)))
    plot(matrix.to_json(), "matrix", alt="A moving wave", height=240, cursor="time")


live()
plot(
    {"data": [{"type": "bar", "x": ["a", "=b"], "y": [-1.5, 2]}], "layout": {"height": 200}},
    "still",
    alt="Two bars",
)
st.write("Below the figures.")
