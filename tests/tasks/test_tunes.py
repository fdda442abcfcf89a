"""Notes have the pitch and the length that they are written with; a melody's tokens are read back as its notes."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz import tunes
from rnnviz.config import ExperimentConfig
from rnnviz.tasks import TASKS, make_task
from rnnviz.tasks.melodies import MELODIES, notes
from rnnviz.tasks.music import FIRST, HOLD, REST, book, sung

EIGHTH = round(tunes.EIGHTH * tunes.RATE)


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440.0), (60, 261.63), (81, 880.0), (54, 185.0)])
def test_the_strongest_frequency_is_the_notes_own(pitch, hertz):
    samples = tunes.played([(pitch, 8)])
    power = np.abs(np.fft.rfft(samples)) ** 2
    f = np.fft.rfftfreq(len(samples), 1 / tunes.RATE)
    assert f[power.argmax()] == pytest.approx(hertz, abs=1.0)


def test_notes_come_one_after_the_other_and_never_click():
    samples = tunes.played([(60, 1), (None, 2), (64, 4)])
    assert len(samples) == pytest.approx(7 * EIGHTH, abs=4) and np.abs(samples).max() <= 1
    assert not samples[EIGHTH + 2 : 3 * EIGHTH - 2].any()
    assert samples[3 * EIGHTH + 200 :].any() and abs(samples[-1]) < 1e-3
    assert np.abs(np.diff(samples)).max() < 0.35
    assert len(tunes.played([])) == 1


def test_tokens_are_sung_as_the_notes_they_were_made_of():
    for number, melody in enumerate(MELODIES.values()):
        tune = notes(melody)
        tokens = book().tokens(np.array([[number, 4, 0]]), sum(eighths for _, eighths in tune))[0]
        heard = sung(tokens)
        assert [eighths for _, eighths in heard] == [eighths for _, eighths in tune]
        moved = {a - b for (a, _), (b, _) in zip(heard, tune, strict=True) if b is not None}
        assert len(moved) == 1 and [a is None for a, _ in heard] == [b is None for b, _ in tune]


def test_the_names_of_tokens_are_the_pitches_that_are_sung():
    task = make_task(ExperimentConfig(task="music").with_(**TASKS["music"].defaults))
    a = task.labels.index("A4")
    assert sung(np.array([HOLD, REST, a, HOLD, FIRST])) == [(None, 1), (None, 1), (69, 2), (book().lowest, 1)]
