"""Microscope: one cell of a run at one time step, every number of it."""

from functools import partial

from rnnviz.app import look, microscope_view
from rnnviz.app.experiment import run_of, task_of
from rnnviz.app.frame import begin
from rnnviz.app.inside import player
from rnnviz.app.live import live
from rnnviz.app.panel import panel
from rnnviz.app.transport import Face

settings = begin("Microscope")
look.arrive()
task = task_of(settings)
job = run_of(settings, task.data) if task else None
panel(settings)
if task and job:
    player(job, face := Face())
    look.pickers(job, unit=False, more=partial(microscope_view.form, settings))
    draw = partial(microscope_view.draw, task=task)
    live({"run": job}, draw, lambda views: face.stale(views) or look.stale(views))
