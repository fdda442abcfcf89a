"""Which gesture did the pen make?"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from rnnviz.config import ConfigError
from rnnviz.tasks.base import Batch, Task

GESTURES = (
    "circle, clockwise", "circle, anticlockwise", "spiral, inwards", "spiral, outwards", "square", "triangle",
    "zigzag", "wave", "figure eight", "cross",
)  # fmt: skip
POINTS = 401  # of a template
SHORTEST = 4  # time steps, in which hardly any gesture can still be told
FAST = 0.6  # the fastest hand needs so much of the longest time
SCALE = 10.0  # inputs are in tenths of half a gesture's height
TREMOR, ANGLE, SIZES, HASTE = 0.015, 0.3, (0.75, 1.25), 0.5


class Gestures(Task):
    """Recognise a gesture from how the pen moves.

    Trial: a pen draws one of ten gestures, from 0.6 T to T time steps long (T is the length). At every time step the
    net reads how far the pen moved to the right and up, and whether it touched the paper. After the last it must say
    which gesture it was. Clockwise and anticlockwise circles leave the same ink, and so do spirals drawn inwards and
    outwards: only the order in time tells them apart. Strokes are generated: each has its own size, width, slant,
    speed along the way and tremor, circles and spirals start anywhere, a square or triangle may go either way round.

    Shapes: inputs (B, T, 3), of several lengths; targets (B,) classes 0 to 9. Loss: cross entropy. Metric: accuracy.
    Baseline: ten gestures, equally frequent: ln 10 nats.
    Paper: Graves (2012), on pen strokes as sequences of offsets; the gestures are our own.
    """

    name = "gestures"
    label = "Gestures of a pen"
    summary = "Recognise a gesture from how the pen moves; some leave the same ink and differ in their order alone."
    source = "Graves (2012), Supervised sequence labelling with recurrent neural networks"
    defaults = {"cell": "gru", "length": 40, "hidden_size": 32, "batch_size": 64, "learning_rate": 1e-2}

    loss = "cross_entropy"
    metric = "accuracy"
    input_size = 3
    output_size = len(GESTURES)
    labels = GESTURES
    input_labels = ("to the right", "up", "pen down")
    baseline = math.log(len(GESTURES))
    baseline_words = "guessing one of ten gestures"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        if config.length < SHORTEST:
            raise ConfigError(f"length is {config.length}; a gesture needs at least {SHORTEST} time steps.")

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        classes = rng.integers(0, len(GESTURES), size)
        lengths = rng.integers(math.ceil(FAST * self.time_steps), self.time_steps + 1, size)
        steps = np.arange(lengths.max(initial=1) + 1)
        way = np.minimum(steps / lengths[:, None], 1)  # how much of the gesture is drawn
        haste, phase = rng.uniform(0, HASTE, (size, 1)), rng.uniform(0, 1, (size, 1))
        way = way + haste * (np.sin(2 * np.pi * (way + phase)) - np.sin(2 * np.pi * phase)) / (2 * np.pi)
        place = np.rint(np.clip(way, 0, 1) * (POINTS - 1)).astype(int)
        path, pen = templates()
        path, pen = path[classes[:, None], place], pen[classes[:, None], place]
        path = path @ _slants(rng, classes)
        moves = SCALE * np.diff(path, axis=1) + SCALE * TREMOR * rng.normal(size=(size, len(steps) - 1, 2))
        exists = steps[:-1] < lengths[:, None]
        inputs = np.concatenate([moves, pen[:, 1:, None]], axis=2) * exists[:, :, None]
        return Batch(inputs, classes, lengths=lengths)


def _slants(rng: np.random.Generator, classes: np.ndarray) -> np.ndarray:
    """(B, 2, 2) maps: turned a little (what is round: anywhere), larger or smaller, narrower or wider, squares
    and triangles mirrored at times, which is the other way round."""
    size = len(classes)
    turn = np.where(classes < 4, rng.uniform(0, 2 * np.pi, size), rng.uniform(-ANGLE, ANGLE, size))
    wide, tall = rng.uniform(*SIZES, (2, size))
    mirror = np.isin(classes, (4, 5)) & (rng.random(size) < 0.5)
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]).transpose(2, 0, 1)
    stretched = np.zeros((size, 2, 2))
    stretched[:, 0, 0], stretched[:, 1, 1] = wide * np.where(mirror, -1, 1), tall
    return stretched @ turned


@lru_cache(maxsize=1)
def templates() -> tuple[np.ndarray, np.ndarray]:
    """Of every gesture: points (10, POINTS, 2), right and up from -1 to 1, equally spaced along the way, and whether
    the pen touches the paper on the way to each (10, POINTS)."""
    t = np.linspace(0, 1, 2000)
    circle = _around(np.ones_like(t), -2 * np.pi * t)
    spiral = _around(1 - 0.88 * t, -5 * np.pi * t)
    corners = {
        "square": [(-1, 1), (1, 1), (1, -1), (-1, -1), (-1, 1)],
        "triangle": [(0, 1), (1, -0.8), (-1, -0.8), (0, 1)],
        "zigzag": [(-1, -0.6), (-0.6, 0.6), (-0.2, -0.6), (0.2, 0.6), (0.6, -0.6), (1, 0.6)],
        "cross": [(-0.8, 0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, -0.8)],
    }
    curves = {
        "circle, clockwise": circle,
        "circle, anticlockwise": circle[::-1],
        "spiral, inwards": spiral,
        "spiral, outwards": spiral[::-1],
        "wave": np.stack([2 * t - 1, 0.6 * np.sin(5 * np.pi * t)], axis=1),
        "figure eight": np.stack([0.6 * np.sin(4 * np.pi * t), np.cos(2 * np.pi * t)], axis=1),
    }
    curves |= {name: np.array(points, float) for name, points in corners.items()}
    points = np.stack([_evenly(curves[name]) for name in GESTURES])
    pen = np.ones(points.shape[:2])
    way = _lengths(curves["cross"])
    between = np.linspace(0, way[-1], POINTS)
    pen[GESTURES.index("cross"), (between > way[1]) & (between <= way[2])] = 0
    points.flags.writeable = pen.flags.writeable = False
    return points, pen


def _around(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _lengths(curve: np.ndarray) -> np.ndarray:
    """(N,) way from the first point of a curve (N, 2) to each."""
    return np.concatenate([[0], np.hypot(*np.diff(curve, axis=0).T).cumsum()])


def _evenly(curve: np.ndarray) -> np.ndarray:
    """POINTS points, equally spaced along a curve (N, 2)."""
    way = _lengths(curve)
    at = np.linspace(0, way[-1], POINTS)
    return np.stack([np.interp(at, way, axis) for axis in curve.T], axis=1)
