"""Colours: one for each kind of quantity, the same in curves, maps and equations, on light and dark pages.

Okabe and Ito's palette (2008), safe for the colour-blind. Contrast with white and with Streamlit's dark page is
3 to 1 or more, but for two colours that are pale on white: `ON_LIGHT` holds their darker shades.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnnviz.cells import CELLS
from rnnviz.glossary import lookup

INK = "#808080"  # contrast 3.9 on white, 4.8 on Streamlit's dark page
COLOURS: Mapping[str, str] = {
    "keeps": "#D55E00",  # LSTM f, GRU z
    "lets in": "#009E73",  # i
    "reset": "#E69F00",  # r
    "candidate": "#56B4E9",  # g, n
    "output": "#0072B2",  # o
    "cell": "#CC79A7",  # c
    "ink": INK,  # h, gradients, everything else
}
ON_LIGHT: Mapping[str, str] = {"#E69F00": "#BF8400", "#56B4E9": "#2E93CC"}  # 2.3 to 1 on white, made 3.2 and 3.4

GRID = "rgba(127,127,127,0.22)"
ABSENT = "rgba(127,127,127,0.14)"  # where a heat map has no value to show
ZERO, BAD = "#9A9A9A", "#FF1FC7"  # exactly zero on a log scale; NaN or infinite
DIVERGING = [[0.0, "#2457A6"], [0.25, "#86A9D6"], [0.5, "#EFECE6"], [0.75, "#DE977C"], [1.0, "#B3302C"]]
SEQUENTIAL = [  # viridis, sampled
    [k / 8, c]
    for k, c in enumerate(
        ("#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30", "#FDE725")
    )
]
# Cells are told apart by hues that no gate has (contrast above 3.6 on both pages, apart for all common
# kinds of colour blindness: grey, grey, indigo, olive, then brown and plum, then indigo again) and by their dashes.
CELL_STYLES: Sequence[tuple[str, str]] = (
    (INK, "dot"),
    (INK, "dashdot"),
    ("#6C5CE0", "solid"),
    ("#8B8A1A", "dash"),
    ("#A0694B", "longdash"),
    ("#A6539B", "longdashdot"),
    ("#6C5CE0", "dot"),
    ("#6C5CE0", "dashdot"),
)


def colour_of(quantity: str) -> str:
    """The colour of a gate or state by its name: the colour of its kind."""
    return COLOURS[lookup(quantity).kind]


def meta_of(colour: str) -> dict[str, Any]:
    """The trace's `meta` for a line of this colour (see the conventions above)."""
    if colour == INK:
        return {"ink": True}
    return {"on_light": ON_LIGHT[colour]} if colour in ON_LIGHT else {}


def cell_style(label: str, position: int = 0) -> tuple[str, str]:
    """(colour, dash) of a cell by its registry name or label; of other labels by their position."""
    for k, (name, cell) in enumerate(CELLS.items()):
        if label in (name, cell.label):
            return CELL_STYLES[k % len(CELL_STYLES)]
    return CELL_STYLES[(position + 2) % len(CELL_STYLES)]


def ramp(colour: str) -> list[list[Any]]:
    """From near white (0) through the colour to a dark shade of it (1): for a gate in its own colour."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    dark = f"rgb({red * 45 // 100},{green * 45 // 100},{blue * 45 // 100})"
    return [[0.0, "#F4F2EE"], [0.6, colour], [1.0, dark]]


def faded(colour: str, alpha: float = 0.22) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
