"""The microscope's panels in a real browser: every number in them can be redone, followed and changed."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np
import pytest
from edited_network import MODULES, network, sigmoid
from panels_page import load, open_page
from playwright.sync_api import expect


@pytest.fixture
def tab(visit):
    tab = open_page(visit)
    yield tab
    assert tab.errors == []


PICK = "([node, layer, t, unit]) => store.set({ node, layer, t, unit })"
TEXTS = """lines => lines.map(line => { const copy = line.cloneNode(true);
    copy.querySelectorAll("small").forEach(label => label.remove()); return copy.textContent; })"""
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
NAMES = {"σ": sigmoid, "tanh": math.tanh, "max": max, "inf": math.inf, "NaN": math.nan}


def pick(tab, *place):
    tab.page.evaluate(PICK, list(place))


def computed(text):
    """What a line of arithmetic comes to, as a reader would work it out."""
    text = re.sub(r"·10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda found: "e" + found[1].translate(RAISED), text)
    text = text.replace("−", "-").replace("·", "*").replace("∞", "inf")
    return float(eval(text, {"__builtins__": {}}, NAMES))  # noqa: S307 (what our own page wrote)


def arithmetic(tab):
    """[(sign, text), ...] of the lines shown, from the formula with its numbers to the result."""
    texts = tab.page.locator(".arithmetic .line").evaluate_all(TEXTS)
    return [re.fullmatch(r"[^=≈]*([=≈]) (.*)", text).groups() for text in texts]


@pytest.mark.parametrize("cell", MODULES)
def test_the_arithmetic_can_be_redone_from_what_is_shown(tab, cell):
    net = network(cell, layers=2, both=True, units=9, inputs=7, seed=11)
    load(tab, net, "arithmetic.Arithmetic")
    found, _ = net.run()
    for layer, name in enumerate(net.names):
        for quantity in set(found[name]) - {"x"}:
            t, unit = (layer + 2) % 6, (3 * layer + len(quantity)) % 9
            pick(tab, quantity, layer, t, unit)
            lines = arithmetic(tab)
            _, result = lines[-1]
            assert computed(result) == pytest.approx(found[name][quantity][t, unit], rel=6e-4)
            assert len(lines) >= 2
            values = [computed(text) for _, text in lines]
            assert {f"{value:.4g}" for value in values} == {f"{computed(result):.4g}"}, lines
            signs = ["=" if a == pytest.approx(b, rel=1e-12) else "≈" for a, b in pairwise(values)]
            assert [sign for sign, _ in lines] == ["≈", *signs]  # "=" between what is equal as it is written


def test_exact_numbers_are_called_equal(tab):
    net = network("rnn_tanh", inputs=2, units=1, time=2)
    weights = {"weight_ih": [[0.5, -2.0]], "weight_hh": [[0.0]], "bias_ih": [0.25], "bias_hh": [0.0]}
    net.weights["l0"] = {kind: np.array(numbers) for kind, numbers in weights.items()}
    net.initial["l0"]["h"][:] = 0
    net.x[:] = [3.0, 0.125]
    load(tab, net, "arithmetic.Arithmetic")
    pick(tab, "a", 0, 0, 0)
    assert arithmetic(tab)[0] == ("=", "0.5·3 − 2·0.125 + 0.25 + 0·0 + 0")
    assert arithmetic(tab)[-1] == ("=", "1.5")
    pick(tab, "h", 0, 0, 0)
    assert arithmetic(tab) == [("≈", "tanh(1.5)"), ("≈", "0.9051")]


def test_all_terms_stand_in_a_table_and_add_up(tab):
    net = network("lstm", units=40, inputs=30, seed=2)
    load(tab, net, "arithmetic.Arithmetic")
    found, _ = net.run()
    pick(tab, "f", 0, 3, 7)
    panel = tab.page.locator(".arithmetic")
    assert "37 more" in panel.inner_text() and "27 more" in panel.inner_text()
    panel.get_by_role("button", name="All 70 terms").click()
    row = 40 + 7  # of torch's weight: the block of f comes second
    for k, (weight, value) in enumerate(
        [("weight_ih", net.x[3]), ("weight_hh", found["l0"]["h"][2])],
    ):
        table = panel.locator("table").nth(k)
        cells = table.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
        )
        products = {}
        for name, *numbers in cells:
            column = int(re.search(r", (\d+)]", name)[1])
            w, x, product = map(computed, numbers)
            assert (w, x) == pytest.approx((net.weights["l0"][weight][row, column], value[column]), rel=6e-4)
            assert product == pytest.approx(w * x, rel=2e-3)
            products[column] = product
        assert len(products) == len(value)
        assert [abs(p) for p in products.values()] == sorted(map(abs, products.values()), reverse=True)
        total = computed(table.locator("tfoot td").last.inner_text())
        assert total == pytest.approx(net.weights["l0"][weight][row] @ value, rel=6e-4)
        assert sum(products.values()) == pytest.approx(total, abs=5e-4)


def looked_at(tab):
    return tab.page.evaluate("[store.node, store.layer, store.t, store.unit]")


def number(tab, title):
    return tab.page.locator(f'.arithmetic .line button.n[title^="{title}"]').first


def test_a_number_can_be_followed_to_the_input(tab):
    net = network("lstm", layers=2, both=True, units=3, inputs=2)
    load(tab, net, "arithmetic.Arithmetic")
    pick(tab, "h", 3, 2, 1)  # the reverse direction of the upper layer
    number(tab, "o₂[1]").click()
    assert looked_at(tab) == ["o", 3, 2, 1]
    number(tab, "h₃[0]").click()  # of a reverse layer the state before is that of the next time step
    assert looked_at(tab) == ["h", 3, 3, 0]
    number(tab, "c₃[0]").click()
    number(tab, "i₃[0]").focus()
    tab.page.keyboard.press("Enter")
    below = tab.page.locator(".arithmetic .line button.n[title^='h₃[2]']").first
    below.click()
    assert looked_at(tab)[0] == "h" and looked_at(tab)[1] in (0, 1)
    layer = looked_at(tab)[1]
    number(tab, "o₃[2]").click()
    number(tab, "x₃[1]").click()
    text = tab.page.locator(".arithmetic").inner_text()
    assert "Given: what the network reads at time step 3." in text
    assert f"{net.x[3, 1]:.4g}".replace("-", "−") in text
    crumbs = tab.page.get_by_role("navigation", name="Numbers you came from").get_by_role("button")
    assert crumbs.all_inner_texts()[-1] == "o₃[2]"
    crumbs.last.click()
    assert looked_at(tab) == ["o", layer, 3, 2]
    pick(tab, "h_prev", 0, 0, 1)
    expect(tab.page.locator(".arithmetic")).to_contain_text("before the first time step")


PARTS = """async ([layer, quantity, t, unit]) => {
    const { partsOf, splittable } = await import("/microscope/parts.js");
    const { sum } = splittable(store.pass.description).find(each => each.quantity === quantity);
    return partsOf(store.pass, layer, sum, t, unit); }"""


@pytest.mark.parametrize("cell", MODULES)
def test_the_parts_of_a_gate_are_its_pre_activation(tab, cell):
    net = network(cell, layers=2, seed=4)
    load(tab, net, "split.Split")
    found, _ = net.run()
    names = {"rnn_tanh": "a", "lstm": "ifgo"}.get(cell, "rzn")
    for layer, name in enumerate(net.names):
        w, rows = net.weights[name], found[name]
        for k, quantity in enumerate(names):
            t, unit, at = 4, 2, 4 * k + 2
            h = rows["h"][t - 1]
            factor = 1.0
            if cell == "gru_before" and quantity == "n":
                h = rows["r"][t] * h
            if cell == "gru" and quantity == "n":
                factor = rows["r"][t, unit]
            parts = tab.page.evaluate(PARTS, [layer, quantity, t, unit])
            assert parts["input"] == pytest.approx(w["weight_ih"][at] @ rows["x"][t], abs=1e-5)
            assert parts["recurrent"] == pytest.approx(factor * (w["weight_hh"][at] @ h), abs=1e-5)
            assert parts["bias"] == pytest.approx(w["bias_ih"][at] + factor * w["bias_hh"][at], abs=1e-5)
            squash = {"a": lambda a: a, "g": np.tanh, "n": np.tanh}.get(quantity, sigmoid)
            assert squash(sum(parts.values())) == pytest.approx(rows[quantity][t, unit], abs=1e-5)


def test_the_split_says_what_it_draws_and_moves_the_time(tab):
    net = network("lstm", time=12, seed=1)
    load(tab, net, "split.Split")
    pick(tab, "o", 0, 5, 1)
    reading = tab.page.locator(".split .reading")
    parts = [computed(found) for found in re.findall(r"(?:part|biases|sum) ([−0-9.]+)", reading.inner_text())]
    assert len(parts) == 4 and sum(parts[:3]) == pytest.approx(parts[3], abs=2e-3)
    slider = tab.page.get_by_role("slider", name="The parts of a pre-activation over time")
    slider.focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("PageDown")
    tab.page.keyboard.press("End")
    assert looked_at(tab) == ["o", 0, 11, 1]
    assert slider.get_attribute("aria-valuenow") == "11" and "t = 11" in slider.get_attribute("aria-valuetext")
    drawn = tab.page.locator(".split canvas").evaluate(
        "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    )
    assert drawn > 20
    tab.page.get_by_label("Gate").select_option("g")
    assert looked_at(tab)[0] == "g"


def browser_states(tab, name="h", layer=0):
    return tab.page.evaluate("([name, layer]) => Array.from(store.pass.states(layer, name))", [name, layer])


def test_numbers_are_changed_by_hand(tab):
    net = network("gru", layers=2, seed=9)
    load(tab, net, "arithmetic.Arithmetic", "edits.Edits")
    panel = tab.page.locator(".edits")
    field, choice = panel.get_by_label("New value", exact=True), panel.get_by_label("What to change")
    recorded = browser_states(tab)

    pick(tab, "h", 0, 2, 1)
    field.fill("-1.5")
    state = {"kind": "state", "layer": 0, "name": "h", "t": 2, "unit": 1, "value": -1.5}
    np.testing.assert_allclose(browser_states(tab, layer=1), net.run([state])[0]["l1"]["h"].ravel(), atol=1e-5)
    assert "Largest change" in panel.inner_text() and " → " in panel.locator(".outputs").inner_text()

    field.fill("-1.5e")  # typed wrongly: said, kept, and nothing else happens
    expect(panel.get_by_role("alert")).to_contain_text("“-1.5e” is no number")
    assert field.input_value() == "-1.5e" and field.get_attribute("aria-invalid") == "true"
    for wrong, said in (("0,5", "with a point: 0.5"), ("1e999", "too large"), (" ", "Type a number")):
        field.fill(wrong)
        assert said in panel.get_by_role("alert").inner_text() and field.input_value() == wrong
    field.fill("1e30")
    np.testing.assert_allclose(
        browser_states(tab, layer=1), net.run([{**state, "value": 1e30}])[0]["l1"]["h"].ravel(), rtol=1e-5, atol=1e-6
    )
    expect(panel.get_by_role("list")).to_contain_text("1·10³⁰")

    pick(tab, "z", 0, 3, 0)
    choice.select_option(label="z z of all units, at all time steps, layer l0")
    field.fill("0.125")
    clamp = {"kind": "clamp", "layer": 0, "gate": "z", "unit": None, "value": 0.125}
    both = [{**state, "value": 1e30}, clamp]
    np.testing.assert_allclose(browser_states(tab), net.run(both)[0]["l0"]["h"].ravel(), rtol=1e-5, atol=1e-6)
    expect(tab.page.locator(".arithmetic")).to_contain_text("set by hand")

    panel.get_by_label("These weights in a").select_option(label="GRU, reset before")
    other = [*both, {"kind": "formula", "cell": "gru_before"}]
    np.testing.assert_allclose(browser_states(tab), net.run(other)[0]["l0"]["h"].ravel(), rtol=1e-5, atol=1e-6)

    hold = panel.get_by_role("button", name="Original (hold)")
    hold.focus()
    tab.page.keyboard.down(" ")
    assert browser_states(tab) == recorded
    tab.page.keyboard.up(" ")
    assert browser_states(tab) != recorded
    panel.get_by_role("button", name="Undo").click()
    np.testing.assert_allclose(browser_states(tab), net.run(both)[0]["l0"]["h"].ravel(), rtol=1e-5, atol=1e-6)
    panel.get_by_role("button", name="Remove: h h₂[1], layer l0").click()
    np.testing.assert_allclose(browser_states(tab), net.run([clamp])[0]["l0"]["h"].ravel(), rtol=1e-5, atol=1e-6)
    panel.get_by_role("button", name="Remove all").click()
    assert browser_states(tab) == recorded and tab.page.evaluate("store.pass === store.original")


def test_what_a_change_does_is_said(tab):
    net = network("lstm", layers=2, inputs=3, outputs=1, shape="seq→vec", seed=12)
    load(tab, net, "arithmetic.Arithmetic", "edits.Edits")
    panel = tab.page.locator(".edits")
    pick(tab, "c", 0, 2, 1)
    panel.get_by_label("New value", exact=True).fill("5")
    edit = {"kind": "state", "layer": 0, "name": "c", "t": 2, "unit": 1, "value": 5.0}
    (before, output), (after, changed) = net.run(), net.run([edit])
    most = (0,)
    for name in net.names:
        for quantity in ("h", "c", *"ifgo"):
            size = abs(after[name][quantity] - before[name][quantity])
            if (name, quantity) == ("l0", "c"):
                size[2, 1] = 0  # set by hand
            t, unit = np.unravel_index(size.argmax(), size.shape)
            most = max(most, (size[t, unit], name, quantity, int(t), int(unit)))
    _, name, quantity, t, unit = most
    said = panel.locator(".largest").inner_text()
    assert f"{quantity}{str(t).translate(LOWERED)}[{unit}], layer {name}" in said
    numbers = [computed(text) for text in re.search(r", (\S+) → (\S+)\.$", said).groups()]
    assert numbers == pytest.approx([before[name][quantity][t, unit], after[name][quantity][t, unit]], rel=6e-4)
    numbers = [computed(text) for text in re.findall(r"[−.0-9]+\d", panel.locator(".outputs").inner_text()[4:])]
    assert numbers[-2:] == pytest.approx([output[0, 0], changed[0, 0]], rel=6e-4)

    choice = panel.get_by_label("What to change")
    start = net.initial["l0"]["c"][1]
    choice.select_option(label="c[1] before the first time step, layer l0")
    assert float(panel.get_by_label("New value", exact=True).input_value()) == pytest.approx(start, rel=1e-5)
    pick(tab, "h", 0, 4, 0)
    number(tab, "o₄[0]").click()
    number(tab, "x₄[2]").click()
    tab.page.evaluate("store.set({ t: 5 })")  # the same input, one time step on
    expect(choice.locator("option:checked")).to_have_text("input x₅[2]")
    assert float(panel.get_by_label("New value", exact=True).input_value()) == pytest.approx(net.x[5, 2], rel=1e-5)


def test_a_weight_of_the_arithmetic_is_offered(tab):
    net = network("lstm", units=3, inputs=2, seed=6)
    load(tab, net, "arithmetic.Arithmetic", "edits.Edits")
    pick(tab, "f", 0, 4, 2)
    number(tab, "W_hf[2, 1]").click()
    panel = tab.page.locator(".edits")
    expect(panel.get_by_label("What to change").locator("option:checked")).to_have_text("weight W_hf[2, 1]")
    slider = panel.get_by_label("New value, slider")
    slider.focus()
    tab.page.keyboard.press("End")
    value = float(panel.get_by_label("New value", exact=True).input_value())
    edit = {"kind": "weight", "layer": 0, "weight": "weight_hh", "row": 5, "column": 1, "value": value}
    np.testing.assert_allclose(browser_states(tab, "c"), net.run([edit])[0]["l0"]["c"].ravel(), atol=1e-5)


@pytest.mark.parametrize("size", [{"time": 4, "units": 2, "inputs": 2}, {"time": 30, "units": 16, "inputs": 20}])
@pytest.mark.parametrize("cell", MODULES)
def test_by_hand_fits_one_page(tab, cell, size):
    net = network(cell, seed=8, **size)
    load(tab, net, "byhand.ByHand", by_hand={"href": "?H=2&T=4", "label": "Open a small one"})
    panel = tab.page.locator(".byhand")
    larger = panel.get_by_role("link", name="Open a small one")
    expect(larger).to_have_count(int(size["units"] > 2))
    found, _ = net.run()
    quantities = [name for name in found["l0"] if name != "x"]
    rows = panel.locator("tr.equation")
    expect(rows).to_have_count(2 * len(quantities))
    for row in rows.all():
        quantity, unit = re.match(r"(\w+)\[(\d)]", row.locator("th").inner_text()).groups()
        results = [computed(text.lstrip("≈= ")) for text in row.locator("td b").all_inner_texts()]
        assert results == pytest.approx(found["l0"][quantity][:4, int(unit)], rel=6e-4)
    tab.page.evaluate("window.print = () => { window.printed = true; }")
    panel.get_by_role("button", name="Print on one page").click()
    assert tab.page.evaluate("window.printed")
    pdf = tab.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    width, height = map(float, re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups())
    assert (width, height) == pytest.approx((842, 595), abs=1)  # A4, on its side, in points
    tab.page.wait_for_function("() => !document.querySelector('.rnnviz-print')")


def test_panels_stand_the_smallest_networks(tab):
    for cell in MODULES:
        net = network(cell, time=1, units=1, inputs=1, outputs=1)
        load(tab, net, "arithmetic.Arithmetic", "split.Split", "edits.Edits", "byhand.ByHand")
        pick(tab, "h", 0, 0, 0)
        assert arithmetic(tab)
        edit = {"kind": "input", "t": 0, "index": 0, "value": 1e30}
        tab.page.evaluate("edit => store.set({ pass: Pass.edited(recording, [edit]) })", edit)
        assert browser_states(tab) == pytest.approx(net.run([edit])[0]["l0"]["h"].ravel(), abs=1e-6)
        expect(tab.page.locator(".byhand")).to_contain_text("1·10³⁰")
        tab.page.evaluate("document.querySelector('main').replaceChildren()")
