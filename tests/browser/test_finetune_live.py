"""Fine-tuning in a real browser: a run is chosen, learns something else beside a new network, and opens on Train."""

from __future__ import annotations

import pytest

sync_api = pytest.importorskip("playwright.sync_api", exc_type=ImportError)

STEPS = """() => [...document.querySelectorAll('[data-testid=stMetric]')]
    .filter(each => each.querySelector('label')?.innerText.trim() === 'Step')
    .map(each => each.querySelector('[data-testid=stMetricValue]')?.innerText)"""


def choose(page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).first.click()


@pytest.mark.slow
def test_a_run_is_fine_tuned_beside_one_from_scratch(server, visit):
    page = visit().page
    page.goto(server.address("train?task=sine&T=10&H=8&B=8&stop=step:60"))
    page.wait_for_function("() => document.querySelectorAll('.main-svg').length >= 6")
    page.locator("[class*='st-key-transport-play'] button:visible").first.click()
    page.get_by_text("Saved at step 60.").wait_for()
    page.goto(server.address("finetune"))
    choose(page, "Begin with", "Sine mixture, LSTM, seed 0, step 60")
    choose(page, "New data", "Mackey-Glass series")
    page.get_by_text("gives recurrent layers and readout.").wait_for()
    sync_api.expect(page.get_by_role("combobox", name="Begin with")).to_have_value(
        "Sine mixture, LSTM, seed 0, step 60"
    )
    page.locator("[class*='st-key-transport-play'] button:visible").first.click()
    page.wait_for_function(f"() => ({STEPS})().join() === '300,300'", timeout=60_000)
    page.get_by_text("The best held-out loss from scratch").wait_for()
    page.get_by_role("button", name="Fine-tuned on Train").click()
    page.wait_for_function(f"() => ({STEPS})().join() === '300'")
    page.get_by_text("It began with the weights of Sine mixture, LSTM, seed 0, step 60.").wait_for()
    assert "start=" in page.url and "task=mackey_glass" in page.url
