"""Drawings of cells: everything has its place, every wire its ends, for the registered cells and for others."""

from __future__ import annotations

import itertools

import pytest

from rnnviz.cells import CELLS
from rnnviz.cells.base import Cell
from rnnviz.cells.description import describe
from rnnviz.cells.ops import sigmoid, tanh
from rnnviz.figures.diagram import layout


class Leaky(Cell):
    """One gate, which stands before and after a minus, and two states."""

    name, label = "leaky", "Leaky"
    states, gates, chunks = ("h", "c"), ("k", "g"), ("k", "g")

    def activate(self, a_x, a_h, previous):
        a_k, a_g = self.split(a_x + a_h)
        k, g = sigmoid(a_k), tanh(a_g)
        return {"k": k, "g": g}

    def update(self, gates, previous):
        k, g = gates["k"], gates["g"]
        c = k * previous["c"] + (1 - k) * g
        return {"h": tanh(c), "c": c}


class Peephole(Cell):
    """Gates that read the cell state, the output gate the new one; a state handed on under two names."""

    name, label = "peephole", "Peephole"
    states, gates, chunks = ("h", "c"), ("i", "f", "g"), ("i", "f", "g")

    def activate(self, a_x, a_h, previous):
        a_i, a_f, a_g = self.split(a_x + a_h)
        i, f, g = sigmoid(a_i + 0.5 * previous["c"]), sigmoid(a_f - previous["c"]), tanh(a_g)
        return {"i": i, "f": f, "g": g}

    def update(self, gates, previous):
        c = gates["f"] * previous["c"] + gates["i"] * gates["g"]
        return {"h": c, "c": c}


class Sum(Cell):
    """No gate, no activation."""

    name, label = "sum", "Sum"
    chunks = ("a",)

    def activate(self, a_x, a_h, previous):
        return {"a": a_x + a_h}

    def update(self, gates, previous):
        return {"h": previous["h"] + 0.1 * gates["a"]}


class Deep(Cell):
    """Two carried states that look at each other, and a circle that leads nowhere near them."""

    name, label = "deep", "Deep"
    states, gates, chunks = ("h", "c", "s"), ("f", "i", "g", "o"), ("f", "i", "g", "o")

    def activate(self, a_x, a_h, previous):
        a_f, a_i, a_g, a_o = self.split(a_x + a_h)
        f, i, g = sigmoid(a_f), sigmoid(a_i), tanh(a_g + sigmoid(a_i) * previous["s"])
        return {"f": f, "i": i, "g": g, "o": sigmoid(a_o)}

    def update(self, gates, previous):
        f, i, g, o = (gates[name] for name in self.gates)
        s = f * previous["s"] + i
        c = f * previous["c"] + i * g
        return {"h": o * tanh(c) * (1 - s), "c": c, "s": s}


DESCRIPTIONS = {name: describe(cell) for name, cell in CELLS.items()}
DESCRIPTIONS |= {cell.name: describe(cell) for cell in (Leaky(), Peephole(), Sum(), Deep())}


@pytest.fixture(params=DESCRIPTIONS)
def described(request):
    return DESCRIPTIONS[request.param]


def sides(item):
    return (
        item["x"] - item["width"] / 2,
        item["y"] - item["height"] / 2,
        item["x"] + item["width"] / 2,
        item["y"] + item["height"] / 2,
    )


def segments(wire):
    return list(itertools.pairwise(wire["points"]))


def within(value, one, other):
    return min(one, other) < value < max(one, other)


def test_nothing_lies_on_anything_else(described):
    drawing = layout(described)
    for one, other in itertools.combinations(drawing["items"], 2):
        left, top, right, bottom = sides(one)
        a, b, c, d = sides(other)
        assert right <= a or c <= left or bottom <= b or d <= top, (one["key"], other["key"])
    for item in drawing["items"]:
        left, top, right, bottom = sides(item)
        assert left >= 0 and top >= 0 and right <= drawing["width"] and bottom <= drawing["height"]


def test_wires_run_from_their_source_to_their_target(described):
    drawing = layout(described)
    items = {item["key"]: item for item in drawing["items"]}
    for wire in drawing["wires"]:
        for end, (x, y) in zip(("source", "target"), (wire["points"][0], wire["points"][-1]), strict=True):
            item = items[wire[end]]
            left, top, right, bottom = sides(item)
            if item["kind"] == "circle":
                assert [x, y] == [item["x"], item["y"]]
            else:
                assert left <= x <= right and top <= y <= bottom and (x in (left, right) or y in (top, bottom))
        for (x, y), (a, b) in segments(wire):
            assert (x == a) != (y == b), "wires are level or upright"
        assert wire["id"] == items[wire["source"]]["id"]


def test_every_item_has_the_wires_that_the_cell_says(described):
    """Through the folded sums: whoever reads a node's value is drawn as reading it."""
    drawing = layout(described)
    nodes = {node.id: node for node in described.nodes}
    drawn = {item["id"] for item in drawing["items"]}
    joined = {(wire["id"], wire["target"]) for wire in drawing["wires"]}

    def read(name):
        """The drawn nodes that a node is made of."""
        found = set()
        for arg in nodes[name].args:
            found |= {arg} if arg in drawn else read(arg)
        return found

    for item in drawing["items"]:
        sources = {item["id"]} if item["kind"] == "next" else read(item["id"])
        assert {source for source, target in joined if target == item["key"]} == sources, item["key"]
    for state in described.states:
        assert {"previous", "next"} == {i["kind"] for i in drawing["items"] if i["id"] in (state, f"{state}_prev")} - {
            "box",
            "circle",
        }


def test_a_box_holds_all_parts_of_its_gate(described):
    drawing = layout(described)
    parts = [part["id"] for item in drawing["items"] for part in item["parts"]]
    weighted = {node.id for node in described.nodes if node.weight}
    assert weighted <= set(parts)
    for item in drawing["items"]:
        for part in item["parts"]:
            weight = next(node.weight for node in described.nodes if node.id == part["id"])
            kind = {"weight_ih": "input", "weight_hh": "recurrent", "bias_ih": "bias", "bias_hh": "bias"}
            assert part["kind"] == kind.get(weight, "other")


def test_what_is_subtracted_says_so():
    parts = {item["id"]: item["parts"] for item in layout(DESCRIPTIONS["peephole"])["items"]}
    assert [part["id"] for part in parts["f"] if part["minus"]] == ["c_prev"]
    assert not any(part["minus"] for part in parts["i"])


def test_wires_of_different_sources_only_cross(described):
    wires = layout(described)["wires"]
    for one, other in itertools.combinations(wires, 2):
        if one["source"] == other["source"]:
            continue
        for (a, b), (c, d) in segments(one):
            for (e, f), (g, h) in segments(other):
                if a == c == e == g:
                    assert max(min(b, d), min(f, h)) >= min(max(b, d), max(f, h)), (one, other)
                if b == d == f == h:
                    assert max(min(a, c), min(e, g)) >= min(max(a, c), max(e, g)), (one, other)


def test_wires_go_through_nothing(described):
    drawing = layout(described)
    for wire in drawing["wires"]:
        for item in drawing["items"]:
            if item["key"] in (wire["source"], wire["target"]):
                continue
            left, top, right, bottom = sides(item)
            for (a, b), (c, d) in segments(wire):
                clear = max(a, c) <= left or min(a, c) >= right or max(b, d) <= top or min(b, d) >= bottom
                assert clear, (wire["source"], wire["target"], item["key"])


@pytest.mark.parametrize(
    ("cell", "state", "between"), [("lstm", "c", "×+"), ("gru", "h", "×+"), ("gru_before", "h", "×+")]
)
def test_a_carried_state_runs_straight_along_the_top(cell, state, between):
    drawing = layout(DESCRIPTIONS[cell])
    items = {item["key"]: item for item in drawing["items"]}
    height = items[f"{state}_prev"]["y"]
    assert items[f"next:{state}"]["y"] == height == min(item["y"] for item in drawing["items"])
    on_rail = sorted((item["x"], item["sign"]) for item in items.values() if item["y"] == height)
    assert "".join(sign for _, sign in on_rail) == between
    rail = {key for key, item in items.items() if item["y"] == height}
    along = [wire for wire in drawing["wires"] if wire["source"] in rail and wire["target"] in rail]
    assert len(along) == 3 and all(y == height for wire in along for _, y in wire["points"])


def test_the_lstm_is_the_textbooks_figure():
    """Gates from left to right f, i, g, o on one level; the input below; h leaves where it came in, at the bottom."""
    items = {item["key"]: item for item in layout(DESCRIPTIONS["lstm"])["items"]}
    boxes = sorted((item["x"], key, item["y"], item["sign"]) for key, item in items.items() if item["kind"] == "box")
    assert [(key, sign) for _, key, _, sign in boxes] == [("f", "σ"), ("i", "σ"), ("g", "tanh"), ("o", "σ")]
    assert len({y for _, _, y, _ in boxes}) == 1
    assert items["x"]["y"] > items["h_prev"]["y"] == items["next:h"]["y"] > boxes[0][2]
    assert items["h_prev"]["x"] < boxes[0][0] and items["next:h"]["x"] > boxes[-1][0]


def test_the_drawing_is_the_same_each_time():
    layout.cache_clear()
    first = {name: layout(description) for name, description in DESCRIPTIONS.items()}
    layout.cache_clear()
    assert first == {
        name: layout(describe(CELLS[name])) if name in CELLS else layout(d) for name, d in DESCRIPTIONS.items()
    }
