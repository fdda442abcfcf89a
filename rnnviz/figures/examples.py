"""What a task's data look like, small enough for a card: a few real sequences, without axes."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import CELL_STYLES, INK
from rnnviz.figures.heat import heat
from rnnviz.figures.lines import line
from rnnviz.figures.theme import Explained, figure, plain, stacked

EXAMPLE = Explained(
    "Data",
    "A few sequences that the network is never trained on, as they go in, and what should come out.",
    "Two that look alike and have different answers: then it is the order that decides, or something long ago.",
)
HEIGHT, HEAD = 180, 34  # pixels of a card's picture, and of its title
WIDE = 50  # letters of a line
GREYS = [[0.0, "rgba(127,127,127,0.08)"], [1.0, INK]]
KINDS = ("#0072B2", "#D55E00", "#2F8F6B", "#8B5FA8")  # of letters or tags; white can be read on each
MONO = {"family": "monospace", "size": 11}


def said(pairs: Sequence[tuple[str, str]], title: str) -> go.Figure:
    """Texts and what is to be answered, one below the other, the answers in bold."""
    words, y = [], 0.0
    for text, answer in pairs:
        lines = [plain(each, WIDE) for each in wrap(text, WIDE)[:2]]
        words += [_text(each, 0, y + k) for k, each in enumerate(lines)]
        words.append(_text(f"→ <b>{plain(answer, WIDE)}</b>", 0, y + len(lines)))
        y += len(lines) + 1.5
    return _words(words, y - 0.5, title)


def written(lines: Sequence[str], title: str) -> go.Figure:
    """Lines of a text, in letters of equal width."""
    indented = ["\u00a0" * (len(each) - len(each.lstrip())) + plain(each, WIDE) for each in lines]
    return _words([_text(each, 0, k, font=MONO) for k, each in enumerate(indented)], len(lines), title)


def tagged(rows: Sequence[Sequence[tuple[str, str]]], title: str) -> go.Figure:
    """Sentences as rows of (word, tag): the tag stands below its word, in bold where rows differ on the same word."""
    words: list[dict[str, Any]] = []
    wide = max(map(len, rows))
    for k, row in enumerate(rows):
        for t, (word, tag) in enumerate(row):
            tags = {other[t][1] for other in rows if t < len(other) and other[t][0] == word}
            told = f"<b>{plain(tag, 12)}</b>" if len(tags) > 1 else plain(tag, 12)
            x = (t + 0.5) / wide
            words.append(_text(plain(word, 10), x, 2.6 * k, xanchor="center", font={"size": 13}))
            words.append(_text(told, x, 2.6 * k + 1.1, xanchor="center", font={"size": 10}))
    return _words(words, 2.6 * len(rows) - 0.6, title)


def letters(rows: Sequence[tuple[str, str]], title: str, marked: Sequence[tuple[int, int]] = ()) -> go.Figure:
    """Strings of a small alphabet as coloured cells, and the answer to each. marked: (first, end) of a part, by row."""
    alphabet = sorted({letter for row, _ in rows for letter in row})
    wide, tall = max(len(row) for row, _ in rows), len(rows)
    cells, text = np.full((tall, wide), np.nan), np.full((tall, wide), "", object)
    for k, (row, _) in enumerate(rows):
        text[k, : len(row)] = list(row)
        cells[k, : len(row)] = [alphabet.index(letter) for letter in row]
    steps = [[(j + e) / len(alphabet), KINDS[j % len(KINDS)]] for j in range(len(alphabet)) for e in (0, 1)]
    traces = heat(
        cells,
        np.arange(wide),
        np.arange(tall),
        scale=steps,
        limits=(-0.5, len(alphabet) - 0.5),
        absent=text == "",
        hover="%{text}<br>time step %{x}<extra></extra>",
        bar=None,
        text=text,
        ygap=12,
        opacity=0.55,
    )
    frame = {"type": "rect", "line": {"color": INK, "width": 2.5}}
    shapes = [
        frame | {"x0": low - 0.5, "x1": high - 0.5, "y0": k - 0.42, "y1": k + 0.42}
        for k, (low, high) in enumerate(marked)
    ]
    at = {"xref": "x", "yref": "y", "xanchor": "left", "yanchor": "middle"}
    words = [_text(plain(answer, 12), wide - 0.2, k, **at) for k, (_, answer) in enumerate(rows)]
    across, down = _hidden(range=[-0.6, 1.3 * wide]), _hidden(range=[tall - 0.5, -0.5])
    return _card(traces, title, across, down, annotations=words, shapes=shapes)


def curves(values: np.ndarray, names: Sequence[str], title: str) -> go.Figure:
    """Values (T, D) as D lines one above the other, each on a scale of its own, named at its left."""
    count = values.shape[1]
    _, domains = stacked(count, 100, 12)
    traces: list[Any] = []
    axes: dict[str, Any] = {}
    words = []
    for k in range(count):
        ref = "" if k == 0 else str(k + 1)
        hover = f"{plain(names[k], 24)}: %{{y:.3~g}}<br>time step %{{x}}<extra></extra>"
        traces += line(np.arange(len(values)), values[:, k], plain(names[k], 24), hover=hover, axes=("x", f"y{ref}"))
        axes[f"yaxis{ref}"] = _hidden(domain=domains[k], anchor="x")
        words.append(_text(plain(names[k], 12), 0, sum(domains[k]) / 2, yanchor="middle", yref="paper"))
    return _card(traces, title, _hidden(domain=[0.27, 1]), axes.pop("yaxis"), annotations=words, **axes)


def images(pictures: Sequence[np.ndarray], answers: Sequence[str], title: str, across: str = "column") -> go.Figure:
    """Pictures (rows, columns) of one height side by side, dark where they are large, each with its answer below.

    across: what a column is.
    """
    tall, gap = pictures[0].shape[0], max(1, pictures[0].shape[1] // 8)
    space = np.full((tall, gap), np.nan)
    parts, middles, place = [], [], 0
    for picture in pictures:
        parts += [np.asarray(picture, float), space]
        middles.append(place + (picture.shape[1] - 1) / 2)
        place += picture.shape[1] + gap
    whole = np.concatenate(parts[:-1], axis=1)
    finite = whole[np.isfinite(whole)]
    traces = heat(
        whole,
        np.arange(whole.shape[1]),
        np.arange(tall),
        scale=GREYS,
        limits=(float(finite.min()), float(finite.max())),
        absent=np.isnan(whole),
        hover=f"row %{{y}}, {across} %{{x}}: %{{z:.2f}}<extra></extra>",
        bar=None,
    )
    at = {"xref": "x", "xanchor": "center", "yref": "paper", "yanchor": "top"}
    words = [_text(f"<b>{plain(answer, 12)}</b>", x, -0.03, **at) for x, answer in zip(middles, answers, strict=True)]
    columns, rows = _hidden(range=[-0.5, whole.shape[1] - 0.5]), _hidden(range=[tall - 0.5, -0.5])
    return _card(traces, title, columns, rows, annotations=words, margin=_margin(b=24))


def paths(strokes: Sequence[np.ndarray], answers: Sequence[str], title: str) -> go.Figure:
    """Strokes (T, 2) of a pen side by side, from a round start, each with its answer below."""
    traces: list[Any] = []
    axes: dict[str, Any] = {}
    words = []
    for k, stroke in enumerate(strokes):
        ref = "" if k == 0 else str(k + 1)
        colour, _ = CELL_STYLES[2]
        hover = "x %{x:.2f}, y %{y:.2f}<extra></extra>"
        traces += line(
            stroke[:, 0], stroke[:, 1], plain(answers[k], 16), colour, hover=hover, axes=(f"x{ref}", f"y{ref}")
        )
        start = {"type": "scatter", "mode": "markers", "x": stroke[:1, 0], "y": stroke[:1, 1], "name": "start"}
        start |= {
            "xaxis": f"x{ref}",
            "yaxis": f"y{ref}",
            "marker": {"color": colour, "size": 7},
            "hovertemplate": hover,
        }
        traces.append(start)
        low, high = k / len(strokes) + 0.02, (k + 1) / len(strokes) - 0.02
        axes[f"xaxis{ref}"] = _hidden(domain=[low, high], anchor=f"y{ref}")
        axes[f"yaxis{ref}"] = _hidden(anchor=f"x{ref}", scaleanchor=f"x{ref}")
        at = {"xanchor": "center", "yref": "paper", "yanchor": "top"}
        words.append(_text(f"<b>{plain(answers[k], 12)}</b>", (low + high) / 2, -0.03, **at))
    return _card(traces, title, axes.pop("xaxis"), axes.pop("yaxis"), annotations=words, margin=_margin(b=24), **axes)


def _words(words: list[dict[str, Any]], lines: float, title: str) -> go.Figure:
    """Words that stand at whole lines from the top, of at least seven."""
    tall = max(lines, 7.0)
    for each in words:
        each["y"] = 1 - each["y"] / tall
    return _card([], title, _hidden(range=[0, 1]), _hidden(range=[0, 1]), annotations=words)


def _text(text: str, x: float, y: float, **changes: Any) -> dict[str, Any]:
    base = {"text": text, "x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"}
    return base | {"showarrow": False, "font": {"size": 12}, "align": "left"} | changes


def _hidden(**changes: Any) -> dict[str, Any]:
    return {"visible": False, "automargin": False, "fixedrange": True, "title": {"text": ""}} | changes


def _margin(**changes: int) -> dict[str, int]:
    return {"l": 8, "r": 8, "t": HEAD, "b": 4} | changes


def _card(traces: list[Any], title: str, xaxis: dict[str, Any], yaxis: dict[str, Any], **layout: Any) -> go.Figure:
    layout.setdefault("margin", _margin())
    return figure(traces, title, xaxis, yaxis, height=HEIGHT, **layout)
