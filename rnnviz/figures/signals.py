"""One sequence of a signal as what it is: a sound, a film, a pen's path, a melody, with what the network says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import CELL_STYLES, INK, SEQUENTIAL
from rnnviz.figures.heat import colour_bar, heat
from rnnviz.figures.theme import Explained, axis, empty, figure
from rnnviz.figures.tokens import visible
from rnnviz.glossary import axis_title

SPECTROGRAM = Explained(
    "Sound",
    "Energy in every frequency band (low ones at the bottom) over time: bright bars are where the voice resonates, "
    "bright patches at the top are hisses.",
    "Two digits that look alike here and are still told apart, or the other way round.",
)
PEN = Explained(
    "Pen",
    "The way of the pen from the round start, lighter as time goes on; dotted where the pen is lifted.",
    "The same ink drawn the other way round that gets the same answer: then the order was not learnt.",
)
FILM = Explained(
    "Film",
    "Frame by frame as the network sees it. The circle is where the ball is in the next frame, the cross is where the "
    "network says it will be.",
    "A cross that stops in the dark: the network sees the ball but does not remember where it flies.",
)
PIANO = Explained(
    "Melody",
    "How likely the network takes every token to be next, eighth by eighth; circles are what comes.",
    "Bright cells that are no circles in the middle of a well-known melody, or sure ones before it can be known.",
)
GREYS = [[0.0, "#000000"], [1.0, "#FFFFFF"]]
MELODY = Explained(
    "Played on",
    "Where each note begins. Left of the line is what was given, right of it what the network made of it.",
    "The known melody to its end, although every eighth was drawn by chance.",
)
TRUE, SAID = "#5EC962", "#FF9E4A"  # seen on black, on white, and on both pages
ACROSS, MOST = 7, 42  # frames in a row, and of a film


def spectrogram(energy: np.ndarray, bands: Sequence[str], title: str = "") -> go.Figure:
    """Energy (T, D) in bands, low ones first, each with its name. title: what was said."""
    energy = np.asarray(energy)
    if not energy.size:
        return empty(SPECTROGRAM.title, "This sequence has no time steps.")
    rows = np.arange(energy.shape[1])
    finite = energy[np.isfinite(energy)]
    limits = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    names = [visible(name) for name in bands]
    hover = "%{text}, time step %{x}<br>%{z:.2f}<extra></extra>"
    text = np.broadcast_to(np.array(names)[:, None], energy.T.shape)
    bar = colour_bar("log energy, scaled")
    traces = heat(
        energy.T, np.arange(len(energy)), rows, scale=SEQUENTIAL, limits=limits, hover=hover, bar=bar, text=text
    )
    shown = rows[::3]
    yaxis = axis("", tickvals=shown, ticktext=[names[k] for k in shown], showgrid=False)
    xaxis = axis(axis_title("time_step"), showgrid=False, tickformat="d")
    return figure(traces, SPECTROGRAM.title, xaxis, yaxis, note=visible(title, 60), colour_bar=True, time=["x"])


def pen(moves: np.ndarray, down: np.ndarray, title: str = "") -> go.Figure:
    """Moves (T, 2), to the right and up, and whether the pen touches the paper (T,). title: which gesture it is."""
    moves, down = np.asarray(moves, float), np.asarray(down) > 0.5
    if not len(moves):
        return empty(PEN.title, "This sequence has no time steps.")
    path = np.concatenate([np.zeros((1, 2)), moves.cumsum(axis=0)])
    hover = "after time step %{customdata}<extra></extra>"
    traces: list[Any] = []
    for lifted in (False, True):
        part = np.flatnonzero(down != lifted)
        if not len(part):
            continue
        x, y = (
            np.stack([path[part, k], path[part + 1, k], np.full(len(part), np.nan)], axis=1).ravel() for k in (0, 1)
        )
        style = {"color": INK, "width": 1.5, "dash": "dot" if lifted else "solid"}
        strokes = {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": style, "hoverinfo": "skip"}
        traces.append(strokes | {"meta": {"ink": True}, "name": "pen lifted" if lifted else "pen down"})
    when = {"color": np.arange(len(moves)), "colorscale": SEQUENTIAL, "size": 7, "showscale": True}
    when["colorbar"] = colour_bar(axis_title("time_step"), tickformat="d")
    dots = {"type": "scatter", "mode": "markers", "x": path[1:, 0], "y": path[1:, 1], "marker": when, "name": "pen"}
    traces.append(dots | {"customdata": np.arange(len(moves)), "hovertemplate": hover})
    colour, _ = CELL_STYLES[2]
    start = {"type": "scatter", "mode": "markers", "x": path[:1, 0], "y": path[:1, 1], "name": "start"}
    look = {"color": colour, "size": 13, "symbol": "circle-open", "line": {"width": 3}}
    traces.append(start | {"marker": look, "hovertemplate": "start<extra></extra>"})
    finite = [[None if np.isnan(v) else float(v) for v in column] for column in path[1:].T]
    layout: dict[str, Any] = {"meta": {"path": dict(zip("xy", finite, strict=True))}, "height": 320}
    xaxis, yaxis = axis("to the right"), axis("up", scaleanchor="x")
    return figure(traces, PEN.title, xaxis, yaxis, note=visible(title, 60), colour_bar=True, **layout)


def film(frames: np.ndarray, truth: np.ndarray, said: np.ndarray) -> go.Figure:
    """Frames (T, H, W) from 0 to 1, and for each the true place in the next and the one that is said, (T, 2) each, as
    column and row of a frame."""
    frames = np.asarray(frames, float)
    count, (height, width) = min(len(frames), MOST), frames.shape[1:]
    if not count:
        return empty(FILM.title, "This film has no frames.")
    lines, columns = -(-count // ACROSS), min(count, ACROSS)
    tall, wide = height + 4, width + 1  # room for a number above each frame, and between frames
    grid = np.full((lines * tall, columns * wide), np.nan)
    corners = np.array([((t // ACROSS) * tall + 4, (t % ACROSS) * wide) for t in range(count)])
    for frame, (row, column) in zip(frames, corners, strict=False):
        grid[row : row + height, column : column + width] = frame
    x, y = np.arange(grid.shape[1]), np.arange(grid.shape[0])
    hover = "grey value %{z:.2f}<extra></extra>"
    traces = heat(grid, x, y, scale=GREYS, limits=(0, 1), hover=hover, bar=None, absent=np.isnan(grid))
    marks = (
        ("next, true", truth, "circle-open", TRUE),
        ("next, said", said, "x-thin", SAID),
    )
    for name, places, symbol, colour in marks:
        at = np.asarray(places, float)[:count] + corners[:, ::-1]
        inside = {"type": "scatter", "mode": "markers", "x": at[:, 0], "y": at[:, 1], "name": name}
        look = {"symbol": symbol, "size": 10, "color": colour, "line": {"width": 2, "color": colour}}
        told = f"{name}<br>after time step %{{customdata}}<extra></extra>"
        traces.append(inside | {"marker": look, "customdata": np.arange(count), "hovertemplate": told})
    numbers = [
        {"text": str(t), "x": column + width / 2 - 0.5, "y": row - 2.4, "showarrow": False, "font": {"size": 10}}
        for t, (row, column) in enumerate(corners.tolist())
    ]
    note = f"time steps 0 to {count - 1}" + (f" of {len(frames)}" if count < len(frames) else "")
    hidden = axis(visible=False, constrain="domain")  # and scaled alike, so that pixels are square
    across, down = hidden | {"range": [-0.5, len(x) - 1]}, hidden | {"range": [len(y) - 0.5, -0.5], "scaleanchor": "x"}
    layout: dict[str, Any] = {"height": 84 + 74 * lines, "margin": {"l": 8, "r": 8, "t": 76, "b": 8}}
    return figure(traces, FILM.title, across, down, note=note, legend=True, annotations=numbers, **layout)


def piano(tokens: np.ndarray, names: Sequence[str], chances: np.ndarray | None = None, begun: int = 0) -> go.Figure:
    """Tokens (T,) as notes over time, names of all tokens from the lowest pitch up, the first ones no pitches.

    chances: (T, O) what the network took each token for, before it came. begun: so many tokens were given, the rest it
    made up.
    """
    tokens = np.asarray(tokens)
    if not len(tokens):
        return empty(PIANO.title, "This sequence has no time steps.")
    time, rows = np.arange(len(tokens)), np.arange(len(names))
    shown = [visible(name) for name in names]
    traces: list[Any] = []
    if chances is not None:
        hover = "%{text}, time step %{x}<br>p = %{z:.3f}<extra></extra>"
        text = np.broadcast_to(np.array(shown)[:, None], np.shape(chances)[::-1])
        traces = heat(
            np.asarray(chances).T,
            time,
            rows,
            scale=SEQUENTIAL,
            limits=(0, 1),
            hover=hover,
            bar=colour_bar("p"),
            text=text,
        )
    notes = {"type": "scatter", "mode": "markers", "x": time, "y": tokens, "name": "what comes"}
    notes |= {"text": [shown[k] for k in tokens], "hovertemplate": "%{text}<br>time step %{x}<extra></extra>"}
    ring = {"symbol": "circle-open", "size": 7, "color": INK, "line": {"width": 2}}
    if chances is None:
        traces.append(notes | {"marker": ring, "meta": {"ink": True}})
    else:  # seen on dark and on bright cells
        traces.append(notes | {"marker": ring | {"size": 10, "color": "#000000"}, "hoverinfo": "skip"})
        traces.append(notes | {"marker": ring | {"color": "#FFFFFF"}})
    shapes = []
    if begun:
        wall = {"type": "line", "x0": begun - 0.5, "x1": begun - 0.5, "y0": 0, "y1": 1, "yref": "paper"}
        shapes = [wall | {"line": {"color": INK, "width": 1.5, "dash": "dash"}}]
    title = MELODY.title if begun else PIANO.title
    note = f"right of the line: made up, from time step {begun} on" if begun else ""
    ticks = [0, 1, *range(4, len(names), 4)] if len(names) > 6 else list(rows)
    yaxis = axis("", tickvals=ticks, ticktext=[shown[k] for k in ticks], range=[-0.6, len(names) - 0.4])
    xaxis = axis(axis_title("time_step"), tickformat="d", range=[-0.6, len(tokens) - 0.4])
    layout: dict[str, Any] = {"height": 380, "shapes": shapes, "colour_bar": chances is not None}
    return figure(traces, title, xaxis, yaxis, note=note, time=["x"], **layout)
