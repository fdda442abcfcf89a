"""The live bench in a real browser: one button that follows the run, keys, menus, looking back, forks, reloads."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

sync_api = pytest.importorskip("playwright.sync_api", exc_type=ImportError)

SMALL = "train?task=adding&T=10&H=8&B=8"
EXPLODES = f"{SMALL}&cell=rnn_tanh&lr=0.1&clip=off&stop=grad_norm_above:8"
METRIC = """[...document.querySelectorAll('[data-testid=stMetric]')]
    .find(each => each.querySelector('label')?.innerText.trim() === '%s')
    ?.querySelector('[data-testid=stMetricValue]')?.innerText"""


class Bench:
    def __init__(self, tab, address: str) -> None:
        self.tab, self.page = tab, tab.page
        self.page.goto(address)
        self.page.wait_for_function("() => document.querySelectorAll('.main-svg').length >= 6")
        self.waits("Run", "paused")

    def waits(self, label: str, value: str) -> None:
        self.page.wait_for_function(f"() => {METRIC % label} === {value!r}")

    def reads(self, label: str) -> str:
        return str(self.page.evaluate(METRIC % label))

    def button(self, key: str):
        return self.page.locator(f"[class*='st-key-{key.replace(' ', '-')}'] button:visible").first

    def place(self, key: str) -> tuple[float, float]:
        box = self.page.locator(f".st-key-{key.replace(' ', '-')}").first.bounding_box()
        return round(box["x"]), round(box["y"])

    def says(self, key: str, words: str) -> None:
        self.page.locator(f".st-key-{key}").get_by_text(words).first.wait_for()

    def rests(self, label: str = "Play") -> None:
        """Until the one button says so, by itself."""
        self.button("transport play").filter(has_text=label).wait_for()


def shows(where, label: str, value: str) -> None:
    """A number control comes to show the value."""
    sync_api.expect(where.get_by_role("spinbutton", name=label)).to_have_value(value, timeout=10_000)


@pytest.fixture
def bench(server, visit):
    def open_bench(link: str = SMALL, **window) -> Bench:
        return Bench(visit(**window), server.address(link))

    return open_bench


@pytest.mark.parametrize("width", [1280, pytest.param(390, marks=pytest.mark.slow)])
def test_a_breakpoint_fires_the_button_follows_and_nothing_moves(bench, width):
    bench = bench(EXPLODES, width=width)
    before = [bench.place(key) for key in ("transport play", "transport step", "timeline", "numbers")]
    bench.button("transport play").click()
    bench.says("said", "The gradient norm rose above 8 at step")
    bench.rests()
    after = [bench.place(key) for key in ("transport play", "transport step", "timeline", "numbers")]
    assert after == before
    assert bench.page.evaluate("document.documentElement.scrollWidth") <= width
    bench.tab.check()
    bench.tab.screenshot(f"breakpoint-{width}", full=False)
    bench.button("said fork").click()
    bench.says("beside", "Dashed:")
    bench.page.wait_for_function(
        "() => [...document.querySelectorAll('.legendtext')].some(e => e.textContent === 'parent')"
    )
    assert bench.page.evaluate("document.documentElement.scrollWidth") <= width
    bench.tab.check()


def test_keys(bench):
    bench = bench()
    bench.page.locator("h1").click()
    bench.page.keyboard.press("ArrowRight")
    bench.waits("Step", "1")
    bench.button("transport play").click()
    bench.rests("Pause")
    bench.page.keyboard.press("Space")  # with the focus on the button, which would press it a second time
    bench.rests()
    bench.page.wait_for_function(
        f"() => {METRIC % 'Run'} === 'paused' && Number(({METRIC % 'Step'}).replace(',', '')) > 1"
    )
    bench.page.wait_for_timeout(600)
    step = bench.reads("Step")
    bench.page.wait_for_timeout(600)
    assert bench.reads("Step") == step
    bench.page.keyboard.press("ArrowLeft")
    bench.page.wait_for_function(f"() => / of {step}$/.test({METRIC % 'Step'})")
    bench.page.locator("[data-testid=stWidgetLabel]").get_by_text(f"of {step}").wait_for()
    bench.page.keyboard.press("ArrowRight")  # to now, and no training
    bench.waits("Step", step)
    bench.page.get_by_label("Seed", exact=True).focus()
    bench.page.keyboard.press("ArrowRight")
    bench.page.keyboard.press("Space")
    bench.page.wait_for_timeout(800)
    assert bench.reads("Step") == step
    bench.tab.check()


@pytest.mark.slow
def test_steps_by_the_ten_and_a_speed(bench):
    bench = bench()
    bench.button("speed").click()
    bench.page.get_by_role("radio", name="10", exact=True).or_(bench.page.get_by_text("10", exact=True)).first.click()
    bench.page.get_by_role("slider", name="Steps per second").press("Home")
    bench.page.keyboard.press("Escape")
    bench.says("said", "At most 1 step a second.")
    bench.button("transport play").click()
    bench.rests("Pause")
    bench.page.wait_for_timeout(3000)
    bench.button("transport play").click()
    bench.rests()
    bench.waits("Run", "paused")
    assert 1 <= int(bench.reads("Step")) <= 8
    bench.tab.check()


@pytest.mark.slow
def test_menus_show_what_is_set_and_opening_them_sets_nothing(bench):
    bench = bench(f"{SMALL}&stop=step:40,plateau:500")
    link = unquote(bench.page.url)
    bench.button("stops").click()
    body = bench.page.locator("[data-testid=stPopoverBody]")
    shows(body, "Run until step", "40")
    shows(body, "Training loss stays flat over", "500")
    shows(body, "Gradient norm rises above", "10")
    body.get_by_role("spinbutton", name="Run until step").fill("")
    bench.page.keyboard.press("Enter")
    bench.page.wait_for_function("() => !location.search.includes('step')")
    body.get_by_role("spinbutton", name="Run until step").fill("40")
    bench.page.keyboard.press("Enter")
    bench.page.wait_for_function("() => location.search.includes('step')")
    assert body.locator("input[type=checkbox]:checked, [role=switch][aria-checked=true]").count() == 1
    bench.page.keyboard.press("Escape")
    bench.button("transport play").click()
    bench.waits("Step", "40")
    bench.rests()
    bench.page.wait_for_function("() => location.search.includes('run=')")
    assert re.sub(r"&run=[\w-]+", "", unquote(bench.page.url)) == link
    bench.button("change menu").click()
    shows(body, "Batch size", "8")
    body.get_by_role("spinbutton", name="Batch size").fill("4")
    body.get_by_role("spinbutton", name="Batch size").press("Enter")
    body.get_by_role("button", name="From step 40 on").click()
    body.wait_for(state="detached")
    bench.says("said", "batch size 4 from step 40")
    bench.tab.check()


@pytest.mark.slow
def test_a_run_comes_back_after_a_reload_and_a_fork_with_its_parent(bench):
    bench = bench(f"{SMALL}&stop=step:120")
    bench.button("transport play").click()
    bench.waits("Step", "120")
    bench.rests()
    bench.button("timeline back").click()
    bench.waits("Step", "100 of 120")
    bench.button("fork menu").click()
    body = bench.page.locator("[data-testid=stPopoverBody]")
    body.get_by_role("spinbutton", name="Batch size").fill("4")
    body.get_by_role("spinbutton", name="Batch size").press("Enter")
    body.get_by_role("button", name="Fork at step 100").click()
    bench.says("beside", "Forked at step 100. Dashed:")
    bench.waits("Step", "100")
    bench.page.wait_for_function("() => location.search.includes('run=')")
    bench.page.reload()
    bench.waits("Step", "100")
    bench.says("beside", "Forked at step 100.")
    bench.button("transport play").click()
    bench.waits("Step", "120")
    bench.rests()
    bench.tab.check()


@pytest.mark.slow
def test_the_settings_stay_while_the_side_bar_is_folded(bench):
    """A folded side bar's controls are drawn late: they once sent their lowest values back."""
    bench = bench(f"{SMALL}&stop=step:30", width=390)
    bench.button("transport play").click()
    bench.waits("Step", "30")
    bench.page.locator("[data-testid=stExpandSidebarButton]").click()
    bench.page.get_by_role("spinbutton", name="Length T").wait_for()
    bench.page.wait_for_timeout(1000)
    shows(bench.page, "Length T", "10")
    assert "T=10" in bench.page.url and "H=8" in bench.page.url
    bench.tab.check()
