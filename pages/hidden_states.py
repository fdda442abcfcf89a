"""Hidden states: what each unit follows, and the paths that states take."""

from functools import partial

import streamlit as st

from rnnviz.app import hidden_view, look
from rnnviz.app.experiment import run_of, task_of
from rnnviz.app.frame import begin
from rnnviz.app.inside import player
from rnnviz.app.live import live
from rnnviz.app.panel import panel
from rnnviz.app.show import equations
from rnnviz.app.transport import Face

settings = begin("Hidden states")
look.arrive()
task = task_of(settings)
job = run_of(settings, task.data) if task else None
panel(settings)
if task and job:
    player(job, face := Face())
    look.pickers(job, more=partial(hidden_view.pickers, settings, task, job))
    draw = partial(hidden_view.draw, settings=settings, task=task)
    live({"run": job}, draw, lambda views: face.stale(views) or look.stale(views))
with st.expander("The equations, in the colours of the curves"):
    equations(settings.cell)
