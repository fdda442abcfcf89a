"""Small tables that ship inside installed packages, read from their files without importing the packages."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path

from rnnviz.data.errors import DataError


def packaged_table(package: str, path: str) -> list[list[str]]:
    """The rows of the gzipped CSV file at `path` inside an installed package, as lists of strings.

    Importing scikit-learn or plotly for one table of a few kilobytes would cost about a second.
    Raises DataError where the package or the file is not there.
    """
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    file = Path(folders[0]) / path if folders else None
    if file is None or not file.is_file():
        raise DataError(f"The table {path} that ships inside {package} is not there: install {package} again.")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split(",") for line in lines]
