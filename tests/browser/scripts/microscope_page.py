"""The microscope alone, on a recording made by the test: what the browser does, with no run and no timer."""

import os
from pathlib import Path

import streamlit as st

from rnnviz.app.component import ASSETS, component

name = st.query_params.get("recording", "lstm")
folder = Path(os.environ["RNNVIZ_RECORDINGS"])
component("microscope", beside={"plot": ASSETS / "plot"})(
    key="microscope", data=(folder / f"{Path(name).name}.bin").read_bytes(), on_look_change=lambda: None
)
st.write("Below the microscope.")
