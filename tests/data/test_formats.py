"""One table in every format, and what only some formats can hold."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pyarrow as pa
import pytest
from good_files import DAYS, SALES, WORDS, npy, npz, parquet, tables, workbook

from rnnviz.data import DataError, Dataset, read


def one(name: str, content: bytes) -> Dataset:
    return read([(name, content)])


@pytest.mark.parametrize("name", tables())
def test_the_same_table_whatever_the_format(name):
    data = one(name, tables()[name])
    assert [(c.name, c.kind) for c in data.table] == [("day", "time"), ("sales", "number"), ("word", "category")]
    day, sales, word = data.table
    np.testing.assert_array_equal(day.values, np.array(DAYS, "M8[s]").astype(np.int64))
    np.testing.assert_array_equal(sales.values, [np.nan if sale is None else sale for sale in SALES])
    assert word.words() == WORDS and word.levels == ("sun", "rain")
    assert data.fingerprint == one("t.csv", tables()["t.csv"]).fingerprint
    assert data.notes[0].startswith("Read ")


def test_parts_carry_every_kind_and_every_sequence():
    first = [(f"b{k}.csv", tables()["t.csv"] + b"\n2024-01-06,7,\n") for k in range(2)]
    data = read([*first, ("notes.csv", b"day,sales,word\n2024-02-01,,sun\n,3,rain\n")])
    words, arrays = data.to_parts()
    back = Dataset.from_parts(json.loads(json.dumps(words)), arrays)
    assert back.fingerprint == data.fingerprint and back.notes == data.notes and back.name == data.name
    assert back.bounds.tolist() == data.bounds.tolist() == [0, 6, 12, 14] and back.sequences == 3
    for given, column in zip(data.table, back.table, strict=True):
        assert (given.name, given.kind, given.levels) == (column.name, column.kind, column.levels)
        np.testing.assert_array_equal(given.values, column.values)
    with pytest.raises(ValueError, match="names levels"):
        Dataset.from_parts(words, arrays | {"categories": arrays["categories"] + 3})
    with pytest.raises(ValueError, match="rows in order"):
        Dataset.from_parts(words, arrays | {"bounds": np.array([0, 12, 6, 14])})
    with pytest.raises(ValueError, match="expected 1 columns of kind time"):
        Dataset.from_parts(words, arrays | {"times": arrays["times"][:, 0]})


def test_a_note_that_not_all_files_share_names_those_that_do():
    odd, even = b"x;y\n1;a\n", b"x,y\n1,a\n"
    notes = read([("a.csv", even), ("b.csv", odd), ("c.csv", even)]).notes
    assert [note.split(":")[0] for note in notes if "separated by" in note] == ["a.csv, c.csv", "b.csv"]
    many = read([*((f"{k}.csv", even) for k in range(5)), ("9.csv", odd)]).notes
    assert [note.split(":")[0] for note in many if "separated by" in note] == ["0.csv, 1.csv, 2.csv, …", "9.csv"]


def test_words_and_gaps_of_several_files_are_those_of_each():
    parts = [f"w,k\n{word},1\n,2\nthe,3\n".encode() for word in ("a", "b", "the")]
    parts.append(b"w,k\n,4\n")  # whose column of words has none
    data = read([(f"{k}.csv", part) for k, part in enumerate(parts)])
    assert data.table[0].words() == ["a", "", "the", "b", "", "the", "the", "", "the", ""]
    assert data.table[2].words() == ["0.csv"] * 3 + ["1.csv"] * 3 + ["2.csv"] * 3 + ["3.csv"]


def test_several_files_are_several_sequences_in_the_order_of_their_names():
    data = read([("run10.csv", b"y,x\na,3\nb,4\n"), ("run2.csv", b"x,y\n1,a\n2,\n5,b\n")])
    assert data.columns == ("x", "y", "file") and data.bounds.tolist() == [0, 3, 5]
    assert data.table[0].values.tolist() == [1, 2, 5, 3, 4]
    assert data.table[1].words() == ["a", "", "b", "a", "b"]
    assert data.table[2].words() == ["run2.csv"] * 3 + ["run10.csv"] * 2 and data.table[2].kind == "category"
    texts = read([("b.txt", b"two"), ("a.txt", b"one"), ("c.txt", b"one")])
    assert texts.kind == "text" and texts.texts == ("one", "two", "one") and texts.bounds.tolist() == [0, 1, 2, 3]
    assert texts.text == "one\ntwo\none" and texts.characters == len(texts.text) and data.characters == 0


def test_a_column_that_is_empty_in_one_file_takes_the_kind_it_has_in_others():
    data = read([("a.csv", b"x,d\n1,\n2,\n"), ("b.csv", b"x,d\n3,2020-01-01\n4,2020-01-02\n")])
    assert [c.kind for c in data.table] == ["number", "time", "category"]
    assert data.table[1].gaps.tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("a.csv", b"x\n1\n"), ("b.csv", b"z\n1\n")], "b.csv has no column 'x', unlike a.csv"),
        ([("a.csv", b"x\n1\n"), ("b.csv", b"x,z\n1,2\n")], "b.csv has a column 'z' more, unlike a.csv"),
        ([("a.csv", b"x\n1\n"), ("b.csv", b"x\nred\n")], "'x' of b.csv is of kind text, but number in a.csv"),
        ([("a.csv", b"x\n1\n"), ("b.txt", b"red, green\n")], "b.txt is a text, but a.csv is a table"),
        ([("a.csv", b"x\n1\n"), ("b.csv", b"x\n1,2\n")], "b.csv: Line 2 has 2 fields"),
        ([(f"{k}.csv", b"x\n1\n") for k in range(501)], "501 files were given, at most 500"),
        ([], "No file was given"),
    ],
)
def test_files_that_differ_are_named(files, words):
    with pytest.raises(DataError, match=words):
        read(files)


def test_arrays_of_every_number_of_axes():
    cube = np.arange(24.0).reshape(2, 3, 4)
    data = one("a.npy", npy(np.asfortranarray(cube.astype(">f4"))))
    assert data.bounds.tolist() == [0, 3, 6] and len(data.table) == 4
    np.testing.assert_array_equal(np.stack([c.values for c in data.table], 1), cube.reshape(6, 4))
    assert one("a.npy", npy(np.arange(5, dtype="u1"))).table[0].values.tolist() == [0, 1, 2, 3, 4]
    labelled = one("a.npz", npz(x=cube, label=np.array(["up", "down"]), z=cube[:, :, 0]))
    assert labelled.columns == ("x 1", "x 2", "x 3", "x 4", "label", "z")
    assert labelled.table[4].words() == ["up"] * 3 + ["down"] * 3
    np.testing.assert_array_equal(labelled.table[5].values, cube[:, :, 0].ravel())
    two = one("a.npz", npz(first=cube[0], second=cube[1, :2]))
    assert two.bounds.tolist() == [0, 3, 5] and len(two.table) == 4
    moments = one("a.npy", npy(np.array(["2020-01-01T12", "NaT"], "M8[h]"))).table[0]
    assert moments.kind == "time" and moments.values[0] == 1577880000 and np.isnan(moments.values[1])
    assert one("a.npy", npy(np.array([np.inf, 1.0, 1e200]))).table[0].gaps.tolist() == [True, False, True]


def test_workbooks():
    day = datetime.datetime(2024, 5, 31, 12, 30)
    rows = [["when", "n", "ok", "=1+1"], [day, 1, True, "=cmd|' /C calc'!A0"], [None, 2.5, False, "=A1"]]
    data = one("book.xlsx", workbook([], rows, [["another"]]))
    assert data.notes[0] == "Read from the sheet 'Sheet1'. Other sheets were not read: 'Sheet', 'Sheet2'."
    assert data.columns[:3] == ("when", "n", "ok")
    assert data.table[0].values[0] == np.datetime64("2024-05-31T12:30", "s").astype(int) and data.table[0].gaps[1]
    assert data.table[1].values.tolist() == [1, 2.5] and data.table[2].words() == ["True", "False"]
    assert len(data.table) == 3  # nothing had computed the formulas, and nobody does
    with pytest.raises(DataError, match="Row 3 has 3 cells, but row 1 has 2"):
        one("book.xlsx", workbook([["a", "b"], [1, 2], [3, 4, 5]]))
    with pytest.raises(DataError, match="no sheet with cells"):
        one("book.xlsx", workbook([]))


def test_parquet_keeps_types():
    columns = {
        "__index_level_0__": pa.array([3, 1, None], pa.int32()),
        "d": pa.array([0, 1, None], pa.date32()),
        "z": pa.array([0, 3600, None], pa.timestamp("s", tz="Asia/Tokyo")),
        "b": pa.array([True, None, True]),
        "w": pa.array(["a", "b", None]).dictionary_encode(),
        "l": pa.array([[1], [2], None]),
    }
    data = one("t.parquet", parquet(columns))
    kinds = {"index": "number", "d": "time", "z": "time", "b": "category", "w": "text"}
    assert {c.name: c.kind for c in data.table} == kinds
    assert data.table[1].values.tolist()[:2] == [0, 86400] and data.table[2].values.tolist()[:2] == [0, 3600]
    assert data.table[3].words() == ["true", "", "true"] and all(c.gaps.sum() == 1 for c in data.table)
    assert "Column 'l' was left out: it holds list" in data.notes[1]


def test_json_in_its_shapes():
    assert one("a.json", b"[[1, 2], [3, 4]]").table[1].values.tolist() == [2, 4]
    assert one("a.json", b"[1, null, 3]").table[0].gaps.tolist() == [False, True, False]
    late = one("a.jsonl", b'{"a": 1}\n\n{"b": "\\ud800", "a": 1e400}\n{"a": NaN}\n')
    assert late.columns == ("a", "b") and late.table[0].gaps.tolist() == [False, True, True]
    assert late.table[1].words() == ["", "\ufffd", ""]


def test_fasta():
    data = one("g.fa", b">one first thing\nACGT\nAC GT*\n;a comment\n>two\nNN-\n")
    assert data.columns == ("id", "description", "sequence")
    assert data.table[0].words() == ["one", "two"] and data.table[0].kind == "category"
    assert data.table[2].words() == ["ACGTACGT*", "NN-"] and data.table[2].kind == "text"
    assert data.table[1].words() == ["first thing", ""]
