"""Components of our own: a folder `assets/<name>/` with `<name>.js` and `<name>.css`, served to the browser once.

How the files reach the browser: Streamlit serves the files of a component from a folder, once, where a manifest
names the folder. It looks for manifests in installed packages, and a fresh clone is not one, so the folders are
made known here, in the form in which Streamlit keeps what it has found. Nothing is copied, nothing is downloaded,
no server setting is needed, and it is the same under `streamlit run` and `python -m rnnviz run`. Inline code would
need no manifest, but travels again with every drawing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

import rnnviz

ASSETS = Path(__file__).resolve().parents[2] / "assets"
PACKAGE = "rnnviz"


def component(name: str, beside: Mapping[str, Path] | None = None) -> Callable[..., Any]:
    """The mounting function of the component in `assets/<name>/`, its folder known to the server that runs now.

    beside: other folders that its code loads from, by the name they are served under (`rnnviz.<name>`).
    """
    manager = get_bidi_component_manager()  # each test has a server, and so a manager, of its own
    for each, folder in {name: ASSETS / name, **(beside or {})}.items():
        if manager.get_component_asset_root(f"{PACKAGE}.{each}") is None:
            manifest = ComponentManifest(PACKAGE, rnnviz.__version__, [ComponentConfig(each, folder.name)])
            manager.register_from_manifest(manifest, folder.parent)
    return _mount(name)


def packed(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], dtype: str) -> bytes:
    """What a component of ours reads (`assets/plot/arrays.js`): 4 bytes, the length of the header, little-endian; the
    header in JSON; then the arrays end to end. dtype: of all of them, "<f4" or "<f8".

    The header's `arrays` lists their names and shapes. Raises ValueError where the header holds NaN or infinity.
    """
    listed = [{"name": name, "shape": array.shape} for name, array in arrays.items()]
    text = json.dumps({**header, "arrays": listed}, allow_nan=False).encode()
    with np.errstate(over="ignore"):  # what single precision cannot hold is infinite there
        numbers = b"".join(np.ascontiguousarray(array, dtype).tobytes() for array in arrays.values())
    return len(text).to_bytes(4, "little") + text + numbers


@cache
def _mount(name: str) -> Callable[..., Any]:
    files = {"js": f"{name}.js", "css": f"{name}.css"}
    return st.components.v2.component(f"{PACKAGE}.{name}", **files, isolate_styles=False)  # type: ignore[arg-type]
