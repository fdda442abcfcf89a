"""Notes as sound: each a sum of harmonics k of its pitch that fade, exp(-(2 + k) t) sin(2π k f t) / k²."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RATE = 16_000  # samples a second
EIGHTH = 0.22  # seconds
HARMONICS = 6
FADE = 0.01  # seconds in which a note begins and ends, so that nothing clicks

Notes = Sequence[tuple[int | None, int]]


def played(notes: Notes) -> np.ndarray:
    """(N,) samples from -1 to 1 of (pitch as MIDI counts, None for a rest; length in eighths), one after the other."""
    parts = [np.zeros(1)]
    for pitch, eighths in notes:
        t = np.arange(round(eighths * EIGHTH * RATE)) / RATE
        parts.append(np.zeros_like(t) if pitch is None else _tone(440 * 2 ** ((pitch - 69) / 12), t))
    return np.concatenate(parts)


def _tone(f: float, t: np.ndarray) -> np.ndarray:
    k = np.arange(1, HARMONICS + 1)[:, None]
    tone = (np.exp(-(2 + k) * t) * np.sin(2 * np.pi * k * f * t) / k**2).sum(axis=0)
    edges: np.ndarray = np.minimum(1, np.minimum(t, t[-1] - t) / FADE)
    return 0.6 * tone * edges
