"""Reading and preparing what users bring."""

from __future__ import annotations

from rnnviz.data.bounds import LIMIT_MB as LIMIT_MB
from rnnviz.data.dataset import Dataset as Dataset
from rnnviz.data.errors import DataError as DataError
from rnnviz.data.reading import read as read
from rnnviz.data.reading import read_as_text as read_as_text
from rnnviz.data.sample import sample_csv as sample_csv
