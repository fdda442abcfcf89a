"""What the Your data page shows: reading a file, what was understood, what to predict from what."""

from __future__ import annotations

import os

import numpy as np
import streamlit as st

from rnnviz.app import controls, session
from rnnviz.app.frame import page
from rnnviz.app.settings import base
from rnnviz.app.show import picture
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.data.errors import DataError
from rnnviz.data.reading import read, read_as_text
from rnnviz.data.sample import sample_csv
from rnnviz.figures.data import series_preview, token_frequencies
from rnnviz.tasks import make_task

LIMIT_MB = float(os.environ.get("RNNVIZ_UPLOAD_MB", "50"))
FIRST_ROWS = 8


def upload() -> Dataset | None:
    """The file picker, and the data in hand: a new file's, or the ones read before."""
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
    with left:
        file = st.file_uploader(
            f"A table (CSV, TSV) or a plain text, up to {LIMIT_MB:g} MB. It stays in your session.",
            type=["csv", "tsv", "tab", "dat", "psv", "txt", "text", "md", "py", "log"],
            max_upload_size=int(LIMIT_MB),
            key="file",
        )
    with right:
        as_text = st.toggle("Read as text", key="as text", help="Characters as tokens, whatever the file looks like.")
        st.download_button(
            "Sample CSV", sample_csv, "sample.csv", "text/csv", icon=":material/download:", on_click="ignore"
        )
    if file is not None:
        reader = read_as_text if as_text else read
        try:
            _take(reader(file.name, file.getvalue(), LIMIT_MB))
        except DataError as error:
            st.error(str(error), icon=":material/error:")
    return session.visitor().data


def _take(data: Dataset) -> None:
    """Keep new data as the visitor's; the same file read again changes nothing."""
    known = session.visitor().data
    if known is None or known.fingerprint != data.fingerprint or known.notes != data.notes:
        session.visitor().data = data


def preview(data: Dataset, train_fraction: float) -> None:
    """What was understood: a picture, the first rows or characters, and every decision that was taken."""
    for note in data.notes:
        st.caption(f":material/info: {_plain(note)}")
    if data.text is not None:
        symbols, counts = np.unique(np.array(list(data.text)), return_counts=True)
        st.markdown(f"**{len(data.text):,} characters**, {len(symbols)} different ones.")
        picture("tokens", "data tokens", data.fingerprint, lambda: token_frequencies(list(symbols), counts))
        st.code(data.text[:400], language=None, wrap_lines=True)
        return
    values = data.values
    assert values is not None
    st.markdown(f"**{len(values):,} rows**, {len(data.columns)} columns of numbers.")
    seen = (data.fingerprint, train_fraction)
    picture("series", "data series", seen, lambda: series_preview(values, data.columns, train_fraction))
    first = {f"{k + 1}. {name}": values[:FIRST_ROWS, k] for k, name in enumerate(data.columns)}
    st.dataframe(first, hide_index=True, height="content")


def choose(data: Dataset, settings: ExperimentConfig) -> ExperimentConfig:
    """Which columns go in, which is predicted, how long a window is, how much trains."""
    same = settings.task == "uploaded" and settings.data == data.fingerprint
    last = max(0, len(data.columns) - 1)  # the column that tables most often end with what they are about
    fresh = base("uploaded", settings.seed).with_(data=data.fingerprint, target_column=last)
    chosen = settings if same else fresh
    fields: dict[str, object] = {}
    rows = len(data.text) if data.text is not None else len(data.values if data.values is not None else ())
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        if data.text is None:
            numbers, names = range(len(data.columns)), data.columns
            fields["target_column"] = st.selectbox(
                "Predict", numbers, format_func=names.__getitem__, index=min(chosen.target_column, len(names) - 1)
            )
            picked = st.multiselect(
                "From", numbers, format_func=names.__getitem__, default=list(chosen.columns or numbers),
                placeholder="all columns",
            )  # fmt: skip
            fields["columns"] = tuple(picked)
        longest = max(2, min(1000, rows // 10))
        fields["length"] = st.number_input(
            "Window length", 2, longest, min(chosen.length, longest), help="Time steps of one training sequence."
        )
        fields["train_fraction"] = st.number_input(
            "Training part", 0.1, 0.95, chosen.train_fraction, 0.05,
            help="The first part of the rows, in their order, trains; the rest is held out.",
        )  # fmt: skip
    return chosen.with_(**fields)


def go(data: Dataset, settings: ExperimentConfig) -> None:
    """The way to the Train page, or the reason why these choices cannot train."""
    try:
        make_task(settings, data)
    except (DataError, ConfigError) as error:
        st.error(str(error), icon=":material/error:")
        return
    if st.button("Train on it", type="primary", icon=":material/play_arrow:"):
        controls.take(settings)
        st.switch_page(page("train.py"))


def _plain(text: str) -> str:
    """A sentence that may quote a file, with nothing in it that Markdown would act on."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-!|$~:" else c for c in text)
