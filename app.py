"""The app. This file only starts and navigates; every page draws itself (`rnnviz/app/frame.py` says why).

Streamlit reads it twice: as a module when the server starts, for `app`, and as a script for every visitor.
"""

import streamlit as st

from rnnviz.app import serving
from rnnviz.app.frame import navigation

if __name__ == "__main__":
    navigation().run()
else:
    app = st.App(__file__, **serving.prepare())
