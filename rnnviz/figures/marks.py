"""Steps of training that a figure marks: where something was changed or a breakpoint fired, and the step looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rnnviz.figures.colours import INK
from rnnviz.figures.theme import plain

Marks = Sequence[tuple[int, str]]

ROOM = 0.05  # of an axis: marks nearer than this to one another share a label
WORDED = 6  # labels with words, at most: more would hide the curves, so each only counts its marks
LINES = 400  # at most, over the whole axis
LISTED = 8  # marks that a shared label names when the pointer is on it
# White on dark, on light and on dark pages: a label lies on top of curves and maps of any colour.
_CHIP = {"showarrow": False, "font": {"size": 10, "color": "#FFFFFF"}, "bgcolor": "rgba(64,64,64,0.85)", "borderpad": 1}


def on_steps(marks: Marks, at: int | None, last: int) -> dict[str, Any]:
    """`shapes` and `annotations` of a layout whose x axis runs over steps 0 to `last`.

    A dotted line and a label at each of `marks`; a solid line at the step looked at, `at`. Steps beyond the
    axis are left out.
    """
    marks = sorted((step, label) for step, label in marks if 0 <= step <= last)
    lines: list[int] = []
    for step, _ in marks:
        if not lines or step - lines[-1] > last / LINES:
            lines.append(step)
    shapes = [upright(step, {"color": INK, "width": 1, "dash": "dot"}) for step in lines]
    words = _CHIP | {"y": 1, "yref": "paper", "yanchor": "top", "xanchor": "left"}
    groups = _groups(marks, float, ROOM * last)
    words |= {"textangle": -90 if len(groups) <= WORDED else 0}
    notes = [words | {"x": group[0][0]} | label for group, label in _labels(groups)]
    if at is not None and 0 <= at <= last:
        shapes.append(upright(at, {"color": INK, "width": 2}))
        side = "left" if at < last / 2 else "right"
        low = {"x": at, "y": 0, "yref": "paper", "xanchor": side, "yanchor": "bottom", "text": f"step {at:,}"}
        notes.append(_CHIP | low)
    return {"shapes": shapes, "annotations": notes}


def on_rows(marks: Marks, at: int | None, steps: np.ndarray) -> dict[str, Any]:
    """The same for a map with a row for each of the recorded steps (F,), lowest first, on a category axis.

    A mark lies between the last row recorded with the old settings and the first with the new; `at` frames
    the last row recorded by then.
    """

    def edge(step: int) -> float:  # halves only: a whole number may be the name of a category, and mean that
        return float(np.searchsorted(steps, step, side="right")) - 0.5

    marks = sorted((step, label) for step, label in marks if step >= 0)
    shapes = [_across(y, y, "line", dash="dot") for y in sorted({edge(step) for step, _ in marks})]
    words = _CHIP | {"xref": "paper", "x": 1, "xanchor": "right", "yanchor": "middle"}
    groups = _groups(marks, edge, 2 * ROOM * len(steps))
    notes = [words | {"y": edge(group[0][0])} | label for group, label in _labels(groups)]
    if at is not None and edge(at) > 0:
        y = edge(at)
        shapes.append(_across(y - 1, y, "rect"))
        notes.append(words | {"x": 0, "xanchor": "left", "y": y, "text": f"step {at:,}"})
    return {"shapes": shapes, "annotations": notes}


def upright(step: int, line: dict[str, Any]) -> dict[str, Any]:
    """A vertical line over the whole height of a figure. line: its look."""
    return {"type": "line", "x0": step, "x1": step, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _across(low: float, high: float, kind: str, **line: Any) -> dict[str, Any]:
    look = {"color": "#FFFFFF", "width": 1.5} | line
    return {"type": kind, "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": high, "line": look}


def _groups(marks: Marks, place: Callable[[int], float], room: float) -> list[list[tuple[int, str]]]:
    """The marks in order; each group begins at least `room` after the one before."""
    groups: list[list[tuple[int, str]]] = []
    for step, label in marks:
        if not groups or place(step) - place(groups[-1][0][0]) >= room:
            groups.append([])
        groups[-1].append((step, label))
    return groups


def _labels(groups: list[list[tuple[int, str]]]) -> Iterator[tuple[list[tuple[int, str]], dict[str, Any]]]:
    """Each group with its label: the first mark and how many follow; each of them where the pointer is on it."""
    for group in groups:
        words = plain(group[0][1], 30) + (f" +{len(group) - 1}" if len(group) > 1 else "")
        listed = [f"step {step:,}: {plain(label, 80)}" for step, label in group[:LISTED]]
        listed += [f"and {len(group) - LISTED} more"] * (len(group) > LISTED)
        text = words if len(groups) <= WORDED else str(len(group))
        yield group, {"text": text, "hovertext": "<br>".join(listed)}
