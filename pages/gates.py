"""Gates: what opens and shuts, for how long every unit remembers, and which are pinned."""

from functools import partial

import streamlit as st

from rnnviz.app import gates_view, look
from rnnviz.app.experiment import run_of, task_of
from rnnviz.app.frame import begin
from rnnviz.app.inside import player
from rnnviz.app.live import live
from rnnviz.app.panel import panel
from rnnviz.app.show import equations
from rnnviz.app.transport import Face
from rnnviz.cells import CELLS

settings = begin("Gates")
look.arrive()
task = task_of(settings)
job = run_of(settings, task.data) if task else None
panel(settings)
if not CELLS[settings.cell].gates:
    gates_view.without(settings)
elif task and job:
    player(job, face := Face())
    look.pickers(job, more=partial(gates_view.pickers, settings))
    draw = partial(gates_view.draw, settings=settings, task=task)
    live({"run": job}, draw, lambda views: face.stale(views) or look.stale(views))
with st.expander("The equations, in the colours of the curves"):
    equations(settings.cell)
