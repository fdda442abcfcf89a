"""A page without a server, for the microscope's panels: its files from assets/, its numbers from a Network."""

from __future__ import annotations

import base64
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SITE = "http://panels.test/"
TYPES = {".js": "text/javascript", ".css": "text/css"}
PAGE = """<!doctype html><meta charset="utf-8"><title>Panels</title><body><main></main>"""
SETTINGS = """
    const bytes = Uint8Array.from(atob(payload), letter => letter.charCodeAt(0));
    const { decode } = await import("/microscope/recording.js");
    const { Pass } = await import("/microscope/forward.js");
    const { Store } = await import("/microscope/store.js");
    window.recording = decode(bytes);
    window.Pass = Pass;
    window.store = new Store();
    const original = Pass.recorded(recording);
    store.set({ recording, original, pass: original });
"""

MOUNT = """
    for (const panel of panels) {
        const [file, name] = panel.split(".");
        const module = await import(`/microscope/${file}.js`);
        document.querySelector("main").append(new module[name](store).element);
    }
"""


def open_page(visit):
    """A tab on an empty page of a site that serves assets/."""
    tab = visit()
    tab.page.route(SITE + "**", serve)
    tab.page.goto(SITE)
    return tab


def serve(route):
    path = ASSETS / route.request.url.removeprefix(SITE).removeprefix("rnnviz.").split("?")[0]
    if path.suffix in TYPES:
        route.fulfill(body=path.read_text(), content_type=TYPES[path.suffix])
    else:
        route.fulfill(body=PAGE, content_type="text/html")


def load(tab, net, *panels, **more):
    """Make the recording of a network the page's, and put panels on it, such as "arithmetic.Arithmetic"."""
    payload = base64.b64encode(net.payload(**more)).decode()
    tab.page.evaluate(f"async ([payload, panels]) => {{ {SETTINGS} {MOUNT} }}", [payload, list(panels)])
