"""The frame that all pages share, and the first line of each: `settings = begin(title)`.

With a folder called `pages/` beside app.py, Streamlit may answer the first request to a fresh server by running
a page's file without app.py: until some session has called `st.navigation`, it takes the folder for an app of
its older kind. So `begin` declares the navigation itself. In that first run this puts things right, in every
other it repeats what app.py said a moment ago. Pages leave `url_path` unset, since the older kind derives a
page's identity from the name of its file and both must agree.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

import rnnviz
from rnnviz.app import admin, controls, session
from rnnviz.config import ExperimentConfig

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"
INSIDE, TRY, YOURS = "See inside", "Experiments", "Yours"
PAGES = (  # file, title, Material icon, the menu it stands in ("": the bar itself)
    ("home.py", "Home", "home", ""),
    ("train.py", "Train", "play_circle", ""),
    ("microscope.py", "Microscope", "biotech", INSIDE),
    ("unrolled.py", "Unrolled network", "linear_scale", INSIDE),
    ("gates.py", "Gates", "tune", INSIDE),
    ("hidden_states.py", "Hidden states", "grid_on", INSIDE),
    ("gallery.py", "Gallery", "apps", TRY),
    ("gradients.py", "Gradients", "trending_down", TRY),
    ("shapes.py", "Sequence shapes", "translate", TRY),
    ("compare.py", "Compare", "compare_arrows", TRY),
    ("search.py", "Search", "travel_explore", TRY),
    ("evaluate.py", "Evaluate", "fact_check", TRY),
    ("your_data.py", "Your data", "table_chart", YOURS),
    ("your_model.py", "Your model", "deployed_code", YOURS),
    ("finetune.py", "Fine-tuning", "model_training", YOURS),
    ("runs.py", "Runs", "bookmarks", YOURS),
)
CLASS = ("class.py", "Class", "monitoring", "")  # for the person running the class


def page(file: str) -> Any:
    """The page of a file in `pages/`, for links between pages."""
    name, title, icon, _ = next(entry for entry in (*PAGES, CLASS) if entry[0] == file)
    first = name == PAGES[0][0]
    return st.Page(ROOT / "pages" / name, title=title, icon=f":material/{icon}:", default=first)


def navigation() -> Any:
    """Declare the pages; returns the one that was asked for."""
    shown = (*PAGES, CLASS) if admin.secret() else PAGES
    menus: dict[str, list[Any]] = {menu: [] for menu in ("", INSIDE, TRY, YOURS)}
    for file, _, _, menu in shown:
        menus[menu].append(page(file))
    return st.navigation({menu: pages for menu, pages in menus.items() if pages}, position="top")


def begin(title: str, heading: str = "") -> ExperimentConfig:
    """Draw the frame of a page and return the visitor's settings: the link's, or those of the page before.

    title: of the browser's tab, and on the page unless there is a `heading`.
    """
    navigation()
    st.set_page_config(page_title=f"{title} · rnnviz", page_icon=str(ASSETS / "icon.svg"), layout="wide")
    st.logo(str(ASSETS / "logo.svg"), icon_image=str(ASSETS / "icon.svg"), size="large")
    st.html(ASSETS / "app.css")
    settings, notices = controls.arrive()
    st.title(heading or title, anchor=False)
    controls.show_notices(title, notices)
    with st.container(key="footer"):  # the style sheet moves it below whatever the page draws
        st.caption(f"rnnviz {rnnviz.__version__}. The address of a page holds the experiment: pass it on.")
    session.settle(title)
    return settings
