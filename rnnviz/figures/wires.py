"""Wires of a drawing: shortest ways on a grid, with few corners and few crossings.

Wires of one source are one tree: the next may leave from anywhere on what is already there, at no cost. Wires of
different sources may cross, but never run along each other, and none goes through what it does not belong to.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rnnviz.figures.folding import Item

CORNER, CROSSING, LABEL = 5, 8, 4  # what they cost, in steps of the grid
BRANCH = 2
BUSES = ("x", "h_prev")  # what boxes multiply by weights; it comes to them from below
DIRECTIONS = ((1, 0), (0, -1), (-1, 0), (0, 1))


class Point(NamedTuple):
    x: int
    y: int

    def to(self, direction: tuple[int, int], steps: int = 1) -> Point:
        return Point(self.x + steps * direction[0], self.y + steps * direction[1])


State = tuple[Point, tuple[int, int]]  # where, and the direction in which one got there


@dataclass(frozen=True)
class Placed:
    """An item and where it stands: its middle, width and height, in units of the grid. key: its name in the drawing."""

    key: str
    item: Item
    middle: Point
    width: int
    height: int


@dataclass(frozen=True)
class Wire:
    """From a source to a target, both keys. points: its corners, first and last included."""

    source: str
    target: str
    points: tuple[Point, ...]


def connect(placed: Sequence[Placed]) -> list[Wire]:
    """A wire for each source of each item."""
    by_node = {each.item.id: each for each in placed if each.item.kind != "next"}
    pairs = [(by_node[source], target) for target in placed for source in target.item.sources]
    routes = _Routes(placed)
    for source in {source.key: source for source, target in pairs if source.key in BUSES}.values():
        routes.lay_bus(source, [target for each, target in pairs if each is source and target.item.kind == "box"])
    pairs.sort(key=lambda pair: _turns(*pair))
    return [routes.find(source, target) for source, target in pairs]


def _turns(source: Placed, target: Placed) -> tuple[bool, int]:
    """Straight lines come first, short ones before long ones."""
    x, y = abs(source.middle.x - target.middle.x), abs(source.middle.y - target.middle.y)
    return min(x, y) > 0, x + y


def _leaving(source: Placed) -> list[State]:
    """Where a wire may leave: (point, direction)."""
    right, up, left, down = DIRECTIONS
    middle = source.middle
    if source.item.kind == "circle":
        return [(middle.to(way, 2), way) for way in (right, up, down, left)]
    ways = {"box": (up, right), "previous": (right,), "input": (up,)}[source.item.kind]
    return [(middle.to(way, source.width // 2 if way == right else source.height // 2), way) for way in ways]


def _entering(source: Placed, target: Placed) -> list[State]:
    """Where a wire may arrive: (point, direction in which it arrives there)."""
    right, up, left, down = DIRECTIONS
    middle = target.middle
    if target.item.kind == "circle":
        return [(Point(middle.x - 2 * way[0], middle.y - 2 * way[1]), way) for way in DIRECTIONS]
    half = target.width // 2
    if target.item.kind == "next":
        return [(middle.to(left, half), right)]
    above, below = middle.to(up, target.height // 2), middle.to(down, target.height // 2)
    if source.key in BUSES:  # x to the right of h, unless it comes alone
        both = set(BUSES) <= set(target.item.sources)
        return [(below.to(right if source.item.kind == "input" else left, 2 if both else 0), up)]
    sides = [(middle.to(left, half), right), (middle.to(right, half), left)]
    return [*sides, (below, up), (above.to(left, 2), down), (above.to(right, 2), down)]


class _Routes:
    """The grid with what stands on it, and the wires found so far.

    taken: point -> (source, how its wire goes through: `"-"`, `"|"`, or `"+"` where it turns or branches).
    trees: source -> {point: the one before it on the way from the source}.
    """

    def __init__(self, placed: Iterable[Placed]) -> None:
        self.blocked: set[Point] = set()
        self.dear: set[Point] = set()
        self.taken: dict[Point, tuple[str, str]] = {}
        self.trees: dict[str, dict[Point, Point | None]] = {}
        for each in placed:
            wide, high = (1, 1) if each.item.kind == "circle" else (each.width // 2, each.height // 2)
            self.blocked |= _block(each.middle, -wide, wide, -high, high)
            if each.item.kind == "circle":  # its number stands below it, to the right
                self.dear |= _block(each.middle, 1, 4, 1, 2)
        xs, ys = [point.x for point in self.blocked], [point.y for point in self.blocked]
        self.bounds = min(xs), max(xs), min(ys) - 1, max(ys)

    def lay_bus(self, source: Placed, targets: Sequence[Placed]) -> None:
        """A straight line under the boxes that read an end, from which each gets its own short wire."""
        if len(targets) < 2:
            return
        ports = [point for target in targets for point, _ in _entering(source, target)]
        start, way = _leaving(source)[0]
        y = max(point.y for point in ports) + (4 if source.item.kind == "input" else 2)
        turn = start if way == (0, -1) or start.y == y else start.to(way, 3)
        for end in (min(ports).x, max(ports).x):
            self._mark(source.key, _along([start, turn, Point(turn.x, y), Point(end, y)]))

    def find(self, source: Placed, target: Placed) -> Wire:
        """The cheapest way. Raises ValueError where there is none, which no description should bring about."""
        goals = set(_entering(source, target))
        tree = self.trees.get(source.key, {})
        starts = [(point, way) for point, way in _leaving(source) if point not in self.taken]
        starts += [(point, way) for point in tree for way in DIRECTIONS]
        came: dict[State, State | None] = dict.fromkeys(starts)
        cost = {state: BRANCH if state[0] in tree or tree else 0 for state in starts}
        queue = [(cost[state], k, state) for k, state in enumerate(starts)]
        heapq.heapify(queue)
        while queue:
            price, _, state = heapq.heappop(queue)
            if state in goals:
                return self._keep(source, target, came, state)
            if price > cost[state]:
                continue
            point, way = state
            for turn in DIRECTIONS:
                corner = turn != way
                if corner and (turn == (-way[0], -way[1]) or came[state] is None or point in self.taken):
                    continue
                step = self._step((point.to(turn), turn), source.key, goals)
                there, total = (point.to(turn), turn), price + (step or 0) + CORNER * corner
                if step is not None and total < cost.get(there, total + 1):
                    cost[there], came[there] = total, state
                    heapq.heappush(queue, (total, len(came), there))
        raise ValueError(f"No way for a wire from {source.key} to {target.key}.")

    def _step(self, state: State, key: str, goals: set[State]) -> int | None:
        """What a step costs that leads to a point in a direction; None where it may not be made."""
        point, way = state
        left, right, top, bottom = self.bounds
        inside = left <= point.x <= right and top <= point.y <= bottom
        if not inside or (point in self.blocked and state not in goals):
            return None
        price = 1 + LABEL * (point in self.dear)
        if point not in self.taken:
            return price
        other, how = self.taken[point]
        along = how in ("+", "-" if way[0] else "|")
        return None if other == key or along or state in goals else price + CROSSING

    def _keep(self, source: Placed, target: Placed, came: dict[State, State | None], last: State) -> Wire:
        """The wire from the source itself: along what is already there, then the new way."""
        points, state = [], came[last]
        points.append(last[0])
        while state is not None:
            points.append(state[0])
            state = came[state]
        tree = self.trees.get(source.key, {})
        if points[-1] not in tree and source.item.kind == "circle":
            points += _along([points[-1], source.middle])[1:]
        while (before := tree.get(points[-1])) is not None:
            points.append(before)
        points.reverse()
        if target.item.kind == "circle":
            points = _along([*points, target.middle])
        self._mark(source.key, points)
        return Wire(source.key, target.key, tuple(_corners(points)))

    def _mark(self, key: str, points: Sequence[Point]) -> None:
        tree = self.trees.setdefault(key, {})
        for before, point, after in zip((None, *points), points, (*points[1:], None), strict=False):
            near = [each for each in (before, point, after) if each is not None]
            flat, steep = len({each.y for each in near}) == 1, len({each.x for each in near}) == 1
            how = "-" if flat else "|" if steep else "+"
            mixed = point in self.taken and self.taken[point][1] != how
            self.taken[point] = key, "+" if mixed else how
            tree.setdefault(point, before)


def _block(middle: Point, left: int, right: int, top: int, bottom: int) -> set[Point]:
    return {Point(middle.x + x, middle.y + y) for x in range(left, right + 1) for y in range(top, bottom + 1)}


def _along(corners: Sequence[Point]) -> list[Point]:
    """Every grid point on the way, each once."""
    points = [corners[0]]
    for end in corners[1:]:
        while points[-1] != end:
            x, y = points[-1]
            points.append(Point(x + (end.x > x) - (end.x < x), y if end.x != x else y + (end.y > y) - (end.y < y)))
    return points


def _corners(points: Sequence[Point]) -> list[Point]:
    """The first, the last, and where the way turns."""
    threes = zip(points, points[1:], points[2:], strict=False)
    return [points[0], *(b for a, b, c in threes if not (a.x == b.x == c.x or a.y == b.y == c.y)), points[-1]]
