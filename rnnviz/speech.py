"""Synthesised speech: the ten digits, said by speakers that do not exist. No recording of anybody is in it.

A formant synthesiser after Klatt (1980), Software for a cascade/parallel formant synthesizer, with the vowels of
Peterson & Barney (1952). What is voiced is a sum of harmonics k of the pitch f0(t),

    s(t) = Σ_k A(k f0, t)/k sin(2π k ∫ f0),    A(f, t) = Π_i F_i² / |F_i² - f² + j B_i f|,    i = 1, 2, 3

with formants F_i(t) that glide from sound to sound; what hisses is noise, shaped in frequency. What a network reads
is the energy in 16 mel bands every 20 ms.

`python -m rnnviz.speech FILE` makes the file of features that ships as `assets/spoken_digits.npz`.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

RATE = 12_000  # samples a second
SPEAKERS = 72
BANDS, LOWEST, HIGHEST = 16, 100.0, 5_800.0  # of the mel scale, Hz
HOP, WINDOW = RATE // 50, RATE // 25  # 20 ms and 40 ms
FLOOR, STEP = -7.0, 0.07  # natural logarithms of energy: 0 is FLOOR, each unit STEP more
CONTROL = RATE // 200  # samples between two settings of the synthesiser: 5 ms
GLIDE = 9  # settings over which a sound passes into the next
BANDWIDTHS = (70.0, 100.0, 150.0)


class Sound(NamedTuple):
    """Formants F1 to F3 (Hz), loudness of the voice, and of noise around a centre (Hz) of some width."""

    f1: float
    f2: float
    f3: float
    voice: float = 1.0
    noise: float = 0.0
    centre: float = 3000.0
    width: float = 1000.0


SOUNDS = {
    "iy": Sound(270, 2290, 3010), "ih": Sound(390, 1990, 2550), "eh": Sound(530, 1840, 2480),
    "ah": Sound(640, 1190, 2390), "aa": Sound(730, 1090, 2440), "ao": Sound(570, 840, 2410),
    "oh": Sound(500, 920, 2400), "uh": Sound(440, 1020, 2240), "uw": Sound(300, 870, 2240),
    "w": Sound(290, 650, 2200, 0.6), "r": Sound(330, 1060, 1500, 0.6), "n": Sound(250, 1450, 2500, 0.35),
    "v": Sound(250, 1100, 2100, 0.35, 0.05, 3500, 1500), "z": Sound(250, 1500, 2500, 0.35, 0.15, 4700, 900),
    "s": Sound(300, 1700, 2600, 0, 0.3, 4700, 900), "f": Sound(300, 1000, 2200, 0, 0.08, 3200, 2000),
    "th": Sound(300, 1300, 2400, 0, 0.06, 4000, 1800), "hush": Sound(300, 1700, 2600, 0),
    "t": Sound(300, 1800, 2700, 0, 0.35, 4000, 1200), "k": Sound(300, 1900, 2600, 0, 0.35, 2000, 700),
}  # fmt: skip
WORDS = {  # sounds and their lengths in ms
    "zero": "z 90 ih 70 r 80 oh 90 uh 90",
    "one": "w 80 ah 140 n 110",
    "two": "hush 40 t 50 uw 60 uw 160",
    "three": "th 90 r 80 iy 190",
    "four": "f 100 ao 150 r 110",
    "five": "f 100 aa 130 ih 90 v 90",
    "six": "s 120 ih 90 hush 50 k 30 s 130",
    "seven": "s 110 eh 90 v 60 ah 70 n 100",
    "eight": "eh 90 iy 110 hush 60 t 50",
    "nine": "n 90 aa 130 ih 90 n 100",
}
DIGITS = tuple(WORDS)


def say(speaker: int, digit: int) -> np.ndarray:
    """(N,) samples, RATE a second, from -1 to 1: a digit said by a speaker, both by number. Always the same."""
    voice, now = np.random.default_rng([1952, speaker]), np.random.default_rng([1980, speaker, digit])
    tract = voice.uniform(0.8, 1.25)  # formants lie the higher, the shorter the tract is
    pitch = 125 * tract**2.2 * voice.uniform(0.85, 1.2)
    rate, hiss = voice.uniform(0.75, 1.3), voice.uniform(0.01, 0.08)
    track = _track(DIGITS[digit], rate * now.uniform(0.92, 1.08))
    track[:, :3] *= tract * now.normal(1, 0.05, 3)
    track[:, 3:5] *= now.uniform(0.8, 1.2, 2)
    f0 = pitch * now.uniform(0.93, 1.07) * np.linspace(1.12, 0.82, len(track))
    samples = _voiced(track, f0) + _noise(track[:, 4:], now)
    samples = samples / np.abs(samples).max() * now.uniform(0.5, 0.9)
    loud: np.ndarray = np.clip(samples + hiss * now.normal(size=len(samples)), -1, 1)
    return loud


def features(samples: np.ndarray) -> np.ndarray:
    """(T, BANDS) whole numbers from 0 to 255: the logarithm of the energy in each mel band, every 20 ms."""
    starts = np.arange(0, max(1, len(samples) - WINDOW + 1), HOP)
    frames = np.pad(samples, (0, WINDOW))[starts[:, None] + np.arange(WINDOW)] * np.hanning(WINDOW)
    energy = np.abs(np.fft.rfft(frames, axis=1)) ** 2 @ mel_bands().T
    return np.clip(np.rint((np.log(energy + 1e-9) - FLOOR) / STEP), 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def mel_bands() -> np.ndarray:
    """(BANDS, WINDOW // 2 + 1) triangles, evenly spaced on the mel scale of 2595 log10(1 + f/700)."""
    low, high = (2595 * np.log10(1 + edge / 700) for edge in (LOWEST, HIGHEST))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    f = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rising = (f - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - f) / np.diff(edges)[1:, None]
    return np.clip(np.minimum(rising, falling), 0, None)


def _track(word: str, rate: float) -> np.ndarray:
    """(settings, 7): the fields of `Sound` every 5 ms, each sound gliding into the next; stops and hisses do not."""
    parts = WORDS[word].split()
    rows: list[Sound] = []
    for name, milliseconds in zip(parts[::2], parts[1::2], strict=True):
        rows += [SOUNDS[name]] * round(float(milliseconds) / rate / 5)
    track = np.array(rows, float)
    smooth = np.hanning(GLIDE + 2)[1:-1]
    glided = np.stack([np.convolve(np.pad(c, GLIDE // 2, "edge"), smooth / smooth.sum(), "valid") for c in track.T])
    glided[4:] = track.T[4:]
    return glided.T


def _voiced(track: np.ndarray, f0: np.ndarray) -> np.ndarray:
    settings = np.arange(len(track)) * CONTROL
    at = np.arange(len(track) * CONTROL)
    phase = 2 * np.pi * np.cumsum(np.interp(at, settings, f0)) / RATE
    total = np.zeros(len(at))
    for k in range(1, int(RATE / 2 / f0.max())):
        f = k * f0
        gain = track[:, 3] / k
        for formant, bandwidth in zip(track[:, :3].T, BANDWIDTHS, strict=True):
            gain = gain * formant**2 / np.hypot(formant**2 - f**2, bandwidth * f)
        total += np.interp(at, settings, gain) * np.sin(k * phase)
    return total


def _noise(shape: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White noise through the shape (settings, 3) of each 5 ms: loudness, centre, width; overlapping windows."""
    size = 4 * CONTROL
    total = np.zeros((len(shape) + 4) * CONTROL)
    f = np.fft.rfftfreq(size, 1 / RATE)
    for k, (loud, centre, width) in enumerate(shape):
        white = rng.normal(size=size)
        if loud:
            shaped = np.fft.irfft(np.fft.rfft(white) * np.exp(-(((f - centre) / width) ** 2) / 2), size)
            total[k * CONTROL : k * CONTROL + size] += loud * shaped * np.hanning(size)
    return total[: len(shape) * CONTROL]


def make(file: Path) -> None:
    """Write the features of all digits of all speakers, the speakers one after the other.

    features: (frames of all, BANDS) uint8. ends: (SPEAKERS * 10,) where each of them ends.
    """
    said = [features(say(speaker, digit)) for speaker in range(SPEAKERS) for digit in range(len(DIGITS))]
    ends = np.cumsum([len(each) for each in said]).astype(np.int32)
    np.savez_compressed(file, features=np.concatenate(said), ends=ends)
    print(f"{file}: {len(said)} utterances of {SPEAKERS} synthetic speakers, {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
