"""What the home page shows: a network that learns while you look, and where to go next."""

from __future__ import annotations

import streamlit as st

from rnnviz.app import session
from rnnviz.app.frame import page
from rnnviz.app.live import Views, trouble
from rnnviz.app.settings import base
from rnnviz.app.show import picture
from rnnviz.figures.gradient_norms import flow_over_training
from rnnviz.figures.states import state_heatmap
from rnnviz.figures.training import loss_figure
from rnnviz.runs.view import PAUSED
from rnnviz.tasks import make_task

EXAMPLE = base("adding").with_(length=30, hidden_size=32, batch_size=32)
STEPS = 600
WAYS = (
    ("train.py", "Train one network and look inside while it learns. Every setting is in the link."),
    ("microscope.py", "One cell, one time step, every number of it: follow any of them back, or change it."),
    ("gradients.py", "See gradients vanish and explode: vanilla RNN, LSTM and GRU on the same data."),
    ("gallery.py", "Text, translation, speech, handwriting, DNA, music: a small example of every classic use."),
    ("your_data.py", "Open a table, a text or a folder of files of your own, and train on it."),
    ("your_model.py", "Open the weights of an LSTM, GRU or RNN of your own, and see inside."),
)
ROW = 3


def ways() -> None:
    """Where to go from here."""
    for row in (WAYS[:ROW], WAYS[ROW:]):
        for column, (file, words) in zip(st.columns(ROW, gap="small"), row, strict=True):
            with column, st.container(border=True, height="stretch"):
                st.page_link(page(file))
                st.caption(words)


def draw(views: Views) -> None:
    """The example: it plays as soon as it is there."""
    (view,) = views.values()
    if view.step < STEPS and view.status == PAUSED:
        session.engine().play(view.job, STEPS)
    st.progress(min(1.0, view.step / STEPS), f"Step {view.step:,} of {STEPS:,}")
    if trouble(views) or view.trace is None:
        return
    trace, history, seen = view.trace, view.history, (view.job, view.revision)
    task = make_task(EXAMPLE)
    pictures = (
        ("loss", lambda: loss_figure(history, task.baseline, task.baseline_words, loss=task.loss)),
        ("state", lambda: state_heatmap(trace)),
        ("flow_over_training", lambda: flow_over_training(history)),
    )
    for column, (name, make) in zip(st.columns(3, gap="small"), pictures, strict=True):
        with column:
            picture(name, f"home {name}", seen, make)
