"""Compare: LSTM, GRU and vanilla RNN on identical batches, over several seeds."""

from functools import partial

import streamlit as st

from rnnviz.app import compare_view
from rnnviz.app.experiment import jobs_of, task_of
from rnnviz.app.frame import begin
from rnnviz.app.live import live
from rnnviz.app.panel import panel
from rnnviz.app.transport import Face, transport

settings = begin("Compare")
panel(settings, leave_out=("cell",), also=("forget_bias", "update_bias"))
if task := task_of(settings):
    st.markdown(
        f"The same seed gives every cell the **same batches** of *{task.label}*. Lines are medians over seeds, bands "
        "reach from the best seed to the worst."
    )
    seeds, matched, steps = compare_view.options()
    entries = compare_view.entries(settings, task, seeds, matched)
    jobs = jobs_of("compare", {each.name: each.settings for each in entries}, task.data)
    if jobs:
        transport(list(jobs.values()), face := Face(), until=steps)
        live(jobs, partial(compare_view.draw, entries=entries, task=task, steps=steps), face.stale)
