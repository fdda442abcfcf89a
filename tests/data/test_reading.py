"""Tables that people have: what is read from them, and what is said about it."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest

from rnnviz.data import DataError, Dataset, read, read_as_text, sample_csv

VALUES = [[1.0, 2.0], [3.5, -4.0]]


def table(text: str, name: str = "t.csv", encoding: str = "utf-8") -> Dataset:
    return read([(name, text.encode(encoding))])


def numbers(data: Dataset) -> np.ndarray:
    return np.stack([data.table[k].values for k in data.numbers], axis=1)


def said(data: Dataset) -> list[str]:
    """What is said beyond how the file was read, which always is."""
    assert data.notes[0].startswith("Read as ")
    return [note for note in data.notes[1:] if "ames of columns" not in note]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3.5,-4\n",
        "a;b\n1;2\n3,5;-4\n",
        "a\tb\n1\t2\n3.5\t-4\n",
        "a|b\n1|2\n3.5|-4\n",
        "a b\n1 2\n3.5 -4\n",
        "  a   b \n 1   2 \n3.5  -4\n",
        "a,b\r\n1,2\r\n3.5,-4\r\n",
        "a,b\r1,2\r3.5,-4",
        "\na,b\n\n1,2\n\n3.5,-4\n\n\n",
        '"a","b"\n"1","2"\n"3.5","-4"\n',
        "a, b\n1, 2\n3.5, -4\n",
        "a,b,\n1,2,\n3.5,-4,\n",
        "a,b\n1,2,,\n3.5,-4,\n",
        "sep=;\na;b\n1;2\n3.5;-4\n",
        "# made by a machine\n#\na,b\n1,2\n3.5,-4\n",
        "a,b\n+1,2e0\n35E-1,-4.\n",
    ],
)
def test_one_table_in_many_clothes(text):
    data = table(text)
    assert data.kind == "table" and data.columns == ("a", "b")
    np.testing.assert_array_equal(numbers(data), VALUES)


def test_the_delimiter_is_the_one_that_leaves_numbers():
    data = table("k,note; more,x\n1,a; b,2\n2,c; d,3\n")  # a semicolon would fit every line too
    assert data.columns == ("k", "note; more", "x") and data.notes[0].endswith("separated by a comma.")
    assert numbers(table("1,5;2,5\n3,5;4,5\n")).tolist() == [[1.5, 2.5], [3.5, 4.5]]  # and so would a comma


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(encoding):
    data = table("Größe;Höhe\n1;2\n3,5;-4\n", encoding=encoding)
    assert data.columns == ("Größe", "Höhe")
    np.testing.assert_array_equal(numbers(data), VALUES)
    guessed = any("Windows-1252" in note and "byte 3 (line 1)" in note for note in data.notes)
    assert guessed == (encoding == "cp1252")
    names = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16-LE", "utf-32": "UTF-32-LE", "cp1252": "Windows-1252"}
    assert data.notes[0] == f"Read as {names.get(encoding, encoding.upper())} text, columns separated by a semicolon."


@pytest.mark.parametrize(
    ("first", "columns", "rows"),
    [
        ("", ("column 1", "column 2"), 2),
        ("x,y", ("x", "y"), 2),
        ("дата,число", ("дата", "число"), 2),
        ("日付,値", ("日付", "値"), 2),
        ("x,", ("x", "column 2"), 2),
        ("x,x", ("x", "x (2)"), 2),
        ("7,8", ("column 1", "column 2"), 3),
        ("NA,8", ("column 1", "column 2"), 3),
    ],
)
def test_headers(first, columns, rows):
    data = table(f"{first}\n1,2\n3,4\n")
    assert data.columns == columns and data.rows == rows


def test_years_may_be_names_where_text_stands_over_dates():
    data = table("month,2023,2024\n2020-01,1,2\n2020-02,3,4\n")
    assert data.columns == ("month", "2023", "2024") and data.rows == 2


def test_strange_names_become_one_short_printable_line():
    data = table('"a\u202eb\tc","' + "x" * 500 + '"\n1,2\n')
    assert data.columns[0] == "a b c" and len(data.columns[1]) == 60


@pytest.mark.parametrize("gap", ["", " ", "NA", "nan", "NaN", "-", "n/a", "#N/A", "null", "None", "?", "."])
def test_gaps_stay_gaps(gap):
    data = table(f"a,b\n1,{gap}\n2,10\n3,{gap}\n4,{gap}\n5,40\n")
    np.testing.assert_array_equal(data.table[1].values, [np.nan, 10, np.nan, np.nan, 40])
    assert data.table[1].gaps.tolist() == [True, False, True, True, False] and said(data) == []


@pytest.mark.parametrize("cell", ["inf", "-inf", "Infinity", "∞", "1e999", "-1e101", "9" * 400])
def test_infinity_becomes_a_gap_and_is_placed(cell):
    data = table(f"a,b\n1,10\n2,{cell}\n3,30\n")
    np.testing.assert_array_equal(data.table[1].values, [10, np.nan, 30])
    assert "Column 'b': 1 number is infinite or too large (line 3: " in said(data)[0]


def test_a_slip_among_numbers_becomes_a_gap_and_is_placed():
    data = table("a\n1\n2\n3\n4\noops\n6\n")
    np.testing.assert_array_equal(data.table[0].values, [1, 2, 3, 4, np.nan, 6])
    assert said(data)[0] == "Column 'a': 1 cell is not a number (line 6: 'oops') and became a gap."


def test_every_kind_of_column():
    rows = ["2020-01-0{k},{w},,7,{k},t{k}".format(k=k, w="Köln" if k % 2 else "Bonn") for k in range(1, 7)]
    data = table("when,where,nothing,one,x,note\n" + "\n".join(rows) + "\n2020-01-07,,,7,,\n")
    assert [(c.name, c.kind) for c in data.table] == [
        ("when", "time"), ("where", "category"), ("one", "number"), ("x", "number"), ("note", "text"),
    ]  # fmt: skip
    assert said(data) == ["Column 'nothing' holds no values and was left out."]
    when, where, _, _, note = data.table
    np.testing.assert_array_equal(when.values, 1577836800 + 86400 * np.arange(7.0))
    assert where.levels == ("Köln", "Bonn") and where.values.tolist() == [0, 1, 0, 1, 0, 1, -1]
    assert where.values.dtype == np.int32 and where.words()[-2:] == ["Bonn", ""]
    assert note.words() == ["t1", "t2", "t3", "t4", "t5", "t6", ""]
    assert data.kind == "table" and data.text is None and data.numbers == (2, 3) and data.bounds.tolist() == [0, 7]


@pytest.mark.parametrize(("different", "rows", "kind"), [(50, 101, "category"), (51, 103, "text"), (50, 100, "text")])
def test_few_different_words_are_a_category(different, rows, kind):
    assert table("w\n" + "".join(f"w{k % different}\n" for k in range(rows))).table[0].kind == kind


@pytest.mark.parametrize(
    ("cells", "values", "words"),
    [
        (["1,5", "2,25"], [1.5, 2.25], "decimal comma"),
        (["1.234,5", "2"], [1234.5, 2], "decimal comma"),
        (["1.234.567,8", "-0,125"], [1234567.8, -0.125], "decimal comma"),
        (["1 234,5", "12\u00a0345,25"], [1234.5, 12345.25], "decimal comma"),
        (["0,125", "0,250"], [0.125, 0.25], "decimal comma"),
        ([",5", "1,25e2"], [0.5, 125], "decimal comma"),
        (["1,234,567", "2"], [1234567, 2], "comma between thousands"),
        (["1,234.5", "6,789"], [1234.5, 6789], "comma between thousands"),
        (["1 234", "5 678.5"], [1234, 5678.5], "space or apostrophe between thousands"),
        (["1'234", "56"], [1234, 56], "space or apostrophe between thousands"),
        (["1.234", "5.678"], [1.234, 5.678], ""),
        (["١٢", "٣"], [12, 3], ""),
    ],
)
def test_number_styles(cells, values, words):
    data = table("k;x\n" + "".join(f'{k};"{cell}"\n' for k, cell in enumerate(cells)))
    np.testing.assert_allclose(data.table[1].values, values)
    assert " ".join(said(data)) == (f"Column 'x' was read with {words}." if words else "")


def test_ambiguous_commas_leave_the_column_out_unless_the_file_decides():
    data = table('k,x\n1,"1,234"\n2,"5,678"\n')
    assert data.columns == ("k",)
    assert "line 2: '1,234'" in said(data)[0] and "write its numbers with a decimal point" in said(data)[0]
    data = table("k;x;y\n1,5;1,234;1.234\n2,5;5,678;2.345\n")
    np.testing.assert_allclose(numbers(data), [[1.5, 1.234, 1234], [2.5, 5.678, 2345]])


def test_underscores_are_not_digits():
    assert [c.kind for c in table("a,b\n1_0,2\n1_1,3\n").table] == ["text", "number"]


@pytest.mark.parametrize(
    ("dates", "iso"),
    [
        (["2020-01-01", "2020-01-02"], ["2020-01-01", "2020-01-02"]),
        (["2020-01-01 10:00", "2020-01-01 10:00:30.5"], ["2020-01-01T10:00", "2020-01-01T10:00:30.5"]),
        (["2020-01-01T23:30:00-01:00", "2020-01-02T02:00+0130"], ["2020-01-02T00:30", "2020-01-02T00:30"]),
        (["2020-01-02T00:00:00Z", "2020-01-02 24:00"], ["2020-01-02", "2020-01-03"]),
        (["20200229", "20210101"], ["2020-02-29", "2021-01-01"]),
        (["2020-01", "2021/02"], ["2020-01-01", "2021-02-01"]),
        (["30.01.2020", "01.02.2020"], ["2020-01-30", "2020-02-01"]),
        (["01/30/2020", "02/01/1969"], ["2020-01-30", "1969-02-01"]),
        (["13/1/20", "13/2/69", "13/2/70"], ["2020-01-13", "2069-02-13", "1970-02-13"]),
    ],
)
def test_dates_are_seconds_since_1970(dates, iso):
    data = table("day,x\n" + "".join(f"{day},{k}\n" for k, day in enumerate(dates)))
    assert data.table[0].kind == "time"
    expected = np.array(iso, "M8[ms]").astype(np.int64) / 1000
    np.testing.assert_array_equal(data.table[0].values, expected)


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (["2020-01-01", "2020-01-02", "2020-02-01"], ""),
        (["01/02/2020", "02/02/2020", "03/01/2020"], "with the month first, which gives the order"),
        (["01/02/2020", "02/02/2020", "01/03/2020"], "with the day first, which gives the order"),
        (["1/2/2020", "2/2/2020", "3/2/2020"], "with the day first, though the other way is possible"),
        (["2020-01-02", "2020-01-02", "2020-01-01"], "newest row comes first"),
        (["2020-01-01", "2020-01-03", "2020-01-02"], "not in order (line 4 is earlier"),
        (["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04", "then"], "1 cell is no date (line 6: 'then')"),
        (["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04", "2020-02-30"], "1 cell is no date (line 6: '2020-02"),
        (["13/01/2020", "14/01/2020", "01/13/2020", "15/01/2020", "16/01/2020"], "1 cell is no date (line 4"),
    ],
)
def test_what_dates_say_about_the_rows(dates, words):
    data = table("day,x\n" + "".join(f"{day},{k}\n" for k, day in enumerate(dates)))
    assert data.columns == ("day", "x") and data.table[0].kind == "time"
    assert words in said(data)[0] if words else said(data) == []


@pytest.mark.parametrize("cells", [["2020.5", "2021.5"], ["2020", "2021"], ["1.5", "31.12"], ["20201301", "20209999"]])
def test_numbers_that_look_like_dates_stay_numbers(cells):
    data = table("a\n" + "\n".join(cells))
    assert data.table[0].kind == "number"
    np.testing.assert_array_equal(data.table[0].values, [float(cell) for cell in cells])


def test_a_file_that_is_not_called_a_table_is_text_unless_it_is_one():
    poem = table("The rain, it raineth every day\nUpon the just\n", "poem.txt")
    assert poem.kind == "text" and poem.text.startswith("The rain") and "Not read as a table" in poem.notes[1]
    assert numbers(table("1 2\n3 4\n", "numbers.txt")).tolist() == [[1, 2], [3, 4]]
    assert numbers(table("1\n2\n3\n", "column.txt")).shape == (3, 1)
    assert [c.kind for c in table("ham\tgo\nspam\twin\nham\tsee\nham\tyou\nspam\tnow\n", "sms").table] == [
        "category",
        "text",
    ]
    assert table("a,b\nc,d\n", "dialogue.txt").kind == "text"
    assert table("one word\ntwo words\n", "poem.csv").table[0].words() == ["two words"]


def test_read_as_text_takes_any_text_and_makes_line_ends_one():
    data = read_as_text([("a.csv", "x,y\r\n1,2\rü".encode())])
    assert data.text == "x,y\n1,2\nü" and data.kind == "text" and data.texts == (data.text,) and data.rows == 1
    with pytest.raises(DataError, match="empty"):
        read_as_text([("a.txt", b" \n")])


def test_values_are_read_only_and_the_fingerprint_follows_the_content():
    one, same, other = table("a\n1\n2\n"), read([("b.tsv", b"a\r\n1.0\r\n2")]), table("a\n1\n3\n")
    assert not one.table[0].values.flags.writeable
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert table("b\n1\n2\n").fingerprint != one.fingerprint
    assert read_as_text([("x", b"abc")]).fingerprint != read_as_text([("x", b"abd")]).fingerprint


def test_numbers_agree_with_pandas_on_a_big_table_in_good_time():
    import pandas

    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(rng.normal(size=(45_000, 5)), columns=list("abcde"))
    frame.loc[rng.random(45_000) < 0.1, "c"] = np.nan
    frame.insert(0, "day", pandas.date_range("2000-01-01", periods=45_000, freq="h").strftime("%Y-%m-%d %H:%M"))
    frame.insert(1, "word", rng.choice(["yes", "no"], 45_000))
    content = frame.to_csv(index=False).encode()
    assert len(content) > 4.7 * 2**20
    start = time.process_time()
    data = read([("big.csv", content)])
    assert time.process_time() - start < 3  # about 0.7 s on a quiet machine
    theirs = pandas.read_csv(io.BytesIO(content), parse_dates=["day"])
    assert data.columns == tuple(theirs.columns)
    np.testing.assert_allclose(numbers(data), theirs[list("abcde")].to_numpy(), rtol=1e-15)
    np.testing.assert_array_equal(data.table[0].values, theirs["day"].to_numpy().astype("M8[s]").astype(np.int64))
    assert data.table[1].words() == theirs["word"].tolist()


def test_sample_is_the_same_every_time_and_has_what_real_tables_have():
    assert sample_csv() == sample_csv()
    data = read([("sample.csv", sample_csv())])
    assert [(c.name, c.kind) for c in data.table] == [
        ("date", "time"), ("weather", "category"), ("temperature", "number"), ("visitors", "number"),
        ("sales", "number"),
    ]  # fmt: skip
    assert data.rows == 730 and all(0 < data.table[k].gaps.sum() < 30 for k in data.numbers)
    # there is something to learn: a linear forecast from the week before beats repeating the last value
    at = np.arange(730)
    filled = [np.interp(at, at[~c.gaps], c.values[~c.gaps]) for c in (data.table[k] for k in data.numbers)]
    values = np.stack([(v - v.mean()) / v.std() for v in filled], axis=1)
    past = np.hstack([values[7 - k : len(values) - k] for k in range(1, 8)])
    train = slice(0, 580)
    weights, *_ = np.linalg.lstsq(past[train], values[7:][train], rcond=None)
    error = ((past[580:] @ weights - values[7:][580:]) ** 2).mean(axis=0)
    repeated = (np.diff(values[586:], axis=0) ** 2).mean(axis=0)
    assert (error < 0.8 * repeated)[1:].all()
