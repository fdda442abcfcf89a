"""`plot`: a plotly figure that updates in place, keeps its zoom and follows the theme.

Streamlit's own chart is mounted anew with every new figure: it flickers and forgets the zoom. This component
hands the figure to `Plotly.react` in the browser (`assets/plot/`), with the plotly.js of the plotly package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import plotly
import streamlit as st
from plotly.basedatatypes import BaseFigure

from rnnviz.app.component import component

PLOTLY = Path(plotly.__file__).parent / "package_data"
HEIGHT = 340  # pixels, where neither the caller nor the figure says


def warm_up() -> None:
    """Have the browser load plotly.js now, on a page whose first figure is still to come."""
    head = {"alt": "", "name": "", "cursor": None, "height": 0, "plotly": plotly.__version__}
    _component(key="plotly", data=json.dumps(head).encode(), height=1)


def plot(
    figure: BaseFigure | Mapping[str, Any] | str,
    key: str,
    *,
    alt: str,
    height: int | None = None,
    cursor: str | None = None,
    on_unit: Callable[[int], None] | None = None,
) -> None:
    """Draw a figure, or update the one drawn under `key`.

    figure: a plotly figure, its JSON text, or its JSON as a mapping. alt: what the figure shows, in a sentence,
    for readers who do not see it. height: pixels; else the figure's own, else 340. cursor: the name of a group
    of figures on the page that share a time cursor; `layout.meta["time"]` lists the axes it runs along
    (every x axis where it is missing), `layout.meta["path"]` the places it marks. on_unit: called with the unit that
    was clicked on, where `layout.meta["unit"]` says how points name theirs.

    Fonts, grid and the colours of traces with `meta={"ink": True}` or `meta={"on_light": ...}` follow the
    page's theme. The zoom is kept while `layout.uirevision` stays the same.
    """
    if isinstance(figure, str):
        text, own_height = figure, None
    elif isinstance(figure, BaseFigure):
        text, own_height = figure.to_json(), figure.layout.height
    else:
        text, own_height = json.dumps(figure), figure.get("layout", {}).get("height")
    pixels = int(height or own_height or HEIGHT)
    head = {"alt": alt, "name": key, "cursor": cursor, "height": pixels, "plotly": plotly.__version__}
    # The figure is JSON already: it goes in as it is, and the whole as bytes, which nobody encodes again.
    payload = f'{json.dumps(head)[:-1]}, "figure": {text}}}'.encode()
    # The height is known before anything is loaded, so the page below does not move.
    told = {} if on_unit is None else {"on_unit_change": lambda: _tell(key, on_unit)}
    _component(key=key, data=payload, height=pixels, **told)


def _component(**given: Any) -> None:
    component("plot", {"plotly": PLOTLY})(**given)


def _tell(key: str, on_unit: Callable[[int], None]) -> None:
    unit = st.session_state[key].get("unit")
    if isinstance(unit, int) and unit >= 0:
        on_unit(unit)
