"""Bringing files: chosen or dropped, one or several, bounded, read by an errand, kept for the visitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from rnnviz.app import errands, session
from rnnviz.app.download import download_button
from rnnviz.app.words import literal
from rnnviz.data.bounds import limit_mb, total_mb
from rnnviz.data.dataset import Dataset
from rnnviz.data.sample import sample_csv

FORMATS = "CSV, TSV, Excel, Parquet, JSON lines, NumPy, FASTA or plain text"
_KEY = "reading"


def upload() -> Dataset | None:
    """The file picker, and the data in hand: those of new files, or the ones read before; None while files are read.

    A file over a limit the browser marks red, with its words behind the mark; so the limits stand above it.
    """
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
    with left:
        files = st.file_uploader(
            f"{FORMATS}; several files become several sequences. Up to {limit_mb()} MB each, {total_mb()} MB in all.",
            accept_multiple_files=True,
            max_upload_size=limit_mb(),
            key="files",
        )
    with right:
        as_text = st.toggle("Read as text", key="as text", help="Characters as tokens, whatever the file looks like.")
        download_button("Sample CSV", sample_csv, "sample.csv", "text/csv", icon=":material/download:")
    visitor = session.visitor()
    version = tuple(file.file_id for file in files), as_text
    if not files:
        _in_hand(visitor.data)
        return visitor.data
    if visitor.read == version:  # files are read once, not at every click
        return visitor.data
    words = {"names": [file.name for file in files], "as_text": as_text}
    words |= {"limit_mb": limit_mb(), "total_mb": total_mb()}
    errand = errands.ask(_KEY, version, "read_files", words, lambda: _content(files))
    if not errands.show(_KEY, errand, "a table of it"):
        return visitor.data if errand.over else None
    visitor.data, visitor.read = Dataset.from_parts(errand.words, errand.arrays), version
    errands.forget(_KEY)
    return visitor.data


def _in_hand(data: Dataset | None) -> None:
    if data is None:
        st.info(
            "Choose a file, or download the sample and open it here. Every step from the file to what the network gets "
            "is shown, and can be changed before training.",
            icon=":material/table_chart:",
        )
    else:
        st.caption(f"In hand: **{literal(data.name)}**. New files take its place.")


def _content(files: Sequence[st.runtime.uploaded_file_manager.UploadedFile]) -> Mapping[str, np.ndarray]:
    return {str(place): np.frombuffer(file.getbuffer(), np.uint8) for place, file in enumerate(files)}
