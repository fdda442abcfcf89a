"""The search in a real browser: a map that fills, a square that is clicked on, and the experiment behind it."""

from __future__ import annotations

import pytest

MINUTE = 60_000


@pytest.mark.slow
def test_from_the_search_to_a_square_to_its_experiment(server, visit):
    query = "task=sine&T=4&B=2&steps=100&cells=gru&sizes=4,8&rates=0.01,0.1"
    tab = visit()
    tab.page.goto(server.address(f"search?{query}"))
    tab.page.get_by_role("button", name="Search", exact=True).click()
    tab.page.get_by_text("4 of 4 runs done").wait_for(timeout=MINUTE)
    map_ = tab.page.locator(".js-plotly-plot .nsewdrag").first
    map_.wait_for()
    box = map_.bounding_box()
    tab.page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.2 * box["height"])  # 8 units, .1
    open_ = tab.page.get_by_role("link", name="Open on Train")
    open_.wait_for()
    chosen = tab.page.get_by_text("GRU, 8 units, learning rate 0.1").last
    chosen.wait_for()
    tab.screenshot("search")
    tab.check()
    open_.click()
    tab.page.get_by_role("heading", name="Train").wait_for()
    tab.page.wait_for_function("() => location.search.includes('H=8') && location.search.includes('lr=0.1')")
    assert "cell=gru" in tab.page.url and "T=4" in tab.page.url
