"""Evaluate: how good the network is on what it was never trained on, and where it goes wrong."""

from rnnviz.app import evaluate_parts, evaluate_view, rivals_view
from rnnviz.app.experiment import run_of, task_of
from rnnviz.app.frame import begin
from rnnviz.app.inside import player
from rnnviz.app.panel import panel
from rnnviz.app.transport import Face

settings = begin("Evaluate")
task = task_of(settings)
job = run_of(settings, task.data) if task else None
panel(settings, leave_out=evaluate_view.AGAINST)
if task and job:
    player(job, face := Face())
    errand = evaluate_view.ask(job)
    if evaluate_view.overview(job, task, face, errand) and errand:
        evaluate_view.scores(errand, task)
        evaluate_parts.draw(errand, task, job)
        rivals_view.show(job, task)
