"""The class page in a real browser: listed only when on, shut until the secret is typed, then it keeps up."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

SCRIPT = "tests/browser/scripts/class_page.py"
SECRET = "correct horse"


def links(tab):
    return [each.inner_text().splitlines()[-1] for each in tab.page.locator("[data-testid=stTopNavLink]").all()]


def metric(tab, label):
    return tab.page.locator("[data-testid=stMetric]").filter(has_text=label).locator("[data-testid=stMetricValue]")


@pytest.mark.slow
def test_off_it_is_not_listed_and_its_address_shows_nothing(start_server, visit):
    server = start_server("app.py")  # its first request: Streamlit may run the page's file without app.py
    tab = visit()
    tab.page.goto(server.address("class"))
    tab.page.locator("h1").first.wait_for()
    for _ in range(2):
        assert "Class" not in links(tab)
        expect(tab.page.locator("[data-testid=stDataFrame], input[type=password]")).to_have_count(0)
        assert "up for" not in tab.page.locator("[data-testid=stMain]").inner_text()
        tab.page.reload()
        tab.page.locator("h1").first.wait_for()
    tab.check()


def test_on_it_opens_as_the_first_request_and_waits_for_the_secret(start_server, visit):
    server = start_server("app.py", RNNVIZ_ADMIN=SECRET)
    tab = visit(server.address("class"))
    assert "Class" in tab.page.title() and "Class" in links(tab)
    expect(tab.page.locator("[data-testid=stMetric]")).to_have_count(0)
    tab.page.locator("input[type=password]").fill(SECRET)
    tab.page.get_by_role("button", name="Open").click()
    metric(tab, "Visitors").wait_for()
    tab.check()
    assert SECRET.split()[0] not in tab.page.url and SECRET not in server.log.read_text()
    other = visit(server.address("class"))
    expect(other.page.locator("[data-testid=stMetric]")).to_have_count(0)
    tab.page.reload()  # a new session: shut again
    tab.page.locator("input[type=password]").wait_for()


@pytest.mark.parametrize(("width", "theme"), [pytest.param(1280, "light", marks=pytest.mark.slow), (390, "dark")])
def test_it_keeps_up_and_fits(server, visit, width, theme):
    tab = visit(server.address(), width=width, theme=theme)
    tab.screenshot(f"class-shut-{width}-{theme}")
    tab.page.locator("input[type=password]").fill("wrong secret")
    tab.page.locator("input[type=password]").press("Enter")
    tab.page.get_by_text("That is not the secret").wait_for()
    tab.page.locator("input[type=password]").fill(SECRET)
    tab.page.locator("input[type=password]").press("Enter")
    metric(tab, "Playing").wait_for()
    first = int(metric(tab, "Playing").inner_text())
    tab.page.wait_for_function(
        "first => [...document.querySelectorAll('[data-testid=stMetric]')]"
        ".some(each => each.innerText.startsWith('Playing') && parseInt(each.innerText.split('\\n').pop()) > first)",
        arg=first,
        timeout=10_000,
    )
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    tab.check()
    tab.screenshot(f"class-{width}-{theme}")
