"""`plot`: a plotly figure that updates in place, keeps its zoom and follows the theme.

Streamlit's own chart is mounted anew with every new figure: it flickers and forgets the zoom. This component
hands the figure to `Plotly.react` in the browser (`assets/plot/`), with the plotly.js of the plotly package.

How its files reach the browser: Streamlit serves the files of a component from a folder, once, where a
manifest names the folder. It looks for manifests in installed packages, and a fresh clone is not one, so the
two folders are made known here, in the form in which Streamlit keeps what it has found. Nothing is copied,
nothing is downloaded, no server setting is needed, and it is the same under `streamlit run` and
`python -m rnnviz run`. Inline code would need no manifest, but travels again with every figure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import plotly
import streamlit as st
from plotly.basedatatypes import BaseFigure
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

ASSETS = Path(__file__).resolve().parents[2] / "assets"
NAME = "rnnviz.plot"
HEIGHT = 340  # pixels, where neither the caller nor the figure says


def plot(
    figure: BaseFigure | Mapping[str, Any] | str,
    key: str,
    *,
    alt: str,
    height: int | None = None,
    cursor: str | None = None,
) -> None:
    """Draw a figure, or update the one drawn under `key`.

    figure: a plotly figure, its JSON text, or its JSON as a mapping. alt: what the figure shows, in a sentence,
    for readers who do not see it. height: pixels; else the figure's own, else 340. cursor: the name of a group
    of figures on the page that share a time cursor; `layout.meta["time"]` lists the axes it runs along
    (every x axis where it is missing).

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
    _component()(key=key, data=payload, height=pixels)


@cache
def _renderer() -> Callable[..., Any]:
    return st.components.v2.component(NAME, js="plot.js", css="plot.css", isolate_styles=False)


def _component() -> Callable[..., Any]:
    """The mounting function, its folders known to the server that runs now (each test starts one of its own)."""
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(NAME) is None:
        folders = {NAME: ASSETS / "plot", "rnnviz.plotly": Path(plotly.__file__).parent / "package_data"}
        for name, folder in folders.items():
            package, _, component = name.partition(".")
            manifest = ComponentManifest(package, plotly.__version__, [ComponentConfig(component, folder.name)])
            manager.register_from_manifest(manifest, folder.parent)
    return _renderer()
