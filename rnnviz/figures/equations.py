r"""A cell's equations in the colours of its curves, as LaTeX for KaTeX (`st.latex`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rnnviz.cells import Cell
from rnnviz.figures.colours import COLOURS, INK, ON_LIGHT
from rnnviz.glossary import lookup

# A single letter with a time index: i_t, c_{t-1}. Not the second index of W_{hi}, nor a letter of \tanh.
_SYMBOL = re.compile(r"(?<![A-Za-z\\_{])([a-z])_(t|\{t(?:[+-]1)?\})")
# On the other kind of page two colours are hard to read as thin letters; their hue is kept.
_WIDE = 24  # more marks than this, indices counted, are wider than a telephone
_ON_DARK = {"#0072B2": "#2A8FD0"}


@dataclass(frozen=True)
class Line:
    """One equation: the quantity it defines, its LaTeX with colours, and the same in words."""

    quantity: str
    latex: str
    words: str


def coloured(cell: Cell, dark: bool = False) -> list[Line]:
    """The cell's equations, every gate and state in the colour of its kind; h and pre-activations in plain ink."""
    return [Line(e.quantity, colour_symbols(folded(e.latex), dark), e.words) for e in cell.equations]


def folded(latex: str) -> str:
    """A line that is too wide for a telephone, in two: broken before the outermost plus nearest to its middle."""
    marks = re.sub(r"\\[a-z]+|[{}_ ]", "", latex)
    places = [found.start() for found in re.finditer(r" \+ ", latex)]
    if len(marks) <= _WIDE or not places:
        return latex
    place = min(places, key=lambda k: (latex.count("(", 0, k) - latex.count(")", 0, k), abs(k - len(latex) / 2)))
    left, _, right = latex[:place].partition(" = ")
    return rf"\begin{{aligned}} {left} = {{}}& {right} \\ &{latex[place:]} \end{{aligned}}"


def colour_symbols(latex: str, dark: bool = False) -> str:
    r"""Wrap each gate and state symbol of a line of LaTeX in `\textcolor{#hex}{...}`."""
    return _SYMBOL.sub(lambda found: _wrap(found, dark), latex)


def text_colour(colour: str, dark: bool = False) -> str:
    """The shade of a colour that is legible as text on the page (contrast at least 3 to 1)."""
    return (_ON_DARK if dark else ON_LIGHT).get(colour, colour)


def _wrap(found: re.Match[str], dark: bool) -> str:
    colour = COLOURS[lookup(found[1]).kind]
    return found[0] if colour == INK else rf"\textcolor{{{text_colour(colour, dark)}}}{{{found[0]}}}"
