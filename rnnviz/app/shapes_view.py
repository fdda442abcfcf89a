"""The page Sequence shapes: four shapes with a real task each, and what a decoder makes of a source."""

from __future__ import annotations

import numpy as np
import streamlit as st

from rnnviz.analysis.answering import answer
from rnnviz.analysis.decoding import greedy
from rnnviz.app import kept, look, session, unrolled_view
from rnnviz.app.controls import current, echoed, setting_switch, show, take
from rnnviz.app.live import Views, soon, trouble
from rnnviz.app.results import recent
from rnnviz.app.settings import changed
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.app.writing import Reads, Translates, Writes, Writing, rows, source_of, symbols, table, write
from rnnviz.config import ATTENTIONS, ExperimentConfig
from rnnviz.figures.attention import attention_figure
from rnnviz.figures.tokens import softmax
from rnnviz.figures.writing import writing_figure
from rnnviz.runs.view import View
from rnnviz.shapes import SHAPES
from rnnviz.tasks import TASKS, Task
from rnnviz.tasks.symbols import END, START
from rnnviz.trace import Trace

EXAMPLES = {  # shape -> its task here, and what it is in a few words
    "seq→seq": ("sine", "forecast a wave, one step ahead"),
    "seq→vec": ("sentiment", "is a remark meant well?"),
    "vec→seq": ("caption", "name the digit in an image"),
    "encoder–decoder": ("translation", "translate a number in words"),
}
CHOICE, OWN = "shape choice", "shape own text"
MOST = 4  # classes that an answer names


@st.fragment
def choice(settings: ExperimentConfig) -> None:
    """The four shapes; each brings its task. Another task of the same shape stays until its shape is chosen anew.

    A fragment, as the settings are: a run of the whole page, with a link older than the choice, would undo it.
    """
    now = current()
    shape = TASKS[now.task].shape
    example = EXAMPLES[shape][0]
    told = {name: words for name, (_, words) in EXAMPLES.items()}
    if now.task != example:
        told[shape] = f"now: {TASKS[now.task].label}"
    st.radio(
        "Shape",
        list(EXAMPLES),
        index=list(EXAMPLES).index(show(CHOICE, shape)),
        format_func=lambda name: SHAPES[name].label.capitalize(),
        captions=list(told.values()),
        key=CHOICE,
        horizontal=True,
        label_visibility="collapsed",
        on_change=_chosen,
    )
    if now.task != example:
        st.button(
            f"Use the example: {TASKS[example].label}",
            key="shape example",
            type="tertiary",
            icon=":material/swap_horiz:",
            on_click=lambda: _use(example),
        )
    if now != settings:
        st.rerun()


def _chosen() -> None:
    if not echoed(CHOICE):
        _use(EXAMPLES[st.session_state[CHOICE]][0])


def _use(task: str) -> None:
    take(changed(current(), "task", task))


def switch(settings: ExperimentConfig) -> None:
    """How the decoder looks at its source. It is a setting: another choice is another run."""
    if not SHAPES[TASKS[settings.task].shape].encodes:
        return
    setting_switch(
        "attention",
        settings,
        "Attention",
        ATTENTIONS,
        "Whether and how the decoder looks back at the encoder's states. Another choice is another run.",
        lambda name: "No attention" if name == "off" else f"{name.capitalize()} attention",
    )


def draw(views: Views, task: Task) -> None:
    """The network unrolled on a held-out sequence, and what its decoder writes."""
    view = views["run"]
    kept.write_link(view)
    if trouble(views):
        return
    unrolled_view.show(view, task, "shapes")
    words = [unrolled_view.HOW_TO_READ]
    if isinstance(task, Writes):
        words += [f"{START} starts what the decoder writes, {END} ends it, ␣ is a space."]
    if view.shown_trace is not None and view.shown_trace.attention is not None:
        words += ["Point at a column of the decoder to see where it looks."]
    st.caption(" ".join(words), help=f"**What would be surprising:** {unrolled_view.SURPRISING}")
    if isinstance(task, Writes) and view.shown_trace is not None:
        _writing(view, view.shown_trace, task)


def _writing(view: View, trace: Trace, task: Task) -> None:
    sequence = look.at(trace).sequence
    step, found = recent(
        view, "shapes writing", (task.name, sequence), lambda: (trace.step, write(trace, task, sequence))
    )
    version = view.job, step, sequence
    picture("writing", "shapes writing", version, lambda: writing_figure(*rows(found, task)))
    left, right = st.columns(2, gap="medium")
    with left:
        _table(found, task)
    with right:
        if (weights := found.greedy.attention) is not None:
            source = symbols_read(task, source_of(task.probe(), sequence))
            written = symbols(task, found.greedy.tokens)
            picture(
                "attention",
                "shapes attention",
                version,
                lambda: attention_figure(weights, source, written, "greedy decoding"),
            )


def _table(found: Writing, task: Task) -> None:
    st.markdown("**Greedy decoding and beam search**")
    st.dataframe(
        table(found, task),
        hide_index=True,
        height="content",
        column_order=("Decoding", "Right", "Text", "ln p", "per symbol"),
        column_config={
            "Decoding": st.column_config.TextColumn(width=75),
            "Right": st.column_config.CheckboxColumn(width=55),
            "Text": st.column_config.TextColumn(width=170),
            "ln p": st.column_config.NumberColumn(width=60, format="%.3f", help="Log-probability of all its symbols."),
            "per symbol": st.column_config.NumberColumn(
                "mean", width=60, format="%.3f", help="Of ln p, per symbol: beams are ordered by it."
            ),
        },
    )
    st.caption(
        "Greedy decoding takes the likeliest symbol each time; beam search follows the likeliest few beginnings at "
        "once. A target that is likelier than what greedy decoding found was there to be found."
    )
    for notice in {each.notice for each in (found.greedy, *found.beams[:1]) if each.notice}:
        st.warning(notice, icon=":material/all_inclusive:")
    st.caption(
        f"Greedy decoding of the {found.count} held-out sequences that can be looked at here: word error rate "
        f"{found.word_errors:.3g}, exact match {found.exact:.3g}."
    )


def symbols_read(task: Task, tokens: np.ndarray) -> list[str]:
    return [task.input_labels[token] for token in tokens]


@st.fragment
def own(task: Task, job: str) -> None:
    """A visitor's own text, where the task can read one."""
    if not isinstance(task, Reads):
        return
    soon()
    st.subheader("Try your own", anchor=False)
    label, example, known = task.own
    text = st.text_input(label, placeholder=example, key=f"{OWN} {task.name}", max_chars=400)
    view = session.engine().latest(job)
    trace = view.shown_trace if view else None
    if not text.strip() or trace is None:
        st.caption(literal(known))
        return
    try:
        tokens = task.encode(text)
    except ValueError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return
    if isinstance(task, Translates):
        _translated(trace, task, tokens)
    elif task.shape == "seq→vec":
        st.markdown(f"{literal(_likeliest(task, softmax(answer(trace, tokens))))}, at step {trace.step:,}.")
    else:
        best = softmax(answer(trace, tokens, at_end=False)).argmax(1)
        st.dataframe([symbols_read(task, tokens), symbols(task, best)], hide_index=True, height="content")
        st.caption(f"Below each word what the network takes it for, at step {trace.step:,}.")


def _likeliest(task: Task, chances: np.ndarray) -> str:
    """Classes and their probabilities: all of a few, in their order, or the likeliest of many."""
    few = range(len(chances)) if len(chances) <= MOST else np.argsort(-chances, kind="stable")[:MOST]
    return ", ".join(f"{task.labels[k]} {chances[k]:.1%}" for k in few)


def _translated(trace: Trace, task: Task, tokens: np.ndarray) -> None:
    assert isinstance(task, Translates)
    written = greedy(trace, tokens, start=task.start, end=task.end, most=2 * task.target_steps)
    text, right = task.decode(written.tokens), task.translation(tokens)
    source = "".join(symbols_read(task, tokens)).replace("␣", " ")
    st.markdown(f"{literal(source)} → **{literal(text) or '(nothing)'}**")
    if right is None:
        st.caption(
            "The task writes no number like this, so there is no right answer; the decoder writes one all the same."
        )
    else:
        st.caption("That is right." if text == right else literal(f"That is wrong. It should be: {right}."))
    if written.notice:
        st.warning(written.notice, icon=":material/all_inclusive:")
    if (weights := written.attention) is not None:
        version = trace.step, tuple(tokens.tolist())
        place, _ = st.columns(2, gap="medium")
        with place:
            picture(
                "attention",
                "shapes own attention",
                version,
                lambda: attention_figure(weights, symbols_read(task, tokens), symbols(task, written.tokens)),
                words=False,
            )
