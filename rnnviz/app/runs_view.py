"""What the Runs page shows: the runs that are kept for this visitor, and what can be done with them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from rnnviz.app import kept, session
from rnnviz.app.download import download_button
from rnnviz.app.frame import page
from rnnviz.app.settings import to_query
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.cells import CELLS
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.figures.runs import MOST, runs_figure
from rnnviz.run import History
from rnnviz.runs.store import About, StoreError
from rnnviz.tasks import TASKS

FILE_MB = 50  # largest file of a run; above it snapshots stay behind
MB = 2**20
Known = tuple[ExperimentConfig, History]  # of a run, as it is and as it is shown
_NAMED = ("task", "cell")  # settings with a column of their own


def title(about: About) -> str:
    """The name of a run, or what it is."""
    if about.name:
        return about.name
    settings = about.settings
    task, cell = settings.get("task", ""), settings.get("cell", "")
    words = [TASKS[task].label if task in TASKS else task, CELLS[cell].label if cell in CELLS else cell]
    return f"{', '.join(words)}, seed {settings.get('seed', 0)}"


def open_file() -> None:
    """Open a run from a file that was saved here, or by `Run.save`."""
    with st.popover("Open a file", icon=":material/folder_open:"):
        file = st.file_uploader(
            f"A saved run (.safetensors), up to {FILE_MB} MB",
            type=["safetensors"],
            max_upload_size=FILE_MB,
            key="run file",
        )
        visitor = session.visitor()
        if file is None or visitor.results.get("run file", ("",))[0] == file.file_id:
            return
        visitor.results["run file"] = (file.file_id, None)  # opened once, not at every click
        try:
            job = session.engine().open_file(file.getvalue(), visitor.name, visitor.owner)
        except (ConfigError, StoreError) as error:
            st.error(literal(str(error)), icon=":material/error:")
            return
    _show(job)


def table() -> list[About]:
    """The list, newest first; returns the runs that are selected."""
    try:
        runs = session.engine().runs(session.visitor().owner)
    except StoreError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return []
    if not runs:
        st.info("No run is kept yet. The first appears here as soon as it has trained for a moment.")
        st.page_link(page("train.py"), label="Open Train", icon=":material/play_circle:")
        return []
    names = {about.id: title(about) for about in runs}
    rows = [
        {
            "Run": names[about.id],
            "Task": _label(TASKS, about.settings.get("task")),
            "Cell": _label(CELLS, about.settings.get("cell")),
            "Step": about.step,
            "Set differently": _differences(about),
            "Forked from": f"{names.get(about.parent, 'a deleted run')}, step {about.parent_step:,}"
            if about.parent
            else "",
            "Saved": _ago(time.time() - about.saved),
        }
        for about in runs
    ]
    st.caption("Select one run to open, name, save or delete it; several to compare them or delete them together.")
    state = st.dataframe(
        rows,
        hide_index=True,
        height="content" if len(rows) < 12 else 460,
        on_select="rerun",
        selection_mode="multi-row",
        key="runs",
        column_config={"Step": st.column_config.NumberColumn(format="localized")},
        alt="The runs that are kept, newest first.",
    )
    return [runs[row] for row in state["selection"]["rows"] if row < len(runs)]


def actions(chosen: Sequence[About]) -> None:
    """What can be done with the selected runs."""
    with st.container(horizontal=True, gap="small"):
        if len(chosen) == 1:
            _one(chosen[0])
        words = "Delete" if len(chosen) == 1 else f"Delete {len(chosen)} runs"
        if st.button(words, icon=":material/delete:"):
            _delete(chosen)


def curves(chosen: Sequence[About]) -> None:
    """The held-out loss of the selected runs over one another, and their metric where they share one."""
    runs = {about.id: run for about in chosen[:MOST] if (run := _read(about)) is not None}
    if len(chosen) > MOST:
        st.caption(f"The first {MOST} of {len(chosen)} are drawn.")
    names = [(title(about), runs[about.id]) for about in chosen if about.id in runs]
    seen = tuple((about.id, about.step, title(about)) for about in chosen)
    tasks = [TASKS[config.task] for config, _ in runs.values() if config.task in TASKS]
    metrics = {task.metric for task in tasks if task.metric != task.loss}
    quantities = ["heldout_loss", *(metrics if len(metrics) == 1 else ())]
    for column, quantity in zip(st.columns(len(quantities), gap="medium"), quantities, strict=True):
        with column:
            picture("runs", f"runs {quantity}", (seen, quantity), lambda quantity=quantity: _figure(names, quantity))  # type: ignore[misc]


def _figure(runs: Sequence[tuple[str, Known]], quantity: str) -> object:
    field = "heldout_loss" if quantity == "heldout_loss" else "metric"
    return runs_figure([(name, each.checked, getattr(each, field)) for name, (_, each) in runs], quantity)


def _one(about: About) -> None:
    visitor, engine = session.visitor(), session.engine()
    if st.button("Open on Train", type="primary", icon=":material/play_circle:"):
        try:
            job = engine.open(about.id, visitor.name, visitor.owner)
        except (ConfigError, StoreError) as error:
            st.error(literal(str(error)), icon=":material/error:")
        else:
            _show(job)
    with st.popover("Name", icon=":material/edit:"):
        name = st.text_input("Name of the run", about.name, max_chars=60, key=f"name {about.id}")
        if name != about.name:
            try:
                engine.rename(about.id, name, visitor.owner)
            except StoreError as error:
                st.error(literal(str(error)), icon=":material/error:")
            else:
                st.rerun()
    download_button(
        "Save to a file",
        lambda: _content(about),
        f"rnnviz-{about.settings.get('task', 'run')}-{about.step}.safetensors",
        "application/octet-stream",
        icon=":material/download:",
        help="Weights, optimiser, history and snapshots. It opens here and with rnnviz.run.Run.load.",
    )


@st.dialog("Delete for good?")
def _delete(chosen: Sequence[About]) -> None:
    st.write("\n".join(f"- {literal(title(about))}, step {about.step:,}" for about in chosen))
    st.write("Uploaded data that came with a run go with it. A run that was forked from another stays.")
    if st.button(
        "Delete", type="primary", icon=":material/delete:", key="delete for good", on_click=_delete_now, args=(chosen,)
    ):
        st.rerun()


def _delete_now(chosen: Sequence[About]) -> None:
    visitor = session.visitor()
    for about in chosen:
        try:
            session.engine().delete(about.id, visitor.owner)
        except StoreError as error:
            st.toast(literal(str(error)), icon=":material/error:")
            return
        visitor.forget(about.id)
        visitor.results.pop(f"run {about.id}", None)


def _show(job: str | None) -> None:
    if job is None or (settings := kept.take(job)) is None:
        st.error("This run is not there any more.", icon=":material/error:")
        return
    session.visitor().change(settings)
    st.switch_page(page("train.py"))


def _read(about: About) -> Known | None:
    """What is drawn of a run as last saved, read again only when it has been saved since."""
    results, version = session.visitor().results, (about.step, about.saved)
    known = results.get(f"run {about.id}")
    if known is None or known[0] != version:
        try:
            run = session.engine().read(about.id, about.owner)
        except (StoreError, ValueError) as error:
            st.error(literal(str(error)), icon=":material/error:")
            return None
        drawn = None if run is None else (run.config, run.history.until(run.step))
        known = results[f"run {about.id}"] = (version, drawn)
    return known[1]  # type: ignore[no-any-return]


def _content(about: About) -> bytes:
    run = session.engine().read(about.id, about.owner)
    if run is None:
        return b""
    content = run.to_bytes()
    return content if len(content) <= FILE_MB * MB else replace(run, snapshots=()).to_bytes()


def _differences(about: About) -> str:
    """Settings that are not the task's own."""
    try:
        query = to_query(ExperimentConfig.from_plain(about.settings))
    except (ConfigError, KeyError, TypeError):
        return "made by another version"
    return ", ".join(f"{key} {value}" for key, value in query.items() if key not in _NAMED)


def _label(registry: object, name: str | None) -> str:
    return registry[name].label if name in registry else str(name)  # type: ignore[operator, index]


def _ago(seconds: float) -> str:
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
