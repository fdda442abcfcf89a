"""Files that cannot be used: each gets one sentence with the place and the remedy, and nothing else is raised."""

from __future__ import annotations

import gzip
import io
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnviz.data import DataError, Dataset, read, read_as_text, sample_csv


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


def array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(5))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty: upload"),
        (b" \r\n\t\n", "is empty: upload"),
        (b"\xef\xbb\xbf", "is empty: upload"),
        (b"a,b,c\n", r"Only a header: line 1 holds the names \(a, b, c\)"),
        (b"\n\na,b,c\n\n", "Only a header: line 3"),
        (b"# nothing here\n", "holds no rows"),
        (
            b"poem\nroses\nviolets\n",
            r"one column .* 'poem' holds text \('roses' on line 2\): read the file as text",
        ),
        (
            b"a,b\nx,y\nz,w\n",
            r"2 columns and none .* 'a' holds text \('x' on line 2\): give it a column of numbers",
        ),
        (b"day\n2020-01-01\n2020-01-02\n", "'day' holds dates"),
        (b"a,b\nNA,\n,-\n", "'a' holds no values"),
        (b"a\n1e999\ninf\n", "'a' holds no finite number"),
        (b"a,b\n1,2\n3\n4,5\n", r"Line 3 has 1 field, but line 1 has 2 \(delimiter: comma\)"),
        (b"a,b\n1,2\n3,4,5\n", "Line 3 has 3 fields, but line 1 has 2"),
        (b"# c\n\na;b\n1;2\n\n3;4;5\n", r"Line 6 has 3 fields, but line 3 has 2 \(delimiter: semicolon\)"),
        (b'a,b\n"x\ny",1\n"z",2,3\n', "Line 4 has 3 fields"),
        (b'a,b\n1,2\n3,"4\n5,6\n7,8\n', "Line 3 cannot be split .* check its quotation marks"),
        (b'a,b\n1,"2"3\n', "Line 2 cannot be split"),
        (b"a,b\n1," + b"9" * 200_000 + b"\n", "Line 2 cannot be split"),
        (b"a,b\n1,2\n3,\x00\n", r"line 3 holds the control character U\+0000"),
        (b"a,b\n\xe4,\x01\n1,2\n", r"line 2 holds the control character U\+0001"),
        (b"a,b\n1,2\n\x81\xff,3\n", r"not UTF-8 at byte 9 \(line 3\), nor Windows-1252"),
        (b"\xff\xfea\x00,\x00\n\x00\x00\xdc", r"begins as UTF-16-LE, but is not at byte 9"),
        (b"\xef\xbb\xbfa,b\n1,\xff\n", r"begins as UTF-8, but is not at byte 10 \(line 2\)"),
        (archive(), "Excel workbook"),
        (gzip.compress(b"a,b\n1,2\n"), "gzip archive"),
        (array(), "NumPy array"),
        (b"\x80\x04\x95\x05\x00", "pickle"),
        (b"\x89PNG\r\n\x1a\n", "PNG picture"),
        (b"%PDF-1.7\n", "PDF document"),
        (bytes(range(256)), r"control character U\+0000|nor Windows-1252"),
        (b",".join([b"1"] * 1001) + b"\n", "1,001 fields: upload at most 1,000 columns"),
    ],
)
def test_each_fault_has_its_sentence(content, words):
    with pytest.raises(DataError, match=words) as caught:
        read("file.csv", content)
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 400


def test_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(DataError, match=r"file.csv has 1.1 MB, the limit is 1 MB: upload a part"):
        read("file.csv", b"\0" * (2**20 + 1), limit_mb=1)
    with pytest.raises(DataError, match="the limit is 50 MB"):
        read_as_text("file.txt", b"x" * (50 * 2**20 + 1))
    assert read("file.csv", b"1\n" * 2**19, limit_mb=1).values.shape == (2**19, 1)


def test_too_many_cells_for_the_memory(monkeypatch):
    monkeypatch.setattr("rnnviz.data.delimited.MOST_CELLS", 100)
    monkeypatch.setattr("rnnviz.data.delimited.MOST_LINES", 70)
    with pytest.raises(DataError, match=r"more than 100 cells \(reached at line 51\)"):
        read("file.csv", b"1,2\n" * 60)
    with pytest.raises(DataError, match="has 71 lines, at most 70 can be read: upload fewer rows"):
        read("file.csv", b"1\n" * 71)


def test_text_from_a_file_is_cut_and_made_printable_in_a_sentence():
    with pytest.raises(DataError) as caught:
        read("<b>" + "n" * 300 + ".csv", ("a\n" + "<script>\u202e" + "x" * 500 + "\nb\n").encode())
    assert "\u202e" not in str(caught.value) and len(str(caught.value)) < 400


def whole(data: Dataset) -> None:
    """What every Dataset promises."""
    if data.kind == "text":
        assert data.text.strip() and data.values is None
        data.text.encode()
    else:
        assert data.values.ndim == 2 and data.values.dtype == np.float64 and len(data.values) >= 1
        assert data.values.shape[1] == len(data.columns) == len(set(data.columns)) >= 1
        assert np.isfinite(data.values).all()
    assert len(data.fingerprint) == 16 and all(isinstance(note, str) for note in data.notes)


def survives(name: str, content: bytes) -> None:
    for reader in (read, read_as_text):
        try:
            data = reader(name, content)
        except DataError as error:
            assert str(error).endswith(".") and "\n" not in str(error)
        else:
            whole(data)


pieces = st.sampled_from(
    [b",", b";", b"\t", b"|", b" ", b"\n", b"\r\n", b"\r", b'"', b"'", b"\\", b"0", b"1", b"-", b"+", b".", b"1e9"]
    + [
        b"1,5",
        b"1.234,5",
        b"1,234",
        b"1_0",
        b"e5",
        b"nan",
        b"inf",
        b"-inf",
        b"1e999",
        b"1e-999",
        b"NA",
        b"#",
        b"sep=;\n",
    ]
    + [
        b"2020-01-01",
        b"31.12.2020",
        b"99/99/2020",
        b"20200101",
        b"2020-13",
        b"10:00",
        b"x",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
    ]
    + [
        b"\xfe\xff",
        b"\x00",
        b"\x1a",
        b"\x80",
        b"\x81",
        "é".encode(),
        "🦉".encode(),
        "٣".encode(),
        b"\xed\xa0\x80",
        b"\x0c",
    ]
    + [
        b"\x1c",
        b"\xc2\x85",
        "\u2028".encode(),
        "−1".encode(),
        "½".encode(),
        "²".encode(),
        "\u00a0".encode(),
        b"<b>",
    ]
)
names = st.sampled_from(["t.csv", "t.txt", "", ".", "a/b.tsv", "\x00\n.csv", "ü.CSV"])
fuzz = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@fuzz
@given(names, st.lists(pieces, max_size=60).map(b"".join))
def test_malformed_tables_give_a_dataset_or_a_sentence(name, content):
    survives(name, content)


@fuzz
@given(names, st.binary(max_size=300))
def test_any_bytes_give_a_dataset_or_a_sentence(name, content):
    survives(name, content)


@fuzz
@given(st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=6))
def test_a_damaged_file_gives_a_dataset_or_a_sentence(at, cut, patch):
    good = sample_csv()[:3000]
    survives("sample.csv", good[:at] + patch + good[at + cut :])


@fuzz
@given(
    st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=3), max_size=12),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
)
def test_any_cells_give_a_dataset_or_a_sentence(rows, delimiter, encoding):
    text = "\n".join(delimiter.join(row) for row in rows)
    survives("t.csv", text.encode(encoding, errors="ignore"))
