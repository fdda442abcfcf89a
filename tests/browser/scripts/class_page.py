"""The class page over an engine that only says how it is; for the browser tests."""

import os
import time
from pathlib import Path

import streamlit as st

from rnnviz.app import session

os.environ["RNNVIZ_ADMIN"] = "correct horse"
STARTED = time.time() - 7500
WORKERS = (("worker 1", 20_101, True, 9, 4, 352_000_000), ("worker 2", 20_102, True, 8, 3, 349_000_000))


class Engine:
    def warm_up(self) -> None:
        pass

    def status(self) -> dict:
        names = ("label", "pid", "ready", "jobs", "playing", "rss")
        st.session_state["looks"] = st.session_state.get("looks", 0) + 1
        return {
            "workers": [dict(zip(names, each, strict=True)) for each in WORKERS],
            "jobs": 17,
            "playing": st.session_state["looks"],
            "waiting": 2,
            "visitors": 30,
            "trouble": "",
            "store": {
                "url": "file:///home/class/.local/share/rnnviz/runs",
                "trouble": "The last save failed: no space left on the device. Runs go on, and are kept in memory.",
                "runs": 212,
                "bytes": 604_000_000,
            },
            "started": STARTED,
            "engine": "pool",
        }


session.engine = Engine
exec(compile((Path(__file__).parents[3] / "pages/class.py").read_text(), "class.py", "exec"))
