"""The unrolled network in a real browser: it unrolls, plays, is cut, told and taken along; nobody asks the server."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import expect

from rnnviz.app.unrolled import drawing, payload
from rnnviz.config import ExperimentConfig
from rnnviz.tasks import make_task
from rnnviz.training import advance, observe, start

SCRIPT = "tests/browser/scripts/unrolled_page.py"
ROOT = ".rnnviz-unrolled"
CASES = {
    "adding": {"task": "adding", "length": 20, "hidden_size": 6},
    "stack": {"task": "temporal_order", "length": 14, "num_layers": 2, "bidirectional": True, "cell": "gru"},
    "long": {"task": "sine", "length": 200, "num_layers": 4, "bidirectional": True, "cell": "lstm"},
    "one": {"task": "sine", "length": 1, "hidden_size": 1},
    "translation": {"task": "translation", "attention": "additive", "embedding_size": 4, "cell": "gru"},
    "caption": {"task": "caption", "cell": "gru"},
}


@pytest.fixture(scope="module", autouse=True)
def drawings(tmp_path_factory):
    """name -> (header, arrays) of the drawings; their payloads lie in the folder that the page reads."""
    folder, found = tmp_path_factory.mktemp("drawings"), {}
    for name, settings in CASES.items():
        config = ExperimentConfig(**{"hidden_size": 4, "batch_size": 4, "precision": "float64", **settings})
        trace, task = observe(advance(start(config), 2)), make_task(config)
        found[name] = drawing(trace, task, 0)
        (folder / f"{name}.bin").write_bytes(payload(trace, task, 0))
        if name == "adding":
            none = dict.fromkeys(("state_grads", "output_grads", "final_state_grads", "input_grads"))
            silent = replace(trace, why_no_grads="it ran under no_grad", **none)
            (folder / "silent.bin").write_bytes(payload(silent, task, 0))
            lost = {name: np.full_like(array, np.nan) for name, array in trace.final_state_grads.items()}
            (folder / "lost.bin").write_bytes(payload(replace(trace, final_state_grads=lost), task, 0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNVIZ_DRAWINGS", str(folder))
        yield found


def opened(visit, server, name="adding", **options):
    tab = visit(**options)
    tab.sent = []
    tab.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: tab.sent.append(frame)))
    tab.page.goto(server.address(f"?drawing={name}"))
    tab.page.wait_for_selector(f"{ROOT}[data-phase]")
    tab.page.wait_for_function("() => document.querySelector('.rnnviz-plot')?.dataset.draws > 0")
    return tab


def said(tab, name):
    return tab.page.get_attribute(ROOT, f"data-{name}")


def slide(tab, selector, value):
    tab.page.eval_on_selector(
        f"{ROOT} {selector}", "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')) }", value
    )
    tab.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def table(tab):
    rows = tab.page.locator(f"{ROOT} table tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def number(text):
    """A number as it is written, "1.23·10⁻⁵" too."""
    front, _, power = text.translate(PLAIN).partition("·10")
    return float(f"{front}e{power or 0}")


def pixels(tab):
    """How many pixels of the picture are not background, and a checksum of it."""
    return tab.page.eval_on_selector(
        f"{ROOT} canvas",
        """canvas => { const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let [painted, sum] = [0, 0];
            for (let k = 3; k < data.length; k += 4) {
                painted += data[k] > 0; sum = (31 * sum + data[k] + data[k - 1]) % 1e9; }
            return [painted, sum]; }""",
    )


@pytest.mark.slow
def test_it_unrolls_plays_forward_and_back_and_asks_nobody(visit, server):
    tab = opened(visit, server)
    assert said(tab, "phase") == "backward" and said(tab, "position") == said(tab, "end")
    tab.page.wait_for_timeout(500)
    before = len(tab.sent)
    tab.page.get_by_role("button", name="Roll up").click()
    tab.page.wait_for_selector(f"{ROOT}[data-phase=rolled]")
    rolled, _ = pixels(tab)
    tab.page.get_by_role("button", name="Unroll").click()
    tab.page.wait_for_selector(f"{ROOT}[data-phase=unrolling]")
    tab.page.wait_for_selector(f"{ROOT}[data-phase=unrolled]")
    unrolled, empty = pixels(tab)
    assert unrolled > 2 * rolled
    tab.page.get_by_role("button", name="Forward pass").click()
    tab.page.wait_for_selector(f"{ROOT}[data-phase=forward]")
    tab.page.wait_for_selector(f"{ROOT}-readout[data-time='2']")
    tab.page.get_by_role("button", name="Pause").dispatch_event("click")  # at once: it plays for a few seconds only
    tab.page.get_by_role("button", name="Play", exact=True).wait_for()
    assert said(tab, "phase") == "forward"
    shown = pixels(tab)[1]
    assert shown != empty
    tab.page.get_by_role("button", name="Play", exact=True).click()
    tab.page.wait_for_selector(f"{ROOT}[data-phase=backward]")
    tab.page.wait_for_function(
        f"() => (root => root.dataset.position === root.dataset.end)(document.querySelector('{ROOT}'))"
    )
    expect(tab.page.get_by_role("button", name="Replay")).to_have_count(1)
    assert len(tab.sent) == before, "the server was asked"
    tab.check()


@pytest.mark.parametrize("name", ["adding", "stack"])
def test_the_table_holds_the_numbers_of_the_trace(visit, server, drawings, name):
    tab = opened(visit, server, name)
    header, arrays = drawings[name]
    segment, states = header["segments"][0], header["states"]
    checked = 0
    for t in range(0, segment["steps"], 3):
        slide(tab, ".rnnviz-unrolled-line input", int(said(tab, "end")) - t)
        here = int(tab.page.get_attribute(f"{ROOT}-readout", "data-time"))
        for row, layer in zip(table(tab)[1:], range(len(segment["layers"])), strict=True):
            assert row[0] == segment["layers"][layer]["name"]
            expected = [arrays[f"0/{state}"][layer, here] for state in states]
            expected += [arrays[f"0/total/{state}"][-1, layer, here] for state in states]
            assert [number(cell) for cell in row[1:]] == pytest.approx(expected, rel=6e-3)
            checked += len(expected)
    assert checked >= 28


def test_a_cut_takes_its_window_and_says_what_is_left(visit, server, drawings):
    tab = opened(visit, server)
    header, arrays = drawings["adding"]
    whole = pixels(tab)
    left = tab.page.locator(f"{ROOT}-cut .left")
    expect(left).to_contain_text("100 % is left")
    slide(tab, ".rnnviz-unrolled-cut input", header["windows"].index(15))
    expect(tab.page.locator(f"{ROOT}-cut .words")).to_contain_text("every k = 15 time steps")
    assert pixels(tab) != whole
    # The loss enters at t = 19, beyond the cut before t = 15.
    expect(left).to_contain_text(re.compile(r"(?<!\d)0 % is left"))
    assert table(tab)[0][-1] == "‖dL/dcₜ‖, k = 15"
    for t, row in ((14, 0.0), (16, arrays["0/total/h"][header["windows"].index(15), 0, 16])):
        slide(tab, ".rnnviz-unrolled-line input", int(said(tab, "end")) - t)
        assert number(table(tab)[1][-2]) == pytest.approx(row, rel=6e-3)


def test_keys_alone_work_it(visit, server):
    tab = opened(visit, server)
    tab.page.locator(f"{ROOT} canvas").focus()
    tab.page.keyboard.press("Home")
    tab.page.wait_for_selector(f"{ROOT}[data-phase=rolled]")
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_selector(f"{ROOT}[data-phase=unrolled]")
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_selector(f"{ROOT}[data-phase=forward]")
    tab.page.wait_for_selector(f"{ROOT}-readout[data-time='1']")
    tab.page.keyboard.press("ArrowLeft")
    tab.page.wait_for_selector(f"{ROOT}-readout[data-time='0']")
    tab.page.keyboard.press(" ")
    tab.page.wait_for_selector("button:has-text('Pause')")
    tab.page.keyboard.press(" ")
    tab.page.keyboard.press("End")
    tab.page.wait_for_function(
        f"() => (root => root.dataset.position === root.dataset.end)(document.querySelector('{ROOT}'))"
    )


def test_the_time_cursor_is_shared(visit, server):
    tab = opened(visit, server)
    tab.page.evaluate(
        "dispatchEvent(new CustomEvent('rnnviz:time', { detail: { group: 'time', time: 7, from: null } }))"
    )
    tab.page.wait_for_selector(f"{ROOT}-readout[data-time='7']")
    box = tab.page.locator(f"{ROOT} canvas").bounding_box()
    tab.page.mouse.move(box["x"] + box["width"] - 80, box["y"] + box["height"] / 2)
    tab.page.wait_for_function(
        f"() => document.querySelector('.rnnviz-plot-overlay')?.dataset.time > 12 &&"
        f" document.querySelector('.rnnviz-plot-overlay').dataset.time"
        f" === document.querySelector('{ROOT}-readout')?.dataset.time"
    )


def test_numbers_and_picture_can_be_taken_along(visit, server, drawings):
    tab = opened(visit, server)
    tab.page.locator(ROOT).hover()
    found = {}
    for item in ("Numbers (CSV)", "Picture (PNG)"):
        tab.page.locator(ROOT).get_by_role("button", name="Download this figure").click()
        with tab.page.expect_download() as download:
            tab.page.locator(ROOT).get_by_role("button", name=item).click()
        found[item] = download.value.path().read_bytes()
    assert found["Picture (PNG)"].startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO(found["Numbers (CSV)"].decode())))
    _, arrays = drawings["adding"]
    assert len(rows) == 20
    np.testing.assert_allclose([float(row["‖h_t‖"]) for row in rows], arrays["0/h"][0], rtol=1e-12)
    np.testing.assert_allclose([float(row["‖dL/dc_t‖"]) for row in rows], arrays["0/total/c"][-1, 0], rtol=1e-12)
    np.testing.assert_allclose([float(row["value"]) for row in rows], arrays["0/inputs"][:, 0], rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("silent", "it ran under no_grad"),
        pytest.param("lost", "NaN or infinite", marks=pytest.mark.slow),
        pytest.param("one", "nothing to carry through time", marks=pytest.mark.slow),
        ("translation", "Encoder: GRU"),
        pytest.param("caption", "Decoder: GRU", marks=pytest.mark.slow),
    ],
)
def test_every_kind_is_drawn_and_told_in_words(visit, server, name, words):
    tab = opened(visit, server, name)
    assert pixels(tab)[0] > 1000
    expect(tab.page.locator(f"{ROOT} canvas")).to_have_attribute("aria-label", re.compile(re.escape(words)))
    tab.check()


def test_reduced_motion_goes_from_state_to_state(visit, server):
    tab = opened(visit, server, reduced_motion="reduce")
    tab.page.evaluate(
        f"""() => {{ window.places = [];
            const root = document.querySelector('{ROOT}');
            new MutationObserver(() => window.places.push(+root.dataset.position))
                .observe(root, {{ attributes: true, attributeFilter: ['data-position'] }}); }}"""
    )
    tab.page.get_by_role("button", name="Roll up").click()
    tab.page.get_by_role("button", name="Unroll").click()
    tab.page.wait_for_selector(f"{ROOT}[data-phase=unrolled]")
    places = tab.page.evaluate("window.places")
    assert len(set(places)) == 2, places


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.slow)])
def test_two_hundred_time_steps_of_eight_layers_follow_the_slider(visit, server, width):
    """From slider to picture in 50 ms; the median, as what else the machine does stands in the others."""
    tab = opened(visit, server, "long", width=width)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    times = tab.page.evaluate(
        f"""async () => {{
            const slider = document.querySelector('{ROOT}-line input');
            const times = [];
            for (let k = 0; k < 40; k++) {{
                await new Promise(requestAnimationFrame);
                const begin = performance.now();
                slider.value = slider.max * (1 - k / 50);
                slider.dispatchEvent(new Event('input'));
                await new Promise(requestAnimationFrame);
                await new Promise(done => setTimeout(done));
                times.push(performance.now() - begin);
            }}
            return times;
        }}"""
    )
    print(f"p95 {np.percentile(times, 95):.1f} ms, median {np.median(times):.1f} ms at {width} px")
    assert np.median(times) < 50
    tab.screenshot(f"unrolled-long-{width}")
