"""Speech, gestures, films and melodies: what is in them, read back from the numbers by other means."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from rnnviz import speech
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.errors import DataError
from rnnviz.tasks import TASKS, make_task, spoken_digits
from rnnviz.tasks.gestures import GESTURES, SCALE, templates
from rnnviz.tasks.melodies import MELODIES, notes
from rnnviz.tasks.music import book
from rnnviz.tasks.video import RADIUS, SIDE


def made(name, **changes):
    return make_task(ExperimentConfig(task=name).with_(**TASKS[name].defaults).with_(precision="float64", **changes))


# gestures


def drawn(task, size=600):
    """Sequences of a task as the pen's paths, (T + 1, 2) each, with the pen (T,) and the class."""
    batch = task.heldout(size)
    for moves, length, gesture in zip(batch.inputs, batch.lengths, batch.targets, strict=True):
        path = np.concatenate([[[0, 0]], moves[:length, :2].cumsum(axis=0)]) / SCALE
        yield path, moves[:length, 2], GESTURES[gesture]


def turning(path):
    """Full turns of the pen's direction from beginning to end, anticlockwise."""
    step = np.diff(path[::3], axis=0)
    angle = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    return (angle[-1] - angle[0]) / (2 * np.pi)


def test_gestures_are_what_they_are_called():
    seen = Counter()
    for path, pen, name in drawn(made("gestures", length=80)):
        seen[name] += 1
        middle = (path.max(axis=0) + path.min(axis=0)) / 2
        away = np.hypot(*(path - middle).T)
        begins, ends = away[:8].mean(), away[-8:].mean()
        assert (pen == 0).any() == (name == "cross"), name
        if name.startswith("circle"):
            assert np.hypot(*(path[-1] - path[0])) < 0.9
            assert -1.2 < turning(path) * (-1 if name.endswith("anticlockwise") else 1) < -0.5, (name, turning(path))
        if name.startswith("spiral"):
            assert (begins > 1.5 * ends) == (name == "spiral, inwards")
        if name in ("square", "triangle"):
            assert np.hypot(*(path[-1] - path[0])) < 0.9
        if name in ("zigzag", "wave"):
            assert path[-1, 0] - path[0, 0] > 1
    assert set(seen) == set(GESTURES) and min(seen.values()) > 30


def test_two_gestures_leave_the_same_ink_in_another_order():
    points, _ = templates()
    for one, other in (("circle, clockwise", "circle, anticlockwise"), ("spiral, inwards", "spiral, outwards")):
        ink, reverse = points[GESTURES.index(one)], points[GESTURES.index(other)][::-1]
        assert np.abs(ink - reverse).max() < 0.02


def test_hands_are_fast_or_slow_and_what_is_too_short_is_refused():
    lengths = made("gestures", length=50).heldout(500).lengths
    assert lengths.min() == 30 and lengths.max() == 50 and len(set(lengths)) == 21
    batch = made("gestures", length=50).heldout(20)
    for row, length in zip(batch.inputs, batch.lengths, strict=True):
        assert not row[length:].any() and row[length - 1].any()
    with pytest.raises(ConfigError, match="at least 4"):
        made("gestures", length=3)


# video


def centre(frames):
    """Where the light of each frame is, right and up from -1 to 1; NaN where there is none. (B, T, 2)"""
    light = frames.reshape(*frames.shape[:2], SIDE, SIDE)
    total = light.sum(axis=(2, 3))
    place = (np.arange(SIDE) - (SIDE - 1) / 2) / ((SIDE - 1) / 2 - RADIUS)
    with np.errstate(invalid="ignore"):
        right, down = light.sum(axis=2) @ place / total, light.sum(axis=3) @ place / total
    return np.stack([right, -down], axis=2)


def test_the_ball_of_the_next_frame_is_the_target():
    batch = made("video").heldout(200)
    seen = centre(batch.inputs)
    lit = np.isfinite(seen[:, 1:]).all(axis=2)
    # near a wall the blob is cut off, so its centre of light lies a little further inside
    error = np.abs(seen[:, 1:] - batch.targets[:, :-1])
    assert lit.sum() > 2000 and error[lit].max() < 0.2
    inside = lit & (np.abs(batch.targets[:, :-1]).max(axis=2) < 0.6)
    assert error[inside].max() < 0.01


def test_once_a_film_it_is_dark_and_the_ball_flies_on():
    batch = made("video", length=20).heldout(300)
    dark = ~batch.inputs.any(axis=2)
    assert (dark.sum(axis=1) == 6).all() and not dark[:, :4].any()
    begins = dark.argmax(axis=1)
    assert set(begins) == set(range(4, 15))
    for row, first in zip(dark, begins, strict=True):
        assert row[first : first + 6].all()


@pytest.mark.parametrize(("length", "seen", "dark"), [(1, 0, 0), (2, 1, 0), (4, 2, 1), (9, 4, 2)])
def test_a_short_film_is_light_for_half_of_it(length, seen, dark):
    black = ~made("video", length=length).heldout(50).inputs.any(axis=2)
    assert not black[:, :seen].any() and (black.sum(axis=1) == dark).all()


def test_the_ball_keeps_its_speed_and_turns_at_the_walls_alone():
    path = made("video", length=60).heldout(100).targets
    assert np.abs(path).max() <= 1
    step = np.diff(path, axis=1)
    for sequence, moves in zip(path, step, strict=True):
        for axis in range(2):
            fast = np.abs(moves[:, axis])
            usual = np.median(fast)
            bounced = ~np.isclose(fast, usual, atol=1e-9)  # or turned back at a wall within this step
            close = np.maximum(np.abs(sequence[:-1, axis]), np.abs(sequence[1:, axis])) + usual >= 1 - 1e-9
            assert (~bounced | close).all()


def test_guessing_the_middle_of_the_room():
    task = made("video")
    assert task.baseline == pytest.approx(np.mean(task.heldout(4000).targets ** 2), rel=0.03)


# melodies


def test_notes_are_read_by_name():
    assert notes("a1") == [(69, 1)]  # 440 Hz
    assert notes("c2 | c'4 c,1 f#2 bb3 r8") == [(60, 2), (72, 4), (48, 1), (66, 2), (70, 3), (None, 8)]
    for wrong in ("h2", "c", "c''2", "#2"):
        with pytest.raises(ValueError, match="is no note"):
            notes(wrong)


def test_bars_are_full():
    """Every bar of a melody is as long as the others; a beginning in the middle of one is made up for at the end."""
    for name, melody in MELODIES.items():
        bars = [sum(eighths for _, eighths in notes(bar)) for bar in melody.split("|")]
        usual = max(set(bars), key=bars.count)
        if bars[0] != usual:
            bars = [*bars[1:-1], bars[0] + bars[-1]]
        assert set(bars) == {usual}, name


def sung(task, tokens):
    """[(pitch, None for a rest; eighths)] of tokens, by their labels, with what was held at the beginning left out."""
    scale = {name: k for k, name in enumerate(["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"])}
    found = []
    for label in (task.labels[token] for token in tokens):
        if label == "–":
            found[-1:] = [(found[-1][0], found[-1][1] + 1)] if found else []
        else:
            found.append((None if label == "rest" else scale[label[:-1]] + 12 * (int(label[-1]) + 1), 1))
    return found


def test_windows_are_melodies_that_are_only_moved():
    """Intervals and lengths of a window stand in the melody it is said to be of, played round and round."""
    task = made("music", length=40)
    batch, titles = task.heldout(60), task.titles(60)
    whole = np.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)
    assert len(set(titles)) == len(MELODIES)
    for tokens, title in zip(whole, titles, strict=True):
        heard, tune = sung(task, tokens)[:-1], notes(MELODIES[title]) * 3  # the last note may be cut
        moves = {
            {heard_pitch - pitch for (heard_pitch, _), (pitch, _) in zip(heard, part, strict=False) if pitch}
            == {heard[0][0] - part[0][0]}
            for start in range(len(tune) // 3)
            if (part := tune[start : start + len(heard)])[0][0] and [e for _, e in part] == [e for _, e in heard]
            and [p is None for p, _ in part] == [p is None for p, _ in heard]
        }  # fmt: skip
        assert True in moves, title


@pytest.mark.parametrize(("test_fraction", "keys"), [(0.0, (9, 3, 0)), (0.25, (6, 3, 3)), (0.5, (3, 3, 6))])
def test_every_melody_is_heard_in_some_keys_and_asked_in_others(test_fraction, keys):
    plays = made("music", test_fraction=test_fraction).plays
    for melody in range(len(MELODIES)):
        own = [{key for m, key, _ in plays[split].tolist() if m == melody} for split in ("train", "heldout", "test")]
        assert tuple(map(len, own)) == keys and set().union(*own) == set(range(12))
    held_out = Counter(key for _, key, _ in plays["heldout"].tolist())
    assert len(held_out) == 12  # no pitch is asked for that was never heard


def test_no_three_bars_that_are_asked_for_were_heard():
    task = made("music", length=24, test_fraction=0.2)
    parts = {}
    for split, plays in task.plays.items():
        parts[split] = {row.tobytes() for row in book().tokens(plays, 24)}
    assert not parts["heldout"] & parts["train"] and not parts["test"] & (parts["train"] | parts["heldout"])


def test_music_baseline_is_guessing_by_frequency():
    task = made("music")
    heard = {"train": Counter(), "heldout": Counter()}
    eighths = [sum(length for _, length in notes(text)) for text in MELODIES.values()]
    for split, counter in heard.items():
        for melody, key in sorted({(m, k) for m, k, _ in task.plays[split].tolist()}):
            counter.update(book().tokens(np.array([[melody, key, 0]]), eighths[melody])[0].tolist())
    total = sum(heard["train"].values()) + task.output_size
    loss = -sum(n * math.log((heard["train"][k] + 1) / total) for k, n in heard["heldout"].items())
    assert task.baseline == pytest.approx(loss / sum(heard["heldout"].values()), rel=1e-9)


# spoken digits


def test_the_file_of_features_is_what_its_script_makes():
    """Of a few utterances; rounding to whole numbers may fall differently on another machine."""
    with np.load(spoken_digits.FILE, allow_pickle=False) as kept:
        parts = np.split(kept["features"], kept["ends"][:-1])
    assert len(parts) == 720 and spoken_digits.FILE.stat().st_size < 300_000
    for speaker, digit in ((0, 0), (13, 6), (71, 9)):
        again = speech.features(speech.say(speaker, digit)).astype(int)
        assert again.shape == parts[10 * speaker + digit].shape
        assert np.abs(again - parts[10 * speaker + digit]).max() <= 1


def test_the_synthesiser_puts_formants_where_it_should(monkeypatch):
    """The strongest frequencies of a long vowel, from its spectrum, are near its formants; its pitch is its period."""
    monkeypatch.setitem(speech.WORDS, "zero", "aa 800")
    track = speech._track("zero", 1.0)
    samples = speech._voiced(track, np.full(len(track), 100.0))[2000:8000]
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    f = np.fft.rfftfreq(len(samples), 1 / speech.RATE)
    for formant in (730, 1090, 2440):
        near = (f > formant - 170) & (f < formant + 170)
        assert abs(f[near][power[near].argmax()] - formant) <= 60  # the nearest harmonics are 50 Hz away at most
    between = (f > 1500) & (f < 1900)
    assert power[between].max() < 0.05 * power[(f > 600) & (f < 1200)].max()
    echo = np.correlate(samples, samples, "full")[len(samples) - 1 :]
    assert 60 + echo[60:400].argmax() == speech.RATE // 100


def test_mel_bands_overlap_by_half_and_rise_in_pitch():
    bands = speech.mel_bands()
    f = np.fft.rfftfreq(speech.WINDOW, 1 / speech.RATE)
    middle = np.array([float(name.split()[0]) for name in spoken_digits.band_names()])
    assert np.abs(f[bands.argmax(axis=1)] - middle).max() <= 2 * f[1] and (np.diff(middle) > 0).all()
    inside = (f > middle[0]) & (f < middle[-1])
    assert np.allclose(bands[:, inside].sum(axis=0), 1)


def test_every_voice_is_of_one_part():
    task = made("spoken_digits", test_fraction=0.2)
    train, heldout, test = (task.speakers[split] for split in ("train", "heldout", "test"))
    assert sorted([*train, *heldout, *test]) == list(range(72)) and (len(train), len(test)) == (43, 14)
    batch = task.heldout(10_000)
    assert len(batch.inputs) == 10 * len(heldout) and Counter(batch.targets.tolist()) == dict.fromkeys(range(10), 15)
    for row, length in zip(batch.inputs, batch.lengths, strict=True):
        assert not row[length:].any() and row[length - 1].any()
    said = [task.said[s, d, :n] for s in train for d in range(10) if (n := task.lengths[s, d])]
    every = np.concatenate(said)
    assert np.allclose(every.mean(0), 0, atol=1e-12) and np.allclose(every.std(0), 1)


def test_features_that_are_missing_are_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(spoken_digits, "FILE", tmp_path / "gone.npz")
    spoken_digits._said.cache_clear(), spoken_digits._file.cache_clear()
    with pytest.raises(DataError, match="python -m rnnviz.speech"):
        made("spoken_digits")
