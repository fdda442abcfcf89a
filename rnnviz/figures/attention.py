"""Where a decoder looks: the weight that every symbol it writes gives to every position of the source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import SEQUENTIAL
from rnnviz.figures.heat import colour_bar, heat, note
from rnnviz.figures.theme import Explained, axis, empty, figure
from rnnviz.figures.tokens import visible

ATTENTION = Explained(
    "Attention",
    "A row is one symbol written, from the top down; the brighter a cell, the more the decoder looks at that symbol "
    "of the source while it writes. Every row sums to 1.",
    "Bright cells that run along a diagonal: the translation follows the source word by word, and nobody told it to.",
)
ROW = 16  # pixels


def attention_figure(weights: np.ndarray, source: Sequence[str], written: Sequence[str], words: str = "") -> go.Figure:
    """weights: (T, S). source: S symbols; written: T symbols. words: what it was written for, under the title."""
    weights = np.asarray(weights)
    if not weights.size:
        return empty(ATTENTION.title, "Nothing was written.")
    across, down = [visible(symbol, 8) for symbol in source], [visible(symbol, 8) for symbol in written]
    spot = np.empty((*weights.shape, 2), object)
    spot[..., 0], spot[..., 1] = np.array(down, object)[:, None], np.array(across, object)[None]
    traces = heat(
        weights,
        np.arange(len(across)),
        np.arange(len(down)),
        scale=SEQUENTIAL,
        limits=(0, 1),
        hover="%{customdata[0]} (t = %{y}) looks at %{customdata[1]} (s = %{x})<br>weight %{z:.3f}<extra></extra>",
        bar=colour_bar("α"),
        customdata=spot,
    )
    told = "; ".join(filter(None, (words, note(weights))))
    ticks = {"showgrid": False, "tickangle": 0}
    xaxis = axis("Source symbol", tickvals=np.arange(len(across)), ticktext=across, **ticks)
    yaxis = axis("Written symbol", tickvals=np.arange(len(down)), ticktext=down, **ticks, range=[len(down) - 0.5, -0.5])
    height = 54 + 46 + ROW * max(8, len(down))
    return figure(traces, ATTENTION.title, xaxis, yaxis, note=told, height=height, colour_bar=True)
