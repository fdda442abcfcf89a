"""What the Your data page shows: reading a file, what was understood, what to predict from what."""

from __future__ import annotations

from collections import Counter

import numpy as np
import streamlit as st
from plotly.graph_objects import Figure

from rnnviz.app import controls, session
from rnnviz.app.frame import page
from rnnviz.app.settings import base
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.data.bounds import LIMIT_MB
from rnnviz.data.errors import DataError
from rnnviz.data.reading import read, read_as_text
from rnnviz.data.sample import sample_csv
from rnnviz.figures.data import series_preview, token_frequencies
from rnnviz.runs.limits import whole_number
from rnnviz.tasks import make_task

FIRST_ROWS = 8


def upload() -> Dataset | None:
    """The file picker, and the data in hand: a new file's, or the ones read before."""
    limit_mb = whole_number("RNNVIZ_UPLOAD_MB", int(LIMIT_MB))
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
    with left:
        file = st.file_uploader(
            f"A table (CSV, TSV) or a plain text, up to {limit_mb} MB. It stays in your session.",
            type=["csv", "tsv", "tab", "dat", "psv", "txt", "text", "md", "py", "log"],
            max_upload_size=limit_mb,
            key="file",
        )
    with right:
        as_text = st.toggle("Read as text", key="as text", help="Characters as tokens, whatever the file looks like.")
        st.download_button(
            "Sample CSV", sample_csv, "sample.csv", "text/csv", icon=":material/download:", on_click="ignore"
        )
    visitor = session.visitor()
    if file is not None and visitor.read != (file.file_id, as_text):  # a file is read once, not at every click
        try:
            with st.spinner("Reading the file"):
                visitor.data = (read_as_text if as_text else read)([(file.name, file.getvalue())], limit_mb)
            visitor.read = file.file_id, as_text
        except DataError as error:
            st.error(literal(str(error)), icon=":material/error:")
    return visitor.data


def preview(data: Dataset, train_fraction: float) -> None:
    """What was understood: a picture, the first rows or characters, and every decision that was taken."""
    st.caption("\n".join(f"- {literal(note)}" for note in data.notes))
    if data.text is not None:
        text = data.text
        st.markdown(f"**{len(text):,} characters**")
        picture("tokens", "data tokens", data.fingerprint, lambda: _frequencies(text))
        st.code(data.text[:400], language=None, wrap_lines=True)
        return
    columns = [data.table[k] for k in data.numbers]
    st.markdown(f"**{data.rows:,} rows**, {len(columns)} columns of numbers.")
    seen = (data.fingerprint, train_fraction)
    names = [column.name for column in columns]
    drawn = np.stack([column.values for column in columns], axis=1) if columns else np.empty((0, 0))
    picture("series", "data series", seen, lambda: series_preview(drawn, names, train_fraction))
    first = {f"{k + 1}. {column.name}": column.values[:FIRST_ROWS] for k, column in enumerate(columns)}
    st.dataframe(first, hide_index=True, height="content")


def choose(data: Dataset, settings: ExperimentConfig) -> ExperimentConfig:
    """Which columns go in, which is predicted, how long a window is, how much trains."""
    same = settings.task == "uploaded" and settings.data == data.fingerprint
    last = max(data.numbers, default=0)  # the column that tables most often end with what they are about
    fresh = base("uploaded", settings.seed).with_(data=data.fingerprint, targets=(last,))
    chosen = settings if same else fresh
    fields: dict[str, object] = {}
    rows = len(data.text) if data.text is not None else data.rows
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        if data.text is None:
            numbers, names = list(data.numbers), data.columns
            goal = chosen.targets[0] if chosen.targets else last
            fields["targets"] = (
                st.selectbox(
                    "Predict",
                    numbers,
                    format_func=names.__getitem__,
                    index=numbers.index(goal if goal in numbers else last),
                ),
            )
            known = [number for number in chosen.columns if number in numbers]  # a link may ask for others
            picked = st.multiselect(
                "From", numbers, format_func=names.__getitem__, default=known or list(numbers),
                placeholder="all columns",
            )  # fmt: skip
            fields["columns"] = () if len(picked) == len(numbers) else tuple(picked)
        longest = max(2, min(1000, rows // 10))
        fields["length"] = st.number_input(
            "Window length",
            2,
            longest,
            max(2, min(chosen.length, longest)),
            help="Time steps of one training sequence.",
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
        st.error(literal(str(error)), icon=":material/error:")
        return
    if st.button("Train on it", type="primary", icon=":material/play_arrow:"):
        controls.take(settings)
        st.switch_page(page("train.py"))


def _frequencies(text: str) -> Figure:
    counts = Counter(text)
    return token_frequencies(list(counts), np.array(list(counts.values())))
