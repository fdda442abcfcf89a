"""Search: learning rate, hidden size and cell, on the same engine as everything else."""

from functools import partial

import streamlit as st

from rnnviz.app import search_plan, search_view
from rnnviz.app.experiment import task_of
from rnnviz.app.frame import begin
from rnnviz.app.live import live
from rnnviz.app.panel import panel

settings = begin("Search")
panel(settings, leave_out=("cell", "hidden_size", "learning_rate"), also=("forget_bias", "update_bias"))
if task := task_of(settings):
    st.markdown(f"Which settings suit *{task.label}*? Everything else is as in the side bar.")
    plan = search_plan.plan()
    tried = search_plan.experiments(settings, plan)
    trials = plan.trials(tried)
    if trials:
        search_view.buttons(trials)
        live({}, partial(search_view.draw, task=task, wanted=plan, tried=tried, trials=trials), search_view.stale)
