"""What the page Train gives away, in a real browser: every file arrives, and the report opens without a server."""

from __future__ import annotations

import io

import numpy as np
import pytest
from safetensors.numpy import load

from rnnviz.export.report import recording
from rnnviz.run import Run
from rnnviz.trace import Trace

PAGE = "train?task=adding&T=10&H=4&B=8"
MENU = "[data-testid=stPopover]:has-text('download') button"


def files_of(tab, *labels):
    """Label -> content of the file that the menu's button gives."""
    tab.page.locator(MENU).first.click()
    found = {}
    for label in labels:
        button = tab.page.get_by_role("button", name=label)
        button.wait_for()
        tab.page.mouse.move(2, 2)  # else the tooltip of the one before may lie over this one
        with tab.page.expect_download() as download:
            button.click()
        found[label] = download.value.path().read_bytes()
    return found


@pytest.mark.slow
def test_every_file_arrives_and_they_agree(server, visit, tmp_path):
    tab = visit()
    tab.page.set_default_timeout(90_000)  # six files, made one after another
    tab.page.goto(server.address(PAGE))
    tab.page.wait_for_function("() => document.querySelectorAll('.main-svg').length >= 6")
    tab.page.get_by_role("button", name="Step").first.click()
    tab.page.get_by_text("Saved at step 1.").wait_for()
    names = ("Report (HTML)", "Recording (CSV)", "Recording (netCDF)", "Weights of the recurrent layers",
             "Script (Python)", "The run (safetensors)")  # fmt: skip
    found = files_of(tab, *names)
    run = Run.from_bytes(found["The run (safetensors)"])
    assert run.step == 1
    weights = load(found["Weights of the recurrent layers"])
    for name, array in weights.items():
        assert np.array_equal(array, run.weights[f"rnn.{name}"])
    hidden = Trace.from_bytes(recording(found["Report (HTML)"].decode())).states["h"]
    rows = np.genfromtxt(io.BytesIO(found["Recording (CSV)"]), delimiter=",", names=True, usecols=(1, 2, 3, 4))
    assert np.array_equal(rows["h"].astype(np.float32), hidden.ravel())
    assert found["Recording (netCDF)"].startswith(b"CDF")
    compile(found["Script (Python)"].decode(), "remake.py", "exec")
    path = tmp_path / "report.html"
    path.write_bytes(found["Report (HTML)"])
    alone = visit()
    asked = []
    alone.page.on("request", lambda request: asked.append(request.url))
    alone.page.goto(path.as_uri())
    alone.page.wait_for_function("() => document.body.dataset.drawn > 5")
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == [] and alone.errors == []
    assert alone.page.locator(".chart .main-svg").count() > 10
