"""The figure component in a real browser: in place, zoomable, themed, linked, downloadable, accessible."""

from __future__ import annotations

import csv
import io

import pytest
from playwright.sync_api import expect

SCRIPT = "tests/browser/scripts/plot_page.py"
DRAWN = ".rnnviz-plot:not(.waiting)"


@pytest.fixture
def tab(server, visit):
    tab = visit()
    # Before anything loads: where the text below the figures stands, frame by frame, once all three are there.
    tab.page.add_init_script(
        """window.tops = []; const look = () => {
            const below = [...document.querySelectorAll('p')].find(p => p.textContent === 'Below the figures.');
            if (below && document.querySelectorAll('.rnnviz-plot').length === 3) {
                const scroller = document.querySelector('[data-testid=stMain]');
                window.tops.push(Math.round(below.getBoundingClientRect().top + scroller.scrollTop));
            }
            requestAnimationFrame(look); }; look()"""
    )
    tab.page.goto(server.address())
    tab.page.wait_for_function(f"() => document.querySelectorAll('{DRAWN}').length === 3")
    yield tab
    tab.check()


def figure(tab, name):
    position = {"line": 0, "matrix": 1, "still": 2}[name]
    return tab.page.locator(".rnnviz-plot").nth(position)


def draws(tab, name):
    return int(figure(tab, name).get_attribute("data-draws"))


def wait_for_draws(tab, name, more):
    goal = draws(tab, name) + more
    handle = figure(tab, name).element_handle()
    tab.page.wait_for_function("([element, goal]) => +element.dataset.draws >= goal", arg=[handle, goal])


def x_range(tab, name):
    return figure(tab, name).locator(".rnnviz-plot-chart").evaluate("chart => chart._fullLayout.xaxis.range.slice()")


def drag(tab, name, start, end):
    """Drag over the plot area, from one share of its width to another."""
    box = figure(tab, name).locator(".nsewdrag").first.bounding_box()
    y = box["y"] + box["height"] / 2
    tab.page.mouse.move(box["x"] + start * box["width"], y)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + end * box["width"], y, steps=5)
    tab.page.mouse.up()


@pytest.mark.slow
def test_twenty_updates_stay_in_place_and_keep_the_zoom(tab):
    for name in ("line", "matrix"):
        figure(tab, name).evaluate("element => { element.mark = 'kept' }")
        figure(tab, name).locator(".main-svg").first.evaluate("element => { element.mark = 'kept' }")
    drag(tab, "line", 0.2, 0.5)
    tab.page.wait_for_function(
        "() => document.querySelector('.rnnviz-plot-chart')._fullLayout.xaxis.autorange === false"
    )
    zoomed = x_range(tab, "line")
    assert 0 < zoomed[0] < zoomed[1] < 60
    wait_for_draws(tab, "line", 20)
    wait_for_draws(tab, "matrix", 1)
    for name in ("line", "matrix"):
        assert figure(tab, name).evaluate("element => element.mark") == "kept"
        assert figure(tab, name).locator(".main-svg").first.evaluate("element => element.mark") == "kept"
    assert x_range(tab, "line") == zoomed
    figure(tab, "line").hover()
    figure(tab, "line").get_by_role("button", name="Reset the zoom").click()
    wait_for_draws(tab, "line", 3)
    assert x_range(tab, "line") == [0, 99]
    expect(figure(tab, "line").get_by_role("button", name="Reset the zoom")).to_have_count(0)
    expect(tab.page.locator(".rnnviz-plot")).to_have_count(3)


def test_nothing_moves_while_figures_load(tab):
    wait_for_draws(tab, "line", 5)
    tops = tab.page.evaluate("window.tops")
    assert len(tops) > 5 and set(tops) == {tops[0]}
    heights = [figure(tab, name).bounding_box()["height"] for name in ("line", "matrix", "still")]
    assert heights == [260, 240, 200]


def test_colours_follow_the_theme(tab):
    def drawn_in(colour, *names):
        for name in names:
            expect(figure(tab, name).locator(".xtick text").first).to_have_css("fill", colour)
        expect(figure(tab, "line").locator(".scatterlayer path.js-line").first).to_have_css("stroke", colour)

    drawn_in("rgb(19, 18, 24)", "line")
    figure(tab, "line").evaluate("element => { element.mark = 'kept' }")
    tab.page.emulate_media(color_scheme="dark")
    tab.page.wait_for_function(
        "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor === 'rgb(21, 22, 27)'"
    )
    wait_for_draws(tab, "line", 3)
    drawn_in("rgb(237, 235, 230)", "line", "still")  # that which nothing renews follows too
    assert figure(tab, "line").evaluate("element => element.mark") == "kept"
    tab.screenshot("plots-dark")


def test_one_time_cursor_for_the_group(tab):
    box = figure(tab, "line").locator(".nsewdrag").first.bounding_box()
    tab.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20)
    tab.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 30)
    times = "[...document.querySelectorAll('.rnnviz-plot-overlay')].map(overlay => overlay.dataset.time)"
    tab.page.wait_for_function(f"() => {{ const [a, b] = {times}; return a === b && a >= 50 && a <= 70 }}")
    assert tab.page.evaluate(times)[2] is None
    # The line stands where the other figure has that time step.
    place = figure(tab, "matrix").evaluate(
        "element => [element.querySelector('.rnnviz-plot-overlay i').getBoundingClientRect().left,"
        " (axis => axis._offset + axis.d2p(+element.querySelector('.rnnviz-plot-overlay').dataset.time)"
        " + element.getBoundingClientRect().left)(element.querySelector('.rnnviz-plot-chart')._fullLayout.xaxis)]"
    )
    assert abs(place[0] - place[1]) <= 1
    tab.page.mouse.move(5, 5)
    tab.page.wait_for_function("() => !document.querySelector('.rnnviz-plot-overlay i')")


def saved(tab, name, item):
    figure(tab, name).hover()
    figure(tab, name).get_by_role("button", name="Download this figure").click()
    with tab.page.expect_download() as download:
        figure(tab, name).get_by_role("button", name=item).click()
    return download.value


def test_numbers_and_pictures_can_be_taken_along(tab):
    still = saved(tab, "still", "Numbers (CSV)")
    assert still.suggested_filename == "still.csv"
    rows = list(csv.reader(io.StringIO(still.path().read_text("utf-8"))))
    # A number keeps its sign; text that a spreadsheet would run gets a quote mark.
    assert rows == [["trace", "x", "y"], ["trace 0", "a", "-1.5"], ["trace 0", "'=b", "2"]]
    line = list(csv.reader(io.StringIO(saved(tab, "line", "Numbers (CSV)").path().read_text("utf-8"))))
    assert line[0] == ["trace", "time step t", "h"]
    assert len(line) == 101 and line[1][:2] == ["'=1+1", "0"]
    matrix = list(csv.reader(io.StringIO(saved(tab, "matrix", "Numbers (CSV)").path().read_text("utf-8"))))
    assert matrix[0] == ["trace", "x", "y", "value"]
    assert len(matrix) == 1 + 16 * 100 and all(-1 <= float(row[3]) <= 1 for row in matrix[1:])
    assert saved(tab, "matrix", "Picture (PNG)").path().read_bytes().startswith(b"\x89PNG")
    svg = saved(tab, "still", "Picture (SVG)").path().read_text()
    assert svg.startswith("<svg") and "rgb(253, 252, 250)" in svg  # on the page's own background


def test_a_figure_can_be_told_and_worked_without_eyes_or_mouse(tab):
    expect(tab.page.get_by_role("img", name="Two bars")).to_have_count(1)
    opener = figure(tab, "still").get_by_role("button", name="Download this figure")
    opener.focus()
    expect(opener).to_have_attribute("aria-expanded", "false")
    tab.page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(figure(tab, "still").get_by_role("button", name="Picture (PNG)")).to_be_focused()
    tab.page.keyboard.press("Escape")
    expect(opener).to_have_attribute("aria-expanded", "false")
    expect(opener).to_be_focused()


@pytest.mark.slow
def test_plotly_is_fetched_once(tab):
    tab.page.reload()
    tab.page.wait_for_function(f"() => document.querySelectorAll('{DRAWN}').length === 3")
    fetched = tab.page.evaluate(
        "performance.getEntriesByType('resource').filter(r => r.name.includes('plotly.min.js'))"
        ".map(r => [r.transferSize, r.name])"
    )
    assert len(fetched) == 1 and fetched[0][0] == 0 and "?v=" in fetched[0][1]
