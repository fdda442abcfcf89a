"""A sequence as what it is, on the page Train: a film, a pen's path, a melody or speech, seen and heard."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st
from plotly.graph_objects import Figure

from rnnviz import speech, tunes
from rnnviz.analysis.continuing import continued
from rnnviz.app import session
from rnnviz.app.live import soon
from rnnviz.app.results import result
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.figures import signals
from rnnviz.figures.tokens import softmax
from rnnviz.runs.view import View
from rnnviz.tasks import Task
from rnnviz.tasks.base import PROBE_SIZE
from rnnviz.tasks.music import sung
from rnnviz.tasks.video import SIDE, pixels
from rnnviz.trace import Trace

GIVEN, MADE_UP, TEMPERATURE = 24, 72, 0.6  # eighths of a melody, and how boldly the network goes on

PLAY_ON = f"What the network, as it is now, makes of the first {GIVEN} eighths."


@dataclass(frozen=True)
class Seen:
    """figure: its name in FIGURES. draw: makes it from a task, a Trace and a sequence. says: whether it shows what the
    network says, and so changes as that trains."""

    figure: str
    draw: Callable[[Any, Trace, int], Figure]
    says: bool


def _film(task: Task, trace: Trace, sequence: int) -> Figure:
    assert trace.outputs is not None and trace.targets is not None
    frames = task.probe().inputs[sequence].reshape(-1, SIDE, SIDE)
    truth, said = (pixels(np.asarray(places[sequence], float)) for places in (trace.targets, trace.outputs))
    return signals.film(frames, truth, said)


def _pen(task: Task, trace: Trace, sequence: int) -> Figure:
    moves, name = _one(task, sequence)
    return signals.pen(moves[:, :2], moves[:, 2], name)


def _spectrogram(task: Task, trace: Trace, sequence: int) -> Figure:
    energy, name = _one(task, sequence)
    return signals.spectrogram(energy, task.input_labels, f"“{name}”")


def _piano(task: Any, trace: Trace, sequence: int) -> Figure:
    assert trace.outputs is not None and trace.targets is not None
    return signals.piano(trace.targets[sequence], task.labels, softmax(trace.outputs[sequence]))


SEEN = {
    "video": Seen("film", _film, True),
    "gestures": Seen("pen", _pen, False),
    "spoken_digits": Seen("spectrogram", _spectrogram, False),
    "music": Seen("piano", _piano, True),
}


def draw(task: Task, trace: Trace, sequence: int, version: Hashable) -> None:
    """The sequence that is looked at, as a picture of its own, where its task has one."""
    if seen := SEEN.get(task.name):
        of = (task.name, task.config, sequence, version if seen.says else None)
        picture(seen.figure, "train signal", of, lambda: seen.draw(task, trace, sequence))


def hear(job: str, task: Task) -> None:
    """The sequences aloud, where the task has a sound."""
    if voice := HEARD.get(task.name):
        voice(job, task)


@st.fragment(key="speech")
def _speech(job: str, task: Any) -> None:
    soon()
    speakers, digits = task.chosen(np.random.default_rng(0), PROBE_SIZE, "heldout")
    with st.container(horizontal=True, vertical_alignment="center"):
        k = _pick([f"Sequence {n}: {task.labels[digit]}" for n, digit in enumerate(digits)])
        st.audio(_said(int(speakers[k]), int(digits[k])), sample_rate=speech.RATE, width=300)
        st.caption(f"Speaker {speakers[k]}, who does not train. This voice is synthesised.", width="content")


@st.fragment(key="melody")
def _melody(job: str, task: Any) -> None:
    soon()
    titles = task.titles(PROBE_SIZE)
    batch, view = task.probe(), session.engine().latest(job)
    with st.container(horizontal=True, vertical_alignment="center"):
        k = _pick([f"Sequence {n}: {title}" for n, title in enumerate(titles)])
        whole = np.append(batch.inputs[k], batch.targets[k][-1:])
        st.audio(tunes.played(sung(whole)), sample_rate=tunes.RATE, width=300)
        pressed = st.button("Play on", icon=":material/music_note:", help=PLAY_ON)
    if view is None or view.shown_trace is None:
        return
    if pressed:
        session.visitor().noted["played on"] = job, k, view.shown_step
    if session.visitor().noted.get("played on", ())[:2] != (job, k):
        return
    _played_on(view, view.shown_trace, task, whole[:GIVEN], k)


def _played_on(view: View, trace: Trace, task: Any, given: np.ndarray, k: int) -> None:
    """What the network made up when it was asked to, heard and seen."""
    asked = session.visitor().noted["played on"]

    def make() -> np.ndarray:
        return continued(trace, given, MADE_UP, TEMPERATURE, np.random.default_rng([task.config.seed, k]))

    try:
        made = result("played on", asked, make)
    except ValueError as error:
        st.info(literal(str(error)), icon=":material/info:")
        return
    st.audio(tunes.played(sung(np.append(given, made))), sample_rate=tunes.RATE, width=400)
    st.caption(
        f"The first {len(given)} eighths are given. The rest the network made up at step {asked[2]:,}: every eighth is "
        f"drawn from its own predictions, sharpened (temperature {TEMPERATURE})."
    )
    tokens = np.append(given, made)
    picture("melody", "train played on", asked, lambda: signals.piano(tokens, task.labels, begun=len(given)))


HEARD: dict[str, Callable[[str, Any], None]] = {"spoken_digits": _speech, "music": _melody}


def _pick(names: list[str]) -> int:
    """Which of the sequences is heard; at first the one that is looked at."""
    at = min(session.visitor().look.sequence, len(names) - 1)
    return st.selectbox(
        "Listen to", range(len(names)), at, names.__getitem__, key="heard", label_visibility="collapsed", width=330
    )


def _one(task: Task, sequence: int) -> tuple[np.ndarray, str]:
    """Inputs (T, D) of a sequence of a probe, without padding, and the name of its class."""
    batch = task.probe()
    assert batch.lengths is not None
    return batch.inputs[sequence, : batch.lengths[sequence]], task.labels[batch.targets[sequence]]


@lru_cache(maxsize=32)
def _said(speaker: int, digit: int) -> np.ndarray:
    return speech.say(speaker, digit)
