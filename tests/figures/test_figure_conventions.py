"""What holds for every figure: the conventions of the theme, colours, words, size and speed."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from catalogue import catalogue

from rnnviz.cells import CELLS
from rnnviz.figures import FIGURES
from rnnviz.figures.colours import CELL_STYLES, COLOURS, INK, ON_LIGHT, cell_style, colour_of
from rnnviz.figures.equations import text_colour
from rnnviz.figures.theme import empty, plain, wrapped
from rnnviz.glossary import GLOSSARY, axis_title, lookup, tooltip

ALL = catalogue()
LIGHT, DARK = "#FFFFFF", "#0E1117"


def contrast(a, b):
    """WCAG 2 contrast ratio of two #rrggbb colours."""

    def luminance(colour):
        parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ALL)
def test_every_figure_keeps_the_conventions(name):
    figure = ALL[name]()
    text = figure.to_json()
    spec = json.loads(text)
    layout = spec["layout"]
    assert layout["uirevision"] == "rnnviz" and layout["height"] > 100 and layout["title"]["text"]
    assert layout["paper_bgcolor"] == "rgba(0,0,0,0)"
    assert "layout" not in layout.get("template", {})  # plotly's own template is 7 kB
    axes = {key: value for key, value in layout.items() if key[1:5] == "axis"}
    assert all(value["automargin"] is False for value in axes.values())
    titles = [value["title"].get("text") for value in axes.values()]
    titles += [value["title"]["text"] for key, value in layout.get("scene", {}).items() if key[1:5] == "axis"]
    titles += [words["text"] for words in layout.get("annotations", [])]  # panels carry their title as words
    assert any(titles)
    for axis in layout["meta"]["time"]:
        assert axis.replace("x", "xaxis") in axes
    for trace in spec["data"]:
        colour = trace.get("line", trace.get("marker", {})).get("color")
        if colour == INK and trace.get("fill") is None:
            assert trace["meta"] == {"ink": True}, trace["name"]
        if isinstance(colour, str) and colour in ON_LIGHT:
            assert trace.get("fill") or trace["meta"] == {"on_light": ON_LIGHT[colour]}
        assert trace.get("hoverinfo") == "skip" or trace.get("hovertemplate") or trace["x"] == []


@pytest.mark.parametrize("name", ALL)
def test_height_and_margins_do_not_depend_on_the_data(name):
    first, again = ALL[name]().layout, catalogue(steps=40)[name]().layout
    assert first.height == again.height
    assert first.margin == again.margin


def test_no_figure_is_slow_to_build():
    big = catalogue(time=200, units=64, batch=8, steps=5000)
    slow = {}
    for name, build in big.items():
        times = []
        for _ in range(5):
            start = time.process_time()
            build().to_json()
            times.append(time.process_time() - start)
        slow[name] = min(times)
    # under 1 ms on a free core, 3 for ten panels of gates; the limit leaves room for a slow machine
    assert max(slow.values()) < 0.02, slow


def test_gates_have_the_colours_of_the_design():
    wanted = {"f": "#D55E00", "z": "#D55E00", "i": "#009E73", "r": "#E69F00", "g": "#56B4E9", "n": "#56B4E9"}
    wanted |= {"o": "#0072B2", "c": "#CC79A7", "h": INK, "state_grads": INK}
    assert {name: colour_of(name) for name in wanted} == wanted


def test_every_colour_can_be_read_on_both_pages():
    styles = {colour for colour, _ in CELL_STYLES}
    for colour in {*COLOURS.values(), *styles}:
        assert contrast(ON_LIGHT.get(colour, colour), LIGHT) >= 3, colour
        assert contrast(colour, DARK) >= 3, colour
        assert contrast(text_colour(colour, dark=False), LIGHT) >= 3
        assert contrast(text_colour(colour, dark=True), DARK) >= 3
    # the variants exist because they are needed
    assert all(contrast(colour, LIGHT) < 3 for colour in ON_LIGHT)


def test_cells_look_unlike_gates_and_unlike_one_another():
    styles = [cell_style(name) for name in CELLS]
    assert len(set(styles)) == len(styles)
    gates = set(COLOURS.values()) - {INK}
    assert not gates & {colour for colour, _ in CELL_STYLES}
    assert cell_style("LSTM") == cell_style("lstm") != cell_style("GRU")
    assert cell_style("my own", 0) != cell_style("my own", 1)


def test_text_from_a_file_is_shown_letter_by_letter():
    assert plain("<b>&amp;</b>") == "&lt;b&gt;&amp;amp;&lt;/b&gt;"
    assert "%{" not in plain("%{x}")
    assert len(plain("a" * 500)) == 40
    assert wrapped("Vanilla RNN (tanh)") == "Vanilla RNN<br>(tanh)"
    assert wrapped("<i>x</i>").count("<") == 0


def test_every_figure_is_explained():
    for name, words in FIGURES.items():
        assert words.title and len(words.how_to_read) > 30 and len(words.surprising) > 30, name


def test_every_gate_and_state_of_every_cell_is_in_the_glossary():
    for cell in CELLS.values():
        for name in (*cell.states, *cell.gates, *(e.quantity for e in cell.equations)):
            assert name in GLOSSARY
        if cell.keeps:
            assert lookup(cell.keeps).kind == "keeps"
        if cell.lets_in:
            assert lookup(cell.lets_in).kind == "lets in"
    assert {entry.kind for entry in GLOSSARY.values()} <= set(COLOURS)


def test_glossary_words():
    assert axis_title("f") == "Forget gate fₜ (0 to 1)"
    assert axis_title("loss", "nats") == "Loss L (nats)"
    assert axis_title("step", "") == "Step"
    assert axis_title("new_gate") == "New_gate"
    assert tooltip("z").startswith("Update gate zₜ (0 to 1): ") and "near 1 keeps" in tooltip("z")
    assert all(entry.label and entry.meaning.endswith((".", "1/e.", ")")) for entry in GLOSSARY.values())


def test_an_empty_figure_says_why():
    assert empty("Loss", "No step taken yet.").layout.annotations[0].text == "No step taken yet."
