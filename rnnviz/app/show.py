"""Pictures on a page: drawn again only when what they show has changed, with the words that belong to them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import count
from typing import Any

import streamlit as st

from rnnviz.app import session
from rnnviz.app.plot import plot
from rnnviz.cells import CELLS
from rnnviz.figures import FIGURES
from rnnviz.figures.equations import coloured

# Streamlit only names a large message that it believes the browser to keep. Looking back and forth brings the same
# picture again after others, when a browser that lags may just have let go of it: its page would stand still from
# then on. So no two drawings are the same message.
_DRAWINGS = count()


def picture(
    name: str,
    key: str,
    version: Hashable,
    make: Callable[[], Any],
    *,
    words: bool = True,
    on_unit: Callable[[int], None] | None = None,
) -> None:
    """Show the figure that `make()` gives, under `key`; made again only when `version` differs from the last time.

    name: entry of FIGURES, its line on how to read it stands below, what would be surprising behind the mark.
    on_unit: called with the unit that is clicked on.
    """
    explained = FIGURES[name]
    kept = session.visitor().pictures.get(key)
    if kept is None or kept.version != version:
        figure = make()
        numbered = f'{{"drawing": {next(_DRAWINGS)}, {figure.to_json()[1:]}'
        kept = session.Picture(version, numbered, figure.height, figure.words)
        session.visitor().pictures[key] = kept
    plot(
        kept.json, key, alt=f"{kept.words} {explained.how_to_read}", height=kept.height, cursor="time", on_unit=on_unit
    )
    if words:
        st.caption(explained.how_to_read, help=f"**What would be surprising:** {explained.surprising}")


def equations(cell_name: str) -> None:
    """The equations of a cell in the colours of its curves, each with a sentence, and the convention it follows."""
    cell = CELLS[cell_name]
    dark = st.context.theme.type == "dark"
    for line in coloured(cell, dark):
        st.latex(line.latex)
        if line.words:
            st.caption(line.words, text_alignment="center")
    if cell.convention:
        st.caption(cell.convention)
