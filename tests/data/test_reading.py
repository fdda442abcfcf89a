"""Tables that people have: what is read from them, and what is said about it."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest

from rnnviz.data import DataError, Dataset, read, read_as_text, sample_csv

VALUES = [[1.0, 2.0], [3.5, -4.0]]


def table(text: str, name: str = "t.csv", encoding: str = "utf-8") -> Dataset:
    return read(name, text.encode(encoding))


def notes(text: str) -> str:
    return " ".join(table(text).notes)


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
    np.testing.assert_array_equal(data.values, VALUES)


def test_the_delimiter_is_the_one_that_leaves_numbers():
    data = table("k,note; more,x\n1,a; b,2\n2,c; d,3\n")  # a semicolon would fit every line too
    assert data.columns == ("k", "x")
    assert table("1,5;2,5\n3,5;4,5\n").values.tolist() == [[1.5, 2.5], [3.5, 4.5]]  # and so would a comma


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(encoding):
    data = table("Größe;Höhe\n1;2\n3,5;-4\n", encoding=encoding)
    assert data.columns == ("Größe", "Höhe")
    np.testing.assert_array_equal(data.values, VALUES)
    said = any("Windows-1252" in note and "byte 3 (line 1)" in note for note in data.notes)
    assert said == (encoding == "cp1252")


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
    assert data.columns == columns and len(data.values) == rows


def test_years_may_be_names_where_text_stands_over_dates():
    data = table("month,2023,2024\n2020-01,1,2\n2020-02,3,4\n")
    assert data.columns == ("2023", "2024")


def test_strange_names_become_one_short_printable_line():
    data = table('"a\u202eb\tc","' + "x" * 500 + '"\n1,2\n')
    assert data.columns[0] == "a b c" and len(data.columns[1]) == 60


@pytest.mark.parametrize("gap", ["", " ", "NA", "nan", "NaN", "-", "n/a", "#N/A", "null", "None", "?", "."])
def test_gaps_are_filled_on_a_straight_line_and_counted(gap):
    data = table(f"a,b\n1,{gap}\n2,10\n3,{gap}\n4,{gap}\n5,40\n")
    np.testing.assert_allclose(data.values[:, 1], [10, 10, 20, 30, 40])
    assert data.notes == ("Column 'b': 3 gaps in 5 rows filled by linear interpolation, the first on line 2.",)


@pytest.mark.parametrize("cell", ["inf", "-inf", "Infinity", "∞", "1e999", "-1e101", "9" * 400])
def test_infinity_becomes_a_gap_and_is_placed(cell):
    data = table(f"a,b\n1,10\n2,{cell}\n3,30\n")
    np.testing.assert_array_equal(data.values[:, 1], [10, 20, 30])
    assert "Column 'b': 1 number is infinite or too large (line 3: " in data.notes[0]


def test_a_slip_among_numbers_becomes_a_gap_and_is_placed():
    data = table("a\n1\n2\n3\n4\noops\n6\n")
    np.testing.assert_array_equal(data.values[:, 0], [1, 2, 3, 4, 5, 6])
    assert data.notes[0] == "Column 'a': 1 cell is not a number (line 6: 'oops') and became a gap."


def test_text_and_empty_and_constant_columns():
    data = table("when,where,nothing,one,x\n2020-01-01,Köln,,7,1\n2020-01-02,Bonn,,7,2\n")
    assert data.columns == ("one", "x")
    said = " ".join(data.notes)
    assert "Column 'where' holds text ('Köln' on line 2) and was left out." in said
    assert "Column 'nothing' holds no values and was left out." in said
    assert "Column 'one' is constant (7): there is nothing in it to learn." in said
    assert "Column 'when' holds dates" in said and "oldest first" in said


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
    np.testing.assert_allclose(data.values[:, 1], values)
    assert " ".join(data.notes) == (f"Column 'x' was read with {words}." if words else "")


def test_ambiguous_commas_leave_the_column_out_unless_the_file_decides():
    data = table('k,x\n1,"1,234"\n2,"5,678"\n')
    assert data.columns == ("k",)
    assert "'1,234' on line 2" in data.notes[0] and "write its numbers with a decimal point" in data.notes[0]
    data = table("k;x;y\n1,5;1,234;1.234\n2,5;5,678;2.345\n")
    np.testing.assert_allclose(data.values, [[1.5, 1.234, 1234], [2.5, 5.678, 2345]])


def test_underscores_are_not_digits():
    assert table("a,b\n1_0,2\n1_1,3\n").columns == ("b",)


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (["2020-01-01", "2020-01-02", "2020-02-01"], "oldest first"),
        (["2020-01-01 10:00", "2020-01-01 10:00:30", "2020-01-02T00:00:00Z"], "oldest first"),
        (["20200101", "20200102", "20210101"], "oldest first"),
        (["2020-01", "2020-02", "2021-01"], "oldest first"),
        (["30.01.2020", "31.01.2020", "01.02.2020"], "oldest first"),
        (["01/30/2020", "01/31/2020", "02/01/2020"], "oldest first"),
        (["01/02/2020", "02/02/2020", "03/01/2020"], "oldest first"),  # month first alone is in order
        (["1/2/20", "2/2/20", "3/2/20"], "oldest first"),
        (["2020-01-02", "2020-01-02", "2020-01-01"], "newest row comes first"),
        (["2020-01-01", "2020-01-03", "2020-01-02"], "line 4 is earlier than line 3"),
        (["13/01/2020", "01/13/2020", "01/01/2020"], "some dates have the day first"),
        (["2020-01-01", "01-01-2020", "2020-01-02"], "some dates have the year first"),
    ],
)
def test_dates_tell_the_order_and_nothing_else(dates, words):
    data = table("day,x\n" + "".join(f"{day},{k}\n" for k, day in enumerate(dates)))
    assert data.columns == ("x",)
    assert words in data.notes[0] and "Column 'day' holds dates" in data.notes[0]


@pytest.mark.parametrize("cells", [["2020.5", "2021.5"], ["2020", "2021"], ["1.5", "31.12"], ["20201301", "20209999"]])
def test_numbers_that_look_like_dates_stay_numbers(cells):
    data = table("a\n" + "\n".join(cells))
    np.testing.assert_array_equal(data.values[:, 0], [float(cell) for cell in cells])


def test_a_file_that_is_not_called_a_table_is_text_unless_it_is_one():
    poem = read("poem.txt", b"The rain, it raineth every day\nUpon the just\n")
    assert poem.kind == "text" and poem.text.startswith("The rain") and "Read as text" in poem.notes[0]
    assert read("numbers.txt", b"1 2\n3 4\n").values.tolist() == [[1, 2], [3, 4]]
    assert read("column.txt", b"1\n2\n3\n").values.shape == (3, 1)
    with pytest.raises(DataError, match="read it as text|read the file as text"):
        read("poem.csv", b"The rain it raineth every day\nUpon the just\n")


def test_read_as_text_takes_any_text_and_makes_line_ends_one():
    data = read_as_text("a.csv", "x,y\r\n1,2\rü".encode())
    assert data.text == "x,y\n1,2\nü" and data.values is None and data.columns == ()
    with pytest.raises(DataError, match="empty"):
        read_as_text("a.txt", b" \n")


def test_values_are_read_only_and_the_fingerprint_follows_the_content():
    one, same, other = table("a\n1\n2\n"), read("b.tsv", b"a\r\n1.0\r\n2"), table("a\n1\n3\n")
    assert not one.values.flags.writeable
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert table("b\n1\n2\n").fingerprint != one.fingerprint
    assert read_as_text("x", b"abc").fingerprint != read_as_text("x", b"abd").fingerprint


def test_numbers_agree_with_pandas_on_a_big_table_in_good_time():
    import pandas

    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(rng.normal(size=(70_000, 5)), columns=list("abcde"))
    frame.loc[rng.random(70_000) < 0.1, "c"] = np.nan
    frame.insert(0, "day", pandas.date_range("2000-01-01", periods=70_000, freq="h").strftime("%Y-%m-%d %H:%M"))
    frame.insert(1, "word", rng.choice(["yes", "no"], 70_000))
    content = frame.to_csv(index=False).encode()
    assert len(content) > 5 * 2**20
    start = time.process_time()
    data = read("big.csv", content)
    assert time.process_time() - start < 6  # about 2 s on a quiet machine
    theirs = pandas.read_csv(io.BytesIO(content))[list("abcde")].interpolate(limit_direction="both")
    assert data.columns == tuple("abcde")
    np.testing.assert_allclose(data.values, theirs.to_numpy(), rtol=1e-12)


def test_sample_is_the_same_every_time_and_has_what_real_tables_have():
    assert sample_csv() == sample_csv()
    data = read("sample.csv", sample_csv())
    assert data.columns == ("temperature", "visitors", "sales") and len(data.values) == 730
    said = " ".join(data.notes)
    assert "dates" in said and "holds text" in said and said.count("filled by linear interpolation") == 3
    # there is something to learn: a linear forecast from the week before beats repeating the last value
    values = (data.values - data.values.mean(axis=0)) / data.values.std(axis=0)
    past = np.hstack([values[7 - k : len(values) - k] for k in range(1, 8)])
    train = slice(0, 580)
    weights, *_ = np.linalg.lstsq(past[train], values[7:][train], rcond=None)
    error = ((past[580:] @ weights - values[7:][580:]) ** 2).mean(axis=0)
    repeated = (np.diff(values[586:], axis=0) ** 2).mean(axis=0)
    assert (error < 0.8 * repeated)[1:].all()
