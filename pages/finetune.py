"""Fine-tuning: the weights of a run on new data, beside a network that begins at random."""

from functools import partial

import streamlit as st

from rnnviz.app import finetune_view
from rnnviz.app.experiment import both_of, task_of
from rnnviz.app.frame import begin
from rnnviz.app.live import live
from rnnviz.app.panel import panel
from rnnviz.app.transport import Face, transport

settings = begin("Fine-tuning")
st.markdown(
    "What a network has learned may help with something else. Both networks below see the **same batches**; one begins "
    "at random, the other with the weights of a run."
)
panel(settings, ("Task", "Training"), leave_out=("task",))
start = finetune_view.choose(settings)
task = task_of(settings) if start else None
if start and task:
    steps = finetune_view.options(settings, start)
    if jobs := both_of(settings, task.data):
        transport(list(jobs.values()), face := Face(), until=steps)
        live(jobs, partial(finetune_view.draw, settings=settings, start=start, task=task), face.stale)
        finetune_view.to_train(settings)
