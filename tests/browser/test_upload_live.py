"""Bringing files in a real browser to a real server: limits as the browser words them, and how soon data are seen."""

from __future__ import annotations

import time

import numpy as np
import pytest
from good_files import workbook

INPUT = "[data-testid=stFileUploaderDropzoneInput]"


def payload(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def csv(rows: int) -> bytes:
    return b"a,b\n" + b"".join(b"%d,%d.123456\n" % (k % 97, k % 89) for k in range(rows))


def test_limits_are_said_where_files_are_brought(start_server, visit):
    """One file over the limit, then several that are too much together: those that fit are read."""
    server = start_server(RNNVIZ_UPLOAD_MB="1", RNNVIZ_VISITOR_MB="2")
    tab = visit(server.address("your_data"))
    uploader = tab.page.locator("[data-testid=stFileUploader]")
    uploader.get_by_text("Up to 1 MB each, 2 MB in all.").wait_for()
    tab.page.wait_for_function("() => window.Plotly")  # it is there before the first picture is
    tab.page.set_input_files(INPUT, [payload("over.csv", csv(120_000))])
    uploader.get_by_text("File must be 1.0MB or smaller.").first.wait_for(state="attached")
    tab.page.set_input_files(INPUT, [payload(f"run{k}.csv", csv(70_000)) for k in range(3)])
    uploader.get_by_text("413").first.wait_for(state="attached")
    tab.page.get_by_text("140,000 rows, 3 columns in 2 sequences").wait_for()
    tab.check()


@pytest.mark.slow
def test_a_workbook_that_cannot_be_read_and_one_that_can(server, visit):
    tab = visit(server.address("your_data"))
    good = workbook([["day", "sales"], *([f"2024-01-{k % 28 + 1:02}", k % 7] for k in range(300))])
    tab.page.set_input_files(INPUT, [payload("bad.xlsx", good[:3000])])
    alert = tab.page.locator("[data-testid=stAlert]")
    alert.get_by_text("bad.xlsx is damaged or no zip archive").wait_for()
    tab.page.get_by_role("button", name="Remove bad.xlsx").click()
    alert.get_by_text("bad.xlsx").wait_for(state="detached")
    tab.page.set_input_files(INPUT, [payload("good.xlsx", good)])
    tab.page.get_by_text("300 rows, 2 columns").wait_for()
    tab.check()


@pytest.mark.slow
def test_five_megabytes_are_seen_and_trained_on(server, visit):
    """How soon is printed, for whoever measures on a machine that does nothing else."""
    rng = np.random.default_rng(0)
    rows = [
        f"2020-01-01 {k // 60 % 24:02}:{k % 60:02},{a!r},{b!r},{c!r}"
        for k, (a, b, c) in enumerate(rng.normal(size=(70_000, 3)).tolist())
    ]
    content = ("when,a,b,c\n" + "\n".join(rows)).encode()
    assert len(content) > 5 * 2**20
    tab = visit(server.address("your_data"))
    start = time.monotonic()
    tab.page.set_input_files(INPUT, [payload("big.csv", content)])
    tab.page.get_by_text("70,000 rows, 4 columns").wait_for()
    tab.page.locator("[data-testid=stDataFrame]").first.wait_for()
    print(f"5 MB: preview after {time.monotonic() - start:.1f} s")
    tab.page.get_by_role("button", name="Train on it").click()
    tab.page.wait_for_function("() => document.title.includes('Train')")
    tab.page.wait_for_function("() => document.querySelectorAll('.main-svg').length >= 6")
    tab.check()
