"""Train: one network, live."""

from functools import partial

import streamlit as st

from rnnviz.app import kept, look, session, signals_view, stops_view, train_view
from rnnviz.app.bench import bench
from rnnviz.app.experiment import run_of, task_of
from rnnviz.app.frame import begin
from rnnviz.app.live import live
from rnnviz.app.panel import panel
from rnnviz.app.show import equations
from rnnviz.app.transport import Face

settings = begin("Train")
stops_view.arrive()
look.arrive()
task = task_of(settings)
job = run_of(settings, task.data) if task else None
kept.write_link(session.engine().latest(job) if job else None)
panel(settings)
if task and job:
    st.caption(task.summary)
    bench(job, face := Face())
    train_view.look_at(settings, job)
    signals_view.hear(job, task)
    jobs = {"run": job} | ({"beside": other} if (other := kept.beside()) else {})
    live(
        jobs,
        partial(train_view.draw, settings=settings, task=task),
        lambda views: face.stale(views) or look.stale(views),
    )
with st.expander("The equations, in the colours of the curves"):
    equations(settings.cell)
