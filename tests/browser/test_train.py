"""What a learner does, in a real browser on real workers: train, pause, step, change pages, bring a file."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from rnnviz.data.sample import sample_csv

SMALL = "train?task=adding&T=10&H=8&B=8"
SLOW = pytest.mark.slow
REST = ("", "gradients", "your_data")


def shown(tab, label: str) -> str:
    """The value of the metric of that label."""
    metric = tab.page.locator("[data-testid=stMetric]").filter(has=tab.page.get_by_text(label, exact=True)).first
    return metric.locator("[data-testid=stMetricValue]").inner_text()


def step(tab) -> int:
    return int(shown(tab, "Step").replace(",", ""))


def wait_for_pictures(tab, count: int = 6) -> None:
    tab.page.wait_for_function(f"() => document.querySelectorAll('.main-svg').length >= {count}")


def wait_for_step(tab, condition: str) -> None:
    tab.page.wait_for_function(
        f"""() => {{
            const metrics = [...document.querySelectorAll('[data-testid=stMetric]')];
            const metric = metrics.find(each => /^Step$/m.test(each.innerText));
            if (!metric) return false;
            const step = Number(metric.querySelector('[data-testid=stMetricValue]')?.innerText.replace(/,/g, ''));
            return {condition};
        }}"""
    )


def press(tab, name: str) -> None:
    tab.page.get_by_role("button", name=name).first.click()


def pause(tab) -> int:
    """Pause; the step at which the run says that it is paused."""
    press(tab, "Pause")
    tab.page.locator("[data-testid=stMetricValue]").get_by_text("paused", exact=True).wait_for()
    tab.page.wait_for_timeout(1000)  # the number beside it is drawn after it
    return step(tab)


def test_play_pause_step_and_start_over(server, visit):
    tab = visit()
    tab.page.goto(server.address(SMALL))
    wait_for_pictures(tab)
    assert step(tab) == 0
    press(tab, "Play")
    wait_for_step(tab, "step > 20")
    paused = pause(tab)
    tab.page.wait_for_timeout(1500)
    assert step(tab) == paused
    press(tab, "Step")
    wait_for_step(tab, f"step === {paused + 1}")
    press(tab, "Start over")
    wait_for_step(tab, "step === 0")
    tab.check()


def test_keys_do_what_buttons_do(server, visit):
    tab = visit()
    tab.page.goto(server.address(SMALL))
    wait_for_pictures(tab)
    tab.page.get_by_role("button", name="Step").first.wait_for()  # it is the button that hears the key
    tab.page.wait_for_timeout(500)
    tab.page.locator("h1").click()
    tab.page.keyboard.press("ArrowRight")
    wait_for_step(tab, "step === 1")
    tab.page.keyboard.press("Space")
    wait_for_step(tab, "step > 5")
    tab.page.keyboard.press("Space")
    tab.page.wait_for_timeout(1000)
    paused = step(tab)
    tab.page.wait_for_timeout(1000)
    assert step(tab) == paused


@pytest.mark.slow
def test_a_run_survives_a_change_of_page_and_visitors_do_not_meet(server, visit):
    first, second = visit(), visit()
    for tab in (first, second):
        tab.page.goto(server.address(SMALL))
        wait_for_pictures(tab)
    press(first, "Play")
    wait_for_step(first, "step > 10")
    reached = pause(first)
    assert step(second) == 0
    links = first.page.locator("[data-testid=stTopNavLink]")
    links.filter(has_text="Home").first.click()
    first.page.wait_for_function("() => document.title.includes('Home')")
    links.filter(has_text="Train").first.click()
    first.page.wait_for_function("() => document.title.includes('Train')")
    wait_for_step(first, f"step === {reached}")
    assert step(second) == 0


def test_a_file_is_trained_on_within_three_clicks(server, visit):
    """Choosing the file is one click, training on it the second; the first picture comes by itself."""
    tab = visit(server.address("your_data"))
    tab.page.set_input_files("input[type=file]", {"name": "s.csv", "mimeType": "text/csv", "buffer": sample_csv()})
    press(tab, "Train on it")
    tab.page.wait_for_function("() => document.title.includes('Train')")
    wait_for_pictures(tab)
    assert "task=uploaded" in tab.page.url
    press(tab, "Play")
    wait_for_step(tab, "step > 5")
    tab.check()


def test_nothing_from_a_file_becomes_markup(server, visit):
    evil = "<img src=x onerror=document.title='owned'>"
    rows = "\n".join(f"{k},{k % 7},text {evil}" for k in range(400))
    content = f"[a](javascript:alert(1)) {evil},**b**,c\n{rows}\n".encode()
    tab = visit(server.address("your_data"))
    tab.page.set_input_files("input[type=file]", {"name": f"{evil}.csv", "mimeType": "text/csv", "buffer": content})
    tab.page.get_by_role("button", name="Train on it").wait_for()
    wait_for_pictures(tab, 1)
    tab.page.wait_for_timeout(500)
    assert "owned" not in tab.page.title()
    expect(
        tab.page.locator("[data-testid=stMain] img[src=x], [data-testid=stMain] a[href^='javascript']")
    ).to_have_count(0)
    tab.check()


@pytest.mark.parametrize(("theme", "width"), [
    ("dark", 390),
    *(pytest.param(theme, width, marks=SLOW) for theme, width in (("light", 390), ("light", 1280), ("dark", 1280))),
])  # fmt: skip
@pytest.mark.parametrize("name", ["train", "compare", *(pytest.param(name, marks=SLOW) for name in REST)])
def test_every_page_fits_its_window(server, visit, name, theme, width):
    tab = visit(width=width, theme=theme)
    tab.page.goto(server.address(name))
    if name == "your_data":
        tab.page.get_by_role("button", name="Sample CSV").wait_for()
    else:
        wait_for_pictures(tab, 3)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    box = tab.page.locator("[data-testid=stMainBlockContainer]").bounding_box()
    for picture in tab.page.locator(".main-svg").all():
        inner = picture.bounding_box()
        if inner is None:  # plotly's hidden layers
            continue
        assert inner["x"] >= box["x"] and inner["x"] + inner["width"] <= box["x"] + box["width"] + 1
    tab.check()
    tab.screenshot(f"{name or 'home'}-{theme}-{width}")
