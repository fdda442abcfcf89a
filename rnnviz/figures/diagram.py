"""Where everything of a cell's drawing stands: boxes, circles, ends and wires.

Time runs from left to right and the input comes from below. A state that is carried unit by unit (the LSTM's c,
the GRU's h) runs straight along the top, on a rail. The boxes that decide about it stand below, in the order in
which they meet it, and what is made of the result goes down again on the right. Any cell that `describe` can read
has such a drawing. Everything stands on a grid, on which wires are then found (`wires.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from rnnviz.cells.description import Description
from rnnviz.figures.folding import Item, fold
from rnnviz.figures.wires import Placed, Point, Wire, connect

UNIT = 12  # pixels of the grid
COLUMN, ROW = 10, 7  # from middle to middle, in units of the grid
SIZES = {"box": (8, 6), "circle": (2, 2), "input": (12, 4), "previous": (8, 4), "next": (8, 4)}  # width, height
BUS = 5  # from the middle of the lowest row down to the wire of h, which enters there where no rail carries it
GAP = 2  # between the frame and what is in it, and the ends outside

Places = dict[str, tuple[float, float]]  # column, row; rows count upwards


@lru_cache(32)
def layout(description: Description) -> dict[str, Any]:
    """The drawing of a cell, ready for JSON; lengths in pixels, y downwards. Made once, and not to be changed.

    `width`, `height`; `frame`: [x, y, width, height] of the cell itself; `items`: each with `key`, `id` of its
    node, `kind` (`fold` names them), `sign`, `parts` (as in `Part`), and `x`, `y` of its middle, `width`, `height`;
    `wires`: each with `source` and `target` (keys), the `id` of the node whose value it carries, and `points`.
    Wires of one source run on top of each other as far as they go the same way; `dots` mark where they part.
    """
    items = fold(description)
    inner = {item.id: item for item in items if item.kind in ("box", "circle")}
    rails = _rails(inner, description.states)
    places = _rows(inner, rails, _columns(inner, rails))
    placed = _place(items, inner, rails, places)
    return _plain(placed, connect(placed))


def _readers(inner: Mapping[str, Item], name: str) -> list[str]:
    return [item.id for item in inner.values() if name in item.sources]


def _rails(inner: Mapping[str, Item], states: Sequence[str]) -> dict[str, list[str]]:
    """State -> the circles between its old and its new value, where it is carried through circles alone."""
    rails: dict[str, list[str]] = {}
    for state in sorted(states, key=lambda name: name == "h"):  # a memory before what is shown of it
        ways = [[name] for name in _readers(inner, f"{state}_prev")]
        while ways:
            way = ways.pop(0)
            if inner[way[-1]].kind == "circle" and not any(way[-1] in rail for rail in rails.values()):
                if way[-1] == state:
                    rails[state] = way
                    break
                ways += [[*way, name] for name in _readers(inner, way[-1])]
    return rails


def _columns(inner: Mapping[str, Item], rails: Mapping[str, list[str]]) -> dict[str, float]:
    """Boxes side by side, in the order in which they meet the rails; circles above the last that they read."""

    def meets(name: str) -> float:
        places = [rail.index(name) for rail in rails.values() if name in rail]
        return places[0] if places else min(map(meets, _readers(inner, name)), default=len(inner))

    boxes = [name for name, item in inner.items() if item.kind == "box"]
    columns: dict[str, float] = {name: k for k, name in enumerate(sorted(boxes, key=meets))}
    for name, item in inner.items():
        if item.kind == "circle":
            read = [columns[source] for source in item.sources if source in columns]
            columns[name] = max(read, default=0)
            before = [columns[way[k - 1]] for way in rails.values() for k in range(1, len(way)) if way[k] == name]
            if before:
                columns[name] = max(columns[name], before[0] + 1)
            elif _beside(name, inner):
                columns[name] += 0.5
            elif not rails or _leaves_rail(name, inner, rails):
                columns[name] = max(columns.values()) + 1
    return columns


def _beside(name: str, inner: Mapping[str, Item]) -> bool:
    """Whether a circle only changes what another reads too (1 − z): that one's wire goes straight up."""
    sources = inner[name].sources
    return len(sources) == 1 and sources[0] in inner and len(_readers(inner, sources[0])) > 1 and _inner(name, inner)


def _inner(name: str, inner: Mapping[str, Item]) -> bool:
    return bool(_readers(inner, name))


def _leaves_rail(name: str, inner: Mapping[str, Item], rails: Mapping[str, list[str]]) -> bool:
    on_rails = {each for rail in rails.values() for each in rail}
    return name not in on_rails and any(source in on_rails for source in inner[name].sources)


def _rows(inner: Mapping[str, Item], rails: Mapping[str, list[str]], columns: Mapping[str, float]) -> Places:
    """Rows count upwards from that of the first boxes; rails stand above all that leads to them."""
    on_rails = {each for rail in rails.values() for each in rail}
    rows: dict[str, float] = {}
    depth: dict[str, float] = {}  # below the rail, of what is made of its end
    for name, item in inner.items():
        below = [depth.get(source, 0) for source in item.sources if source in on_rails or source in depth]
        if name in on_rails:
            continue
        if below:
            depth[name] = 1 + max(below)
            continue
        read = [rows[source] for source in item.sources if source in rows]
        above = 1 if item.kind == "circle" and rails and not _beside(name, inner) else 0
        rows[name] = max(read, default=0) + above
    for name in rows:
        if _beside(name, inner):  # on a level with what reads it
            rows[name] = max([rows[name], *(rows[reader] for reader in _readers(inner, name) if reader in rows)])
    top = max([max(rows.values(), default=0) + 1, *depth.values()])
    rows |= {name: top - below for name, below in depth.items()}
    for k, rail in enumerate(rails.values()):
        rows |= dict.fromkeys(rail, top + k)
    places: Places = {}
    for name in sorted(inner, key=lambda each: (inner[each].kind != "box", each not in on_rails)):
        place = columns[name], rows[name]
        while place in places.values():
            place = place[0] + 0.5, place[1]
        places[name] = place
    return places


def _place(
    items: Sequence[Item], inner: Mapping[str, Item], rails: Mapping[str, list[str]], places: Places
) -> list[Placed]:
    """Columns and rows as points of the grid, with the ends of the states and the input around them."""
    left = SIZES["previous"][0] + 2 * GAP + SIZES["box"][0] // 2 + 1
    top = max(row for _, row in places.values())
    last = max(column for column, _ in places.values())
    first_row = SIZES["previous"][1] // 2 + GAP + 1
    right = round(left + COLUMN * last) + SIZES["box"][0] // 2 + 2 * GAP + SIZES["next"][0] // 2 + 1

    def y(row: float) -> int:
        return round(first_row + ROW * (top - row))

    bus = y(0) + BUS
    height = {state: y(places[rail[0]][1]) for state, rail in rails.items()}
    free = [state for state in (item.id for item in items if item.kind == "next") if state not in rails]
    height |= {state: bus + 5 * k for k, state in enumerate(free)}
    boxes = [left + COLUMN * places[item.id][0] for item in items if item.kind == "box"]
    ends = {
        "previous": lambda item: (SIZES["previous"][0] // 2, height[item.id.removesuffix("_prev")]),
        "next": lambda item: (right, height[item.id]),
        "input": lambda item: (
            round((min(boxes) + max(boxes)) / 2) + 2 * (len(boxes) == 1),
            bus + 2 + GAP + SIZES["input"][1] // 2 + 1,
        ),
    }
    placed = []
    for item in items:
        if item.kind in ends:
            x_, y_ = ends[item.kind](item)
        else:
            x_, y_ = round(left + COLUMN * places[item.id][0]), y(places[item.id][1])
        key = f"next:{item.id}" if item.kind == "next" else item.id
        placed.append(Placed(key, item, Point(x_, y_), *SIZES[item.kind]))
    return placed


def _plain(placed: Sequence[Placed], wires: Sequence[Wire]) -> dict[str, Any]:
    inside = [each for each in placed if each.item.kind in ("box", "circle")]
    corners = [point for wire in wires for point in wire.points]
    left = max(each.middle.x + each.width / 2 for each in placed if each.item.kind == "previous") + GAP
    right = min(each.middle.x - each.width / 2 for each in placed if each.item.kind == "next") - GAP
    top = min([*(each.middle.y - each.height / 2 for each in inside), *(point.y for point in corners)]) - GAP
    bottom = min(each.middle.y - each.height / 2 for each in placed if each.item.kind == "input") - GAP
    shift = -min(top, *(each.middle.y - each.height / 2 for each in placed))
    by_key = {each.key: each for each in placed}
    return {
        "width": UNIT * max(each.middle.x + each.width / 2 for each in placed),
        "height": UNIT * (shift + max(each.middle.y + each.height / 2 for each in placed)),
        "frame": [UNIT * left, UNIT * (top + shift), UNIT * (right - left), UNIT * (bottom - top)],
        "items": [
            {
                "key": each.key,
                "id": each.item.id,
                "kind": each.item.kind,
                "sign": each.item.sign,
                "parts": [asdict(part) for part in each.item.parts],
                "x": UNIT * each.middle.x,
                "y": UNIT * (each.middle.y + shift),
                "width": UNIT * each.width,
                "height": UNIT * each.height,
            }
            for each in placed
        ],
        "wires": [
            {
                "source": wire.source,
                "target": wire.target,
                "id": by_key[wire.source].item.id,
                "points": [[UNIT * point.x, UNIT * (point.y + shift)] for point in wire.points],
            }
            for wire in wires
        ],
    }
