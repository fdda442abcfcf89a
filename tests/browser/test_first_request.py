"""Pages in a real browser: first requests, navigation, the frame."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from rnnviz.app.frame import PAGES

FILES = [file.removesuffix(".py") for file, *_ in PAGES]
OFTEN = {"train"}
BAR = [title for _, title, _, menu in PAGES if not menu]
MENUS = {menu: [title for _, title, _, here in PAGES if here == menu] for *_, menu in PAGES if menu}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in OFTEN else pytest.mark.slow) for name in FILES]
)
def test_a_page_opens_as_the_first_request_to_a_fresh_server(start_server, visit, name):
    """The `pages/` trap: Streamlit may run the page's file without app.py; nobody must notice."""
    server = start_server()
    tab = visit(server.address(name))
    title = next(title for file, title, *_ in PAGES if file == f"{name}.py")
    assert title in tab.page.title()
    links = tab.page.locator("[data-testid=stTopNavLink]")
    expect(links).to_have_count(len(BAR))
    assert [link.inner_text().splitlines()[-1] for link in links.all()] == BAR
    assert tab.page.locator("[data-testid=stTopNavSection]").all_inner_texts() == list(MENUS)
    assert tab.page.locator("h1").count() >= 1
    tab.page.reload()
    tab.settled()
    assert title in tab.page.title()
    # On to another page and back, within the same session.
    other = next(each for each in BAR if each != title)
    links.filter(has_text=other).first.click()
    tab.page.wait_for_function(f"() => document.title.includes({other!r})")
    tab.settled()
    tab.page.go_back()
    tab.page.wait_for_timeout(500)
    tab.settled()
    assert "libtorch" not in server.maps(), "the server process has loaded torch"
    tab.screenshot(f"page-{name}")


@pytest.mark.parametrize("menu", MENUS)
def test_a_menu_of_the_bar_lists_its_pages(server, visit, menu):
    tab = visit(server.address())
    tab.page.locator("[data-testid=stTopNavSection]", has_text=menu).click()
    links = tab.page.locator("[data-testid=stTopNavDropdownLink]")
    links.first.wait_for()
    assert [link.inner_text().splitlines()[-1] for link in links.all()] == MENUS[menu]
    links.last.click()
    tab.page.wait_for_function(f"() => document.title.includes({MENUS[menu][-1]!r})")


def test_an_unknown_page_is_answered_with_home(server, visit):
    tab = visit(server.address("nowhere"))
    expect(tab.page.get_by_text("Page not found")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_small_grey_print_can_be_read(server, visit, theme):
    """WCAG's contrast of a caption on the page, 4.5 to 1, which Streamlit's own theme misses."""
    tab = visit(server.address(), theme=theme)
    colours = tab.page.evaluate(
        """() => {
            const caption = document.querySelector('.st-key-footer [data-testid=stCaptionContainer] p');
            const read = (element, name) => getComputedStyle(element).getPropertyValue(name);
            return [read(caption, 'color'), read(caption.closest('[data-testid=stCaptionContainer]'), 'opacity'),
                    read(document.querySelector('[data-testid=stApp]'), 'background-color')];
        }"""
    )
    assert contrast(*colours) >= 4.5


def contrast(text: str, opacity: str, paper: str) -> float:
    """Contrast ratio of two CSS colours, the first laid over the second."""
    *front, alpha = [*map(float, re.findall(r"[\d.]+", text)), 1.0][:4]
    back = [float(part) for part in re.findall(r"[\d.]+", paper)][:3]
    alpha *= float(opacity)
    mixed = [alpha * f + (1 - alpha) * b for f, b in zip(front, back, strict=True)]
    high, low = sorted((luminance(mixed), luminance(back)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: list[float]) -> float:
    parts = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_phone_shows_no_sideways_scrolling(server, visit):
    tab = visit(server.address(), width=390)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390
    footer = tab.page.locator(".st-key-footer").bounding_box()
    title = tab.page.locator("h1").first.bounding_box()
    assert footer["y"] > title["y"]
    tab.screenshot("home-390")
