"""Sequence shapes: what goes in and what comes out, one vector or many, with a real task for each."""

from functools import partial

import streamlit as st

from rnnviz.app import kept, look, session, shapes_view, stops_view
from rnnviz.app.bench import bench
from rnnviz.app.experiment import run_of, task_of
from rnnviz.app.frame import begin
from rnnviz.app.live import live
from rnnviz.app.panel import panel
from rnnviz.app.transport import Face

settings = begin("Sequence shapes")
stops_view.arrive()
look.arrive()
shapes_view.choice(settings)
task = task_of(settings)
job = run_of(settings, task.data) if task else None
kept.write_link(session.engine().latest(job) if job else None)
panel(settings)
if task and job:
    st.caption(task.summary)
    bench(job, face := Face())
    look.pickers(job, layer=False, unit=False, more=partial(shapes_view.switch, settings))
    live(
        {"run": job},
        partial(shapes_view.draw, task=task),
        lambda views: face.stale(views) or look.stale(views),
    )
    shapes_view.own(task, job)
