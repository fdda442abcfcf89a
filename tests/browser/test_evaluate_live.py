"""Evaluate in a real browser: a run that comes to rest is evaluated by itself, a click on a cell brings examples."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.mark.slow
def test_a_run_that_rests_is_evaluated_and_its_confusions_can_be_looked_into(server, visit):
    tab = visit()
    page = tab.page
    page.goto(server.address("evaluate?task=digits_rows&H=8&test=0.1"))
    page.get_by_role("button", name="Play").click()
    page.get_by_text("training batch").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("Evaluated at step").wait_for(timeout=90_000)
    losses = page.locator("[data-testid=stMetric]").all_inner_texts()
    assert len(losses) == 3 and not any("–" in each for each in losses)
    expect(page.get_by_text("held out against")).to_have_count(1)
    matrix = page.locator(".st-key-evaluation-confusion .nsewdrag").first
    matrix.scroll_into_view_if_needed()
    for shift in range(40):  # plotly clicks on what is pointed at; a page that is still being drawn moves
        box = matrix.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 20 + shift % 2, box["y"] + box["height"] / 20)
        page.wait_for_timeout(300)
        if page.locator(".hoverlayer .hovertext", has_text="of class 0").count():
            page.mouse.down()
            page.mouse.up()
            break
    page.get_by_text("answered rightly").wait_for()
    tab.check()
    tab.screenshot("evaluate")
