"""The unrolled network alone, on a drawing made by the test, beside a figure that shares its time cursor."""

import os
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from rnnviz.app.component import ASSETS, component
from rnnviz.app.plot import plot

name = Path(st.query_params.get("drawing", "adding")).name
folder = Path(os.environ["RNNVIZ_DRAWINGS"])
component("unrolled", {"plot": ASSETS / "plot"})(
    key=f"unrolled {name}", data=(folder / f"{name}.bin").read_bytes(), height="content"
)
figure = go.Figure(go.Scatter(x=list(range(20)), y=list(range(20))))
figure.update_layout(height=200, meta={"time": ["x"]})
plot(figure, "beside", alt="A line", cursor="time")
