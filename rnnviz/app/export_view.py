"""Taking away what the page Train shows: at the step that is looked at, made when its button is pressed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from rnnviz.app import look, session
from rnnviz.app.change_view import config_at
from rnnviz.app.download import download_button
from rnnviz.app.settings import link
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.export import report, script, tables, weights
from rnnviz.runs import Engine
from rnnviz.runs.store import StoreError
from rnnviz.runs.view import Spec, View
from rnnviz.tasks import make_task
from rnnviz.trace import Trace

HTML, PYTHON, NETCDF, SAFE = "text/html", "text/x-python", "application/x-netcdf", "application/octet-stream"


def export(view: View) -> None:
    """A menu of files: report, recording, weights, script, the run itself."""
    trace, spec = view.shown_trace, session.engine().spec(view.job)
    menu = st.popover(
        ":material/download:", help="Take away: report, recording, weights, script, the run", key="export",
        on_change="rerun", disabled=trace is None,
    )  # fmt: skip
    if not menu.open or trace is None or spec is None or view.config is None:
        return
    # Files are made on another thread, which knows no visitor: what they need of them is looked up here.
    config, stem = config_at(view, trace.step), f"rnnviz-{view.config.task}-{trace.step}"
    make_report = partial(
        _report, view, trace, config, spec, link(config, st.context.url or ""), look.at(trace).sequence
    )
    with menu:
        st.caption(f"All of step {trace.step:,}.")
        _button("Report (HTML)", f"{stem}.html", HTML, make_report,
                "One page with figures, numbers and the recording, that opens without a server.")  # fmt: skip
        _button("Recording (netCDF)", f"{stem}.nc", NETCDF, lambda: tables.netcdf(trace),
                "Everything recorded, with named axes: xarray.open_dataset reads it.")  # fmt: skip
        _table(trace, stem)
        _weights(trace, config, stem)
        _script(view, trace, spec, stem)


def _button(label: str, file: str, kind: str, make: Callable[[], str | bytes], words: str) -> None:
    download_button(label, make, file, kind, help=words, width="stretch", key=f"export {label}")


def _table(trace: Trace, stem: str) -> None:
    sequence = look.at(trace).sequence
    everything = tables.rows_of(trace, range(trace.size[1])) <= tables.MOST_ROWS
    which, words = (None, "") if everything else ([sequence], f" of sequence {sequence}")
    if which and tables.rows_of(trace, which) > tables.MOST_ROWS:
        st.caption("The recording is too long for a table (CSV); netCDF holds it.")
        return
    _button("Recording (CSV)", f"{stem}.csv", "text/csv", lambda: tables.table(trace, which),
            f"A row for each layer, sequence, time step and unit{words}: states, gates and gradients.")  # fmt: skip


def _weights(trace: Trace, config: ExperimentConfig, stem: str) -> None:
    held = weights.weights_of(trace)
    for stack in weights.stacks(held) if CELLS[config.cell].fused else ():
        _button(f"Weights of {weights.STACKS[stack]}", f"{stem}-{stack}.safetensors", SAFE,
                lambda stack=stack: weights.stack_file(config, held, stack),  # type: ignore[misc]
                f"Load them into {weights.module_words(config, held, stack)}.")  # fmt: skip
    _button("Weights of the whole model", f"{stem}-model.safetensors", SAFE, lambda: weights.model_file(config, held),
            "Recurrent layers, embedding and readout, by their names in the model.")  # fmt: skip


def _script(view: View, trace: Trace, spec: Spec, stem: str) -> None:
    run = f"{stem}-run.safetensors"
    changes = [change for change in view.changes if change.step < trace.step]
    needed = run if spec.data is not None or spec.start is not None else ""
    if needed and view.saved < 0:
        st.caption("Script and run come once it has trained.")
        return
    _button(
        "Script (Python)",
        f"{stem}.py",
        PYTHON,
        lambda: script.script(spec.config, changes, trace.step, weights.weights_of(trace), needed, f"{stem}.py"),
        f"Makes this run again without the app, with the same numbers.{' It reads the run below.' * bool(needed)}",
    )
    if view.saved >= 0:
        words = "Weights, optimiser, history and snapshots, as last saved. It opens on the page Runs."
        read = partial(_run, session.engine(), view.job, session.visitor().owner)
        _button("The run (safetensors)", run, SAFE, read, words)


def _report(view: View, trace: Trace, config: ExperimentConfig, spec: Spec, address: str, sequence: int) -> str:
    return report.report(
        make_task(config, spec.data),
        config,
        trace.step,
        view.history.until(trace.step),
        trace,
        title=view.name,
        link=address,
        changes=tuple(change for change in view.changes if change.step < trace.step),
        sequence=sequence,
    )


def _run(engine: Engine, job: str, owner: str) -> bytes:
    try:
        return engine.export(job, owner) or b""
    except StoreError as error:
        return str(error).encode()
