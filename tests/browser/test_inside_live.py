"""Gates and Hidden states in a real browser: one unit, one time cursor, in the plane and in space."""

from __future__ import annotations

import csv
import io

import pytest

CHOSEN = """words => [...document.querySelectorAll('[data-testid=stSelectbox]')].some(
    box => box.innerText.trim() === words || box.querySelector('input')?.value === words)"""
SMALL = "?task=adding&T=12&H=8&B=8&lr=0.01"


def ready(tab, count: int):
    tab.page.wait_for_function(
        "count => document.querySelectorAll('.rnnviz-plot').length >= count"
        " && !document.querySelector('.rnnviz-plot.waiting')",
        arg=count,
    )


def opened(server, visit, page: str, count: int, more: str = "", **options):
    tab = visit(**options)
    tab.page.goto(server.address(page + SMALL + more))
    ready(tab, count)
    return tab


def area(tab, key: str) -> dict[str, float]:
    """Where the plane of a figure lies in the window."""
    plot = tab.page.locator(f".st-key-{key.replace(' ', '-')} .nsewdrag").first
    plot.scroll_into_view_if_needed()
    return plot.bounding_box()


def cursor(tab, *keys: str) -> int:
    """The time step that all these figures mark, as soon as they mark the same."""
    overlays = [f".st-key-{key.replace(' ', '-')} .rnnviz-plot-overlay" for key in keys]
    return int(
        tab.page.wait_for_function(
            "overlays => { const times = overlays.map(each => document.querySelector(each)?.dataset.time);"
            " return times.every(each => each !== undefined && each === times[0]) && times[0] }",
            arg=overlays,
        ).json_value()
    )


def numbers(tab, key: str) -> list[list[str]]:
    """The rows of a figure's CSV file."""
    figure = tab.page.locator(f".st-key-{key.replace(' ', '-')}")
    figure.hover()
    figure.get_by_role("button", name="Download this figure").click()
    with tab.page.expect_download() as download:
        figure.get_by_role("button", name="Numbers (CSV)").click()
    return list(csv.reader(io.StringIO(download.value.path().read_text("utf-8"))))


@pytest.mark.parametrize(
    ("page", "key"),
    [("gates", "gates heat map"), ("hidden_states", "hidden heat map")],
)
@pytest.mark.slow
def test_a_click_on_a_row_chooses_its_unit(server, visit, page, key):
    tab = opened(server, visit, page, 3, "&order=index")
    for shift in range(40):  # plotly clicks on what is pointed at; a page that is still being drawn moves
        box = area(tab, key)
        tab.page.mouse.move(box["x"] + box["width"] / 2 + shift % 2, box["y"] + box["height"] * (1 - 5.5 / 8))
        tab.page.wait_for_timeout(300)
        if tab.page.locator(".hoverlayer .hovertext", has_text="unit 5").count():
            tab.page.mouse.down()
            tab.page.mouse.up()
            tab.page.wait_for_timeout(700)
        if "unit=5" in tab.page.url:
            break
    tab.page.wait_for_function("() => location.search.includes('unit=5')")
    tab.page.wait_for_function(CHOSEN, arg="Unit 5")
    tab.page.reload()
    ready(tab, 3)
    tab.page.wait_for_function(CHOSEN, arg="Unit 5")
    tab.check()


def test_the_time_cursor_is_a_point_on_the_path_and_back(server, visit):
    tab = opened(server, visit, "hidden_states", 3)
    box = area(tab, "hidden heat map")
    tab.page.mouse.move(box["x"] + box["width"] * 7.5 / 12, box["y"] + box["height"] / 2)
    tab.page.wait_for_function("() => document.querySelector('.st-key-hidden-trajectories-2-D .rnnviz-plot-overlay b')")
    at = cursor(tab, "hidden heat map", "hidden trajectories 2-D", "hidden unit")
    assert at in (7, 8)  # the map ends a little beyond its last time step
    dot, place = tab.page.evaluate(
        """at => {
            const root = document.querySelector('.st-key-hidden-trajectories-2-D');
            const chart = root.querySelector('.js-plotly-plot');
            const { xaxis, yaxis } = chart._fullLayout, { x, y } = chart.layout.meta.path;
            const dot = root.querySelector('.rnnviz-plot-overlay b').style;
            return [[parseFloat(dot.left), parseFloat(dot.top)],
                    [xaxis._offset + xaxis.d2p(x[at]), yaxis._offset + yaxis.d2p(y[at])]];
        }""",
        at,
    )
    assert dot == pytest.approx(place, abs=0.01)
    chart = tab.page.locator(".st-key-hidden-trajectories-2-D .js-plotly-plot").bounding_box()
    tab.page.mouse.move(chart["x"] + place[0] + 1, chart["y"] + place[1] + 1)
    cursor(tab, "hidden heat map")  # some time step whose state lies there
    tab.check()


def test_in_space_a_point_moves_along_the_path(server, visit):
    tab = opened(server, visit, "hidden_states", 3, "&dims=3-D")
    box = area(tab, "hidden heat map")
    tab.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    last = """document.querySelector('.st-key-hidden-trajectories-3-D .js-plotly-plot')?.data?.at(-1)"""
    tab.page.wait_for_function(f"() => {last}?.x.length === 1")
    at = cursor(tab, "hidden heat map")
    path = tab.page.evaluate(
        "document.querySelector('.st-key-hidden-trajectories-3-D .js-plotly-plot').layout.meta.path"
    )
    assert [tab.page.evaluate(f"{last}.{axis}[0]") for axis in "xyz"] == [path[axis][at] for axis in "xyz"]
    tab.page.mouse.move(2, 2)
    tab.page.wait_for_function(f"() => {last}?.x.length === 0")
    places = zip(*(path[axis] for axis in "xyz"), strict=True)
    rows = numbers(tab, "hidden trajectories 3-D")
    assert rows[0][0] == "trace" and [name[:4] for name in rows[0][1:]] == ["PC 1", "PC 2", "PC 3"]
    assert {tuple(place) for place in places} <= {tuple(map(float, row[1:])) for row in rows[1:]}
    tab.check()


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 390])
@pytest.mark.parametrize(("page", "count"), [("gates", 5), ("hidden_states", 3)])
def test_the_page_fits_its_window_beside_the_untrained_network(server, visit, page, count, width):
    tab = opened(server, visit, page, count, width=width, theme="dark" if width == 390 else "light")
    tab.page.locator(".st-key-transport-step button:visible").first.click()
    tab.page.get_by_text("beside the untrained network").wait_for()
    ready(tab, count + 1)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    tab.check()
    tab.screenshot(f"{page}-{width}")
