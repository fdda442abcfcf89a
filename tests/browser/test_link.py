"""The link is the experiment: it sets the controls, controls write it, and it survives pages, reloads and undo."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from rnnviz.app.settings import base, to_query

SCRIPT = "tests/browser/scripts/settings_page.py"


def query(tab):
    return {key: values[0] for key, values in parse_qs(urlsplit(tab.page.url).query).items()}


def wait_for_link(tab, **wanted):
    expression = " && ".join(f"new URL(location).searchParams.get({k!r}) === {v!r}" for k, v in wanted.items())
    tab.page.wait_for_function(expression)
    wait_for_settings(tab)


def wait_for_settings(tab):
    """Until the page says what its own link says."""
    tab.page.wait_for_function(
        """() => {
            const shown = [...document.querySelectorAll('[data-testid=stMain] code')].map(c => c.textContent)[0];
            const pairs = [...new URL(location).searchParams].filter(([k]) => k !== 'other').sort();
            const text = '[' + pairs.map(([k, v]) => `('${k}', '${v}')`).join(', ') + ']';
            return shown === text;
        }"""
    )
    tab.settled()


def number(tab, label):
    return tab.page.get_by_label(label, exact=True)


def change(tab, label, value):
    number(tab, label).fill(value)
    number(tab, label).press("Enter")


def choose(tab, label, option):
    tab.page.locator("[data-testid=stSelectbox]").filter(has_text=label).locator("input").click()
    tab.page.get_by_role("option", name=option, exact=True).click()


def slider(tab, label):
    return tab.page.get_by_role("slider", name=label)


@pytest.fixture
def arrive(server, visit):
    return lambda link="": visit(server.address(link))


def test_a_link_sets_the_controls_and_a_control_writes_the_link(arrive):
    tab = arrive("?task=adding&T=70&lr=0.0123&init=orthogonal&rho=0.9&other=stays")
    wait_for_settings(tab)
    expect(number(tab, "Length T")).to_have_value("70")
    expect(number(tab, "Spectral radius ρ")).to_have_value("0.9")
    expect(slider(tab, "Learning rate")).to_have_attribute("aria-valuetext", "0.0123")  # not one of the slider's own
    change(tab, "Length T", "80")
    wait_for_link(tab, T="80", lr="0.0123", rho="0.9", other="stays")
    slider(tab, "Hidden units").press("ArrowLeft")
    before = base("adding").hidden_size
    wait_for_link(tab, H=str(before // 2), T="80")
    tab.page.reload()
    wait_for_settings(tab)
    expect(number(tab, "Length T")).to_have_value("80")
    assert query(tab)["H"] == str(before // 2)


def test_controls_come_and_go_with_what_they_change(arrive):
    tab = arrive("?task=adding")
    wait_for_settings(tab)
    expect(number(tab, "Spectral radius ρ")).to_have_count(0)
    choose(tab, "Initialisation", "orthogonal")
    wait_for_link(tab, init="orthogonal")
    change(tab, "Spectral radius ρ", "0.5")
    wait_for_link(tab, rho="0.5")
    choose(tab, "Cell", "GRU")
    wait_for_link(tab, cell="gru", rho="0.5")
    expect(number(tab, "Forget bias")).to_have_count(0)
    expect(number(tab, "Update bias")).to_have_value("")
    change(tab, "Update bias", "1.5")
    wait_for_link(tab, bz="1.5")


def test_another_task_brings_its_settings(arrive):
    tab = arrive("?task=adding&T=70&seed=4")
    wait_for_settings(tab)
    choose(tab, "Task", "Sine mixture")
    wait_for_link(tab, task="sine", seed="4")
    assert query(tab) == to_query(base("sine", seed=4))
    expect(number(tab, "Length T")).to_have_value(str(base("sine").length))


def test_settings_survive_a_page_switch_the_back_button_and_undo(arrive):
    tab = arrive("?task=adding")
    wait_for_settings(tab)
    change(tab, "Length T", "80")
    wait_for_link(tab, T="80")
    tab.page.locator("[data-testid=stTopNavLink]").filter(has_text="Train").click()
    tab.page.wait_for_url(re.compile("/train"))
    wait_for_link(tab, T="80")
    expect(number(tab, "Length T")).to_have_value("80")
    change(tab, "Length T", "90")
    wait_for_link(tab, T="90")
    change(tab, "Batch size", "16")
    wait_for_link(tab, T="90", B="16")
    tab.page.go_back()
    tab.page.wait_for_function("() => !new URL(location).searchParams.has('B')")
    wait_for_settings(tab)
    expect(number(tab, "Length T")).to_have_value("90")
    tab.page.get_by_role("button", name="Undo").click()
    tab.page.wait_for_function("() => new URL(location).searchParams.get('B') === '16'")
    wait_for_settings(tab)
    expect(number(tab, "Batch size")).to_have_value("16")


def test_garbage_in_a_link_is_said_and_does_no_harm(arrive):
    tab = arrive("?task=adding&H=100000&lr=%3Cimg%20src%3Dx%3E&cell=perceptron&T=60")
    notices = tab.page.locator("[data-testid=stAlert]")
    expect(notices).to_have_count(3)
    assert "a whole number from 1 to 512" in "".join(notices.all_inner_texts())
    expect(tab.page.locator("[data-testid=stMain] img")).to_have_count(0)
    assert query(tab) == {"task": "adding", "T": "60"}


def test_two_visitors_have_settings_of_their_own(arrive):
    one, two = arrive("?task=adding&T=60"), arrive("?task=sine&T=33")
    for tab in (one, two):
        wait_for_settings(tab)
    change(one, "Length T", "61")
    wait_for_link(one, T="61")
    change(two, "Seed", "9")
    wait_for_link(two, T="33", seed="9")
    assert query(one)["T"] == "61" and "seed" not in query(one)


def test_the_link_can_be_copied(arrive):
    tab = arrive("?task=adding&T=80")
    wait_for_settings(tab)
    tab.page.get_by_role("button", name="Share").click()
    link = tab.page.locator("[data-testid=stCode] code").first.inner_text()
    assert link.startswith("http://127.0.0.1:") and link.endswith("?task=adding&T=80")


def test_quick_typing_is_not_overruled(arrive):
    """Two controls used before the server has answered the first keep both values."""
    tab = arrive("?task=adding")
    wait_for_settings(tab)
    change(tab, "Length T", "81")
    change(tab, "Batch size", "24")
    slider(tab, "Hidden units").press("ArrowRight")
    wait_for_link(tab, T="81", B="24", H=str(base("adding").hidden_size * 2))
    expect(number(tab, "Length T")).to_have_value("81")
    expect(number(tab, "Batch size")).to_have_value("24")
