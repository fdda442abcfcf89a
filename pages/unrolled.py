"""Unrolled network: one sequence of a run through time, the gradient on its way back, and where truncation cuts."""

from functools import partial

from rnnviz.app import look, unrolled_view
from rnnviz.app.experiment import run_of, task_of
from rnnviz.app.frame import begin
from rnnviz.app.inside import player
from rnnviz.app.live import live
from rnnviz.app.panel import panel
from rnnviz.app.transport import Face

settings = begin("Unrolled network")
look.arrive()
task = task_of(settings)
job = run_of(settings, task.data) if task else None
panel(settings)
if task and job:
    player(job, face := Face())
    look.pickers(job, layer=False, unit=False)
    live(
        {"run": job},
        partial(unrolled_view.draw, task=task),
        lambda views: face.stale(views) or look.stale(views),
    )
