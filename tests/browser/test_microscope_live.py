"""The page Microscope on a run that trains: its numbers are that run's, and what one looks at stays."""

from __future__ import annotations

import math
import time

import pytest
from playwright.sync_api import expect

from rnnviz.app.settings import from_query
from rnnviz.training import advance, observe, start

ROOT = ".rnnviz-microscope"
QUERY = {"task": "adding", "T": "12", "H": "8", "B": "4", "lr": "0.01", "seed": "5"}
SENT = f"document.querySelector('{ROOT} .main .legend')?.textContent ?? ''"
CHOSEN = """words => [...document.querySelectorAll('[data-testid=stSelectbox]')].some(
    box => box.innerText.trim() === words || box.querySelector('input')?.value === words)"""
QUICK = 1.0  # seconds, from the click on the page's name to the first picture of a run that exists


def address(server, page="microscope", **more):
    return server.address(f"{page}?" + "&".join(f"{key}={value}" for key, value in {**QUERY, **more}.items()))


def shown(tab, step):
    tab.page.wait_for_function(f"() => ({SENT}).includes('Recorded at step {step}:')", timeout=90_000)
    tab.page.wait_for_timeout(100)


def trace(step, **more):
    config, notices = from_query({**QUERY, **more})
    assert not notices
    run = start(config)
    return observe(advance(run, steps=step) if step else run)


def numbers(tab):
    """quantity -> [unit, time step, text] of the boxes and ends of the diagram."""
    found = tab.page.evaluate(
        f"[...document.querySelectorAll('{ROOT} .item .number, {ROOT} .equations .number')]"
        ".map(each => [each.dataset.node, +each.dataset.unit, +each.dataset.time, each.textContent])"
    )
    return [each for each in found if len(each[0].removesuffix("_prev")) == 1 and each[0] != "x"]


def equal(text, value):
    written = float(text.replace("−", "-"))
    return abs(written - value) <= 0.51 * 10.0 ** (math.floor(math.log10(abs(value) or 1)) - 2)


@pytest.mark.parametrize("cell", ["lstm", pytest.param("gru", marks=pytest.mark.slow)])
def test_the_page_shows_the_run_itself(server, visit, cell):
    tab = visit()
    tab.page.goto(address(server, cell=cell, unit="3", t="6"))
    shown(tab, 0)
    compared = 0
    for step in (0, 1):
        if step:
            tab.page.get_by_test_id("stMain").get_by_role("button", name="Step", exact=False).first.click()
            shown(tab, step)
        told = trace(step, cell=cell)
        values = {**told.gates, **told.states}
        for name, unit, t, text in numbers(tab):
            past = name.endswith("_prev")
            value = values[name.removesuffix("_prev")][0, 0, t - past, unit]
            assert (unit, t) == (3, 6) and equal(text, value), (step, name, text, value)
            compared += 1
    assert compared >= 20
    tab.check()


@pytest.mark.slow
def test_while_it_trains_the_microscope_follows_and_what_is_looked_at_stays(server, visit):
    tab = visit()
    tab.page.goto(address(server, cell="lstm", unit="2", t="3"))
    shown(tab, 0)
    tab.page.locator(f"{ROOT} [data-key=f] .letter").click()
    tab.page.locator(ROOT).evaluate("element => { element.mark = 'kept' }")
    tab.page.evaluate(
        f"""window.steps = []; const look = () => {{
            const step = /step ([\\d,]+)/.exec({SENT})?.[1];
            if (step !== steps.at(-1)?.[0]) steps.push([step, performance.now()]);
            requestAnimationFrame(look); }}; look()"""
    )
    tab.page.get_by_test_id("stMain").get_by_role("button", name="Play", exact=False).first.click()
    tab.page.wait_for_function("() => steps.length > 4")
    times = [each[1] for each in tab.page.evaluate("steps")][1:]
    gaps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    assert min(gaps[1:]) > 600, gaps  # about one recording a second, give and take what the way takes
    expect(tab.page.locator(f"{ROOT}[data-time='3'][data-unit='2'] [data-key=f].picked .part")).to_have_count(5)
    assert tab.page.locator(ROOT).evaluate("element => element.mark") == "kept"
    tab.check()


def test_the_first_picture_comes_at_once_and_the_link_names_what_is_looked_at(server, visit):
    tab = visit()
    tab.page.goto(address(server, "train", cell="gru"))
    tab.page.wait_for_selector(".rnnviz-plot:not(.waiting)")
    tab.page.wait_for_timeout(1000)
    waits = []
    for _ in range(3):
        tab.page.locator("[data-testid=stTopNavSection]", has_text="See inside").click()
        link = tab.page.locator("[data-testid=stTopNavDropdownLink]", has_text="Microscope")
        link.wait_for()
        began = time.monotonic()
        link.click()
        tab.page.wait_for_selector(f"{ROOT}[data-draws] svg")
        waits.append(time.monotonic() - began)
        if len(waits) == 3:
            break
        tab.page.locator("[data-testid=stTopNavLink]", has_text="Train").click()
        tab.page.wait_for_selector(ROOT, state="detached")
        tab.page.wait_for_timeout(500)
    print(f"first picture, seconds: {waits}")
    assert min(waits) < QUICK
    tab.page.locator(f"{ROOT} .item[tabindex='0']").focus()
    for key in ("n", "n", "u"):
        tab.page.keyboard.press(key)
    tab.page.wait_for_function("() => location.search.includes('t=2') && location.search.includes('unit=1')")
    tab.check()


@pytest.mark.slow
def test_a_number_that_is_followed_to_the_layer_below_takes_the_page_along(server, visit):
    tab = visit()
    tab.page.goto(address(server, cell="gru", layers="2", layer="1"))
    shown(tab, 0)
    tab.page.locator(f"{ROOT} [data-key=x] .number").click()
    tab.page.get_by_role("button", name="h₀[0]", exact=False).last.click()
    tab.page.wait_for_function("() => !location.search.includes('layer=')")
    tab.page.wait_for_function(CHOSEN, arg="Layer l0")
    tab.page.get_by_role("navigation", name="Numbers you came from").get_by_role("button").click()
    tab.page.wait_for_function("() => location.search.includes('layer=1')")
    tab.page.wait_for_function(CHOSEN, arg="Layer l1")
    said = tab.page.locator(f"{ROOT} .arithmetic .words")
    expect(said).to_contain_text("layer l1")
    tab.page.wait_for_timeout(1500)
    assert "layer l1" in said.inner_text(), "what comes back from the server moves nothing"
    tab.check()
