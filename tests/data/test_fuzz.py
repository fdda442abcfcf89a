"""Hundreds of files that are broken or mean harm: each gives a sentence or a data set, soon, and does nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from good_files import others, tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnviz.data import DataError, Dataset, read, read_as_text

HERE = Path(__file__).parent
PATH = os.pathsep.join(map(str, (HERE, HERE.parent, HERE.parents[1])))
SECONDS, MEGABYTES = 3, 1000


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """The corpus, read in a process and a folder of its own: a line for each file, and the folder."""
    folder = tmp_path_factory.mktemp("survive")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(HERE / "survive.py")],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": PATH, "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()], folder


def test_every_file_gives_a_sentence_or_a_data_set(outcomes):
    *lines, _ = outcomes[0]
    assert len(lines) >= 300
    refused = [line["outcome"] for line in lines if line["outcome"]]
    assert 100 < len(refused) < len(lines) - 100
    for line in lines:
        words = line["outcome"]
        assert not words.startswith("RAISED"), line
        assert not words or words.endswith(".") and words.isprintable() and len(words) < 500, line


def test_none_takes_long_or_much(outcomes):
    *lines, last = outcomes[0]
    assert max(line["seconds"] for line in lines) < SECONDS
    assert last["peak"] < MEGABYTES


def test_nothing_is_executed_and_nothing_is_left(outcomes):
    *lines, _ = outcomes[0]
    assert [line for line in lines if line["heard"]] == []
    assert list(outcomes[1].iterdir()) == []


def test_what_the_corpus_holds_does_run_where_it_is_let(tmp_path):
    code = "import pickle; from corpus import Runs; pickle.loads(pickle.dumps(Runs()))"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=os.environ | {"PYTHONPATH": PATH}, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["ran"]


def whole(data: Dataset) -> None:
    """What every Dataset promises."""
    data.check()
    words, arrays = data.to_parts()
    assert Dataset.from_parts(json.loads(json.dumps(words)), arrays).fingerprint == data.fingerprint
    assert len(data.columns) == len(set(data.columns)) >= 1 and data.rows >= 1
    assert all(column.kind == "text" or not column.gaps.all() for column in data.table)
    assert len(data.fingerprint) == 16 and all(note.endswith((".", "…")) for note in data.notes)


def survives(*files: tuple[str, bytes]) -> None:
    for reader in (read, read_as_text):
        try:
            data = reader(files)
        except DataError as error:
            assert str(error).endswith(".") and "\n" not in str(error)
        else:
            whole(data)


PIECES = (
    [",", ";", "\t", "|", " ", "\n", "\r\n", "\r", '"', "'", "\\", "0", "1", "-", "+", ".", "1e9", "1,5", "1.234,5"]
    + ["1,234", "1_0", "e5", "nan", "inf", "-inf", "1e999", "1e-999", "NA", "#", "sep=;\n", "2020-01-01", "31.12.2020"]
    + [
        "99/99/2020",
        "20200101",
        "2020-13",
        "10:00",
        "x",
        "\x1a",
        "é",
        "🦉",
        "٣",
        "\x0c",
        "\x1c",
        "\x85",
        "\u2028",
        "−1",
    ]
    + ["½", "²", "\u00a0", "<b>", "[", "]", "{", "}", ":", "null", "true", '"a"', ">a\n", ">", "ACGT", "*"]
)
BYTES = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00", b"\x80", b"\x81", b"\xed\xa0\x80", b"PK\x03\x04", b"PAR1"]
pieces = st.sampled_from([piece.encode() for piece in PIECES] + BYTES)
names = st.sampled_from(["t.csv", "t.txt", "", ".", "a/b.tsv", "\x00\n.csv", "ü.CSV", "t.jsonl", "t.json", "t.fa"])
fuzz = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
GOOD = list((tables() | others()).items())


@fuzz
@given(names, st.lists(pieces, max_size=60).map(b"".join))
def test_malformed_files_give_a_dataset_or_a_sentence(name, content):
    survives((name, content))


@fuzz
@given(names, st.binary(max_size=300))
def test_any_bytes_give_a_dataset_or_a_sentence(name, content):
    survives((name, content))


@fuzz
@given(st.sampled_from(GOOD), st.floats(0, 1), st.integers(0, 40), st.binary(max_size=6))
def test_a_damaged_file_gives_a_dataset_or_a_sentence(good, share, cut, patch):
    name, content = good
    at = int(share * len(content))
    survives((name, content[:at] + patch + content[at + cut :]))


@fuzz
@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=3), max_size=12), st.sampled_from([",", ";", "\t"]))
def test_any_cells_give_a_dataset_or_a_sentence(rows, delimiter):
    survives(("t.csv", "\n".join(delimiter.join(row) for row in rows).encode(errors="ignore")))


@fuzz
@given(st.lists(st.tuples(names, st.lists(pieces, max_size=12).map(b"".join)), max_size=3))
def test_any_few_files_give_a_dataset_or_a_sentence(files):
    survives(*files)
