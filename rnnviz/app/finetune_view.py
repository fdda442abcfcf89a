"""What the page Fine-tuning shows: weights to begin with, what stays of them, and both networks side by side."""

from __future__ import annotations

import numpy as np
import streamlit as st

from rnnviz.app import controls, session, starts
from rnnviz.app.controls import page_choice, setting_switch
from rnnviz.app.frame import page
from rnnviz.app.live import Views, state_words, trouble
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.breakpoints import best_check
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.figures.runs import runs_figure
from rnnviz.glossary import lookup
from rnnviz.run import History
from rnnviz.runs.store import StoreError
from rnnviz.runs.view import View
from rnnviz.start import EMBEDDINGS, FROZEN_PARTS, Start, from_scratch
from rnnviz.tasks import TASKS, Task
from rnnviz.trace import Trace

SCRATCH, TUNED = "from scratch", "fine-tuned"  # as `experiment.both_of` names them
STEPS = (300, 1000, 3000)
FREEZE = {"nothing": "Nothing", "embedding": "Embedding", "recurrent": "Recurrent layers", "both": "Both"}
READOUT = {"kept": "Kept", "new": "New"}
PARTS = {
    "embed": "embedding",
    "embed_source": "embedding of the source",
    "readout": "readout",
    "rnn": "recurrent layers",
}
WIDE = 340  # pixels


def choose(settings: ExperimentConfig) -> Start | None:
    """The weights to begin with and the task that they are to learn; None where none are chosen yet."""
    try:
        found = starts.choices()
    except StoreError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return None
    if not found:
        st.info("Nothing has learned anything yet. Train a run first, or bring weights of your own.",
                icon=":material/play_circle:")  # fmt: skip
        with st.container(horizontal=True, gap="small"):
            st.page_link(page("train.py"), label="Open Train", icon=":material/play_circle:")
            st.page_link(page("your_model.py"), label="Open Your model", icon=":material/deployed_code:")
        return None
    start = session.visitor().starts.get(settings.start)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        _begin_with(found, start)
        if start is not None:
            _task(start, settings)
    if start is None:
        words = "Choose a run: the page makes two networks for the task of your settings, one of which begins there."
        gone = f"The weights of fingerprint `{settings.start}` are not in hand. " if settings.start else ""
        st.info(gone + words, icon=":material/arrow_upward:")
    return start


def _begin_with(found: dict[str, str], start: Start | None) -> None:
    key, keys = "finetune start", list(found)
    now = controls.show(key, starts.chosen(start, found))
    st.selectbox(
        "Begin with",
        keys,
        None if now is None else keys.index(now),
        format_func=lambda each: found.get(each, each),
        key=key,
        placeholder="A run of yours, or weights in hand",
        width=WIDE,
        help="Its weights as last saved. Weights from elsewhere come from the page Your model.",
        on_change=lambda: starts.begin_with(st.session_state[key], controls.current()),
    )


def _task(start: Start, settings: ExperimentConfig) -> None:
    names = starts.fitting(start)
    names = names if settings.task in names else [settings.task, *names]
    key = "finetune task"
    st.selectbox(
        "New data",
        names,
        names.index(controls.show(key, settings.task)),
        format_func=lambda name: TASKS[name].label,
        key=key,
        width=WIDE,
        help="Tasks whose inputs these recurrent layers can read. Data of your own come from the page Your data; they "
        "are prepared as those were that the weights know.",
        on_change=lambda: starts.take(start, st.session_state[key], controls.current()),
    )


def options(settings: ExperimentConfig, start: Start) -> int:
    """What stays as it is, and how long is trained."""
    embedded = any(name.partition(".")[0] in EMBEDDINGS for name in start.weights)
    freeze = [name for name in FREEZE if embedded or name in ("nothing", "recurrent") or name == settings.freeze]
    with st.container(horizontal=True, gap="medium"):
        setting_switch(
            "freeze", settings, "Freeze", freeze, "What training leaves as it is, bit for bit.",
            FREEZE.__getitem__, "visible",
        )  # fmt: skip
        setting_switch(
            "readout", settings, "Readout", list(READOUT),
            "Whether the readout of these weights goes along. One for other classes begins anew in any case.",
            READOUT.__getitem__, "visible",
        )  # fmt: skip
        steps: int = page_choice("steps", "Steps", STEPS, STEPS[0], "Play trains both up to this step.", "{:,}".format)
    return steps


def draw(views: Views, settings: ExperimentConfig, start: Start, task: Task) -> None:
    """Both networks in numbers, and their curves over one another."""
    scratch, tuned = views[SCRATCH], views[TUNED]
    if trouble(views) or tuned.trace is None:
        return
    st.caption(taken(tuned.trace, settings, start))
    for column, (name, view) in zip(st.columns(2, gap="medium"), views.items(), strict=True):
        with column, st.container(border=True, key=f"finetune {name}"):
            _numbers(name, view, task)
    st.markdown(sooner(scratch.history, tuned.history) or "How much sooner fine-tuning gets there will stand here.")
    seen = tuple((view.job, view.revision) for view in views.values())
    quantities = ["heldout_loss", *([task.metric] if task.metric != task.loss else [])]
    for column, quantity in zip(st.columns(len(quantities), gap="medium"), quantities, strict=True):
        with column:
            picture("runs", f"finetune {quantity}", seen, lambda quantity=quantity: _curves(views, quantity))  # type: ignore[misc]


def to_train(settings: ExperimentConfig) -> None:
    """The way to each of the two on the page Train."""
    with st.container(horizontal=True, gap="small"):
        if st.button("Fine-tuned on Train", icon=":material/play_circle:", help="With the other beside it"):
            st.switch_page(page("train.py"))
        if st.button("From scratch on Train", icon=":material/play_circle:"):
            controls.take(from_scratch(settings))
            st.switch_page(page("train.py"))


def taken(trace: Trace, settings: ExperimentConfig, start: Start) -> str:
    """Which parts the network has from the weights it began with, and which began anew, in a sentence."""
    shapes = {name: array.shape for name, array in trace.model_weights.items()}
    new = ("readout",) * (settings.readout == "new")
    parts: dict[str, bool] = {}
    for name, shape in shapes.items():
        part = name.partition(".")[0]
        own = start.weights.get(name)
        parts[part] = parts.get(part, True) and own is not None and own.shape == shape and part not in new
    frozen = [PARTS["rnn"]] if "rnn" in FROZEN_PARTS[settings.freeze] else []
    frozen += [PARTS[part] for part in parts if part in FROZEN_PARTS[settings.freeze]]
    kept = [PARTS["rnn"], *(PARTS.get(part, part) for part, own in parts.items() if own)]
    anew = [PARTS.get(part, part) for part, own in parts.items() if not own]
    cell = CELLS[start.cell].label
    words = f"{literal(start.name)} ({cell}, {start.num_layers} × {start.hidden_size} units) gives {_and(kept)}"
    words += f"; {_and(anew)} begin{'s' * (len(anew) == 1)} anew" if anew else ""
    return words + (f". Frozen: {_and(frozen)}." if frozen else ".")


def sooner(scratch: History, tuned: History) -> str:
    """When the one that began with weights had what the other has come to, in a sentence; "" for nothing to say."""
    row = best_check(scratch, since=0)
    if row is None or len(tuned.checked) < 2:
        return ""
    best, at = scratch.heldout_loss[row], scratch.checked[row]
    there = np.flatnonzero(tuned.heldout_loss <= best)
    if not len(there):
        return f"Fine-tuning has not come to **{best:.4g}**, the best held-out loss from scratch (step {at:,}), so far."
    step = tuned.checked[there[0]]
    when = f"at step **{step:,}**" if step else "**before its first step**"
    return f"The best held-out loss from scratch, **{best:.4g}** at step {at:,}, fine-tuning had {when}."


def _numbers(name: str, view: View, task: Task) -> None:
    history = view.history
    with st.container(horizontal=True, gap="medium"):
        st.metric(name.capitalize(), state_words(view))
        st.metric("Step", f"{view.step:,}")
        known = len(history.checked) > 0
        st.metric("Held-out loss", f"{history.heldout_loss[-1]:.4g}" if known else "–")
        if task.metric != task.loss:
            label = lookup(task.metric).label
            st.metric(f"Held-out {label}", f"{history.metric[-1]:.4g}" if known else "–")


def _curves(views: Views, quantity: str) -> object:
    field = "heldout_loss" if quantity == "heldout_loss" else "metric"
    return runs_figure([(name, v.history.checked, getattr(v.history, field)) for name, v in views.items()], quantity)


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "nothing"
