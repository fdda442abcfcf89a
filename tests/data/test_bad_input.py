"""Files that cannot be used: each gets one sentence with the place and the remedy, and nothing else is raised."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from good_files import npy, packed, unpacked, workbook

from rnnviz.data import DataError, read, read_as_text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty: upload"),
        (b" \r\n\t\n", "is empty: upload"),
        (b"\xef\xbb\xbf", "is empty: upload"),
        (b"a,b,c\n", r"Only a header: line 1 holds the names \(a, b, c\)"),
        (b"\n\na,b,c\n\n", "Only a header: line 3"),
        (b"# nothing here\n", "holds no rows"),
        (b"a,b\nNA,\n,-\n", "no column that can be read; the last one: Column 'b' holds no values"),
        (b"a\n1e999\ninf\n", "no column that can be read; the last one: Column 'a' holds no values"),
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
        (b"1," * 200_001 + b"1\n", "Line 1 has more than 200,000 fields"),
        (packed({"readme.txt": b"hello"}), "is a zip archive, but no Excel workbook: unpack it"),
        (packed({}), "empty zip archive"),
        (workbook([["a"]])[:2000], "is damaged or no zip archive .BadZipFile."),
        (npy(np.array([{}], object), allow_pickle=True), "Python objects, which could carry code and are never loaded"),
        (npy(np.arange(50))[:200], r"array of \(50,\) in 400 bytes, but has 72"),
        (b"PAR1PAR1", "is damaged or no Parquet table"),
        (b"\xd0\xcf\x11\xe0", "old Excel workbook"),
        (gzip.compress(b"a,b\n1,2\n"), "gzip archive"),
        (b"\x80\x04\x95\x05\x00", "pickle"),
        (b"\x89PNG\r\n\x1a\n", "PNG picture"),
        (b"%PDF-1.7\n", "PDF document"),
        (bytes(range(256)), r"control character U\+0000|nor Windows-1252"),
        (b",".join([b"1"] * 10_001) + b"\n", "10,001 fields: upload at most 10,000 columns"),
    ],
)
def test_each_fault_has_its_sentence(content, words):
    with pytest.raises(DataError, match=words) as caught:
        read([("file.csv", content)])
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 400


def test_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(DataError, match=r"file.csv has 1.1 MB, the limit is 1 MB: upload a part"):
        read([("file.csv", b"\0" * (2**20 + 1))], limit_mb=1)
    with pytest.raises(DataError, match="the limit is 50 MB"):
        read_as_text([("file.txt", b"x" * (50 * 2**20 + 1))])
    with pytest.raises(DataError, match=r"All 2 files together have 2 MB, the limit is 1.5 MB: upload fewer"):
        read([("file.csv", b"1\n" * 2**19)] * 2, limit_mb=1, total_mb=1.5)
    assert read([("file.csv", b"1\n" * 2**19)], limit_mb=1).rows == 2**19


def test_too_many_cells_for_the_memory(monkeypatch):
    monkeypatch.setattr("rnnviz.data.rows.MOST_CELLS", 100)
    with pytest.raises(DataError, match=r"more than 100 cells \(reached at line 51\)"):
        read([("file.csv", b"1,2\n" * 60)])
    with pytest.raises(DataError, match="3,000,000 lines were given, at most 2,000,000 can be read: upload fewer rows"):
        read([("file.csv", b"1\n" * 3_000_000)])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "a.jsonl",
            b'{"a": 1}\n{"a": \n',
            r"a.jsonl is not JSON at line 2, character \d+ .* write one flat record a line",
        ),
        ("a.jsonl", b'{"a": 1}\n[2]\n', "mixes records with other things, first at line 2"),
        ("a.json", b'[{"a": {"b": 1}}]', "a record inside 'a' at record 1; a cell takes a number or text"),
        ("a.json", b"[[1, 2], [3]]", "Record 2 has 1 values, but record 1 has 2"),
        ("a.fa", b"ACGT", "letters on line 1 before a line that begins with '>'"),
        ("a.fa", b">a\nAC1T\n", "has '1' on line 2; sequences hold letters"),
        ("a.fa", b">a\n>b\nAC\n", "names a sequence on line 1, but no letters follow"),
        ("a.xlsx", b"a,b\n1,2\n", "a.xlsx does not begin as a file does whose name ends in .xlsx"),
        ("a.npz", packed({"a.npy": npy(np.ones((2, 2, 2, 2)))}), r"array 'a' has the shape \(2, 2, 2, 2\): bring one"),
        ("a.npz", packed({"a.npy": npy(np.zeros(2**20))}), "would be 8 MB when unpacked, too much for 0.0 MB"),
        ("a.npy", npy(np.ones(3, complex)), "holds values of type complex128: save real numbers"),
    ],
)
def test_each_format_has_its_sentences(name, content, words):
    with pytest.raises(DataError, match=words):
        read([(name, content)])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_defines_no_text_of_its_own(encoding):
    parts = unpacked(workbook([["a", "b"], [1, 2]]))
    sheet = "xl/worksheets/sheet1.xml"
    entity = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet'
    text = parts[sheet].decode().replace("<worksheet", entity, 1)
    with pytest.raises(DataError, match=r"t.xlsx has a part that defines text of its own \(xl/worksheets/sheet1.xml\)"):
        read([("t.xlsx", packed(parts | {sheet: text.encode(encoding)}))])


@pytest.mark.parametrize("said", ["A1:A1", "A1:XFD1048576"])
def test_what_a_sheet_says_about_its_size_is_not_believed(said):
    parts = unpacked(workbook([["a", "b"], [1, 2], [3, 4]]))
    sheet = "xl/worksheets/sheet1.xml"
    data = read([("t.xlsx", packed(parts | {sheet: parts[sheet].replace(b"A1:B3", said.encode())}))])
    assert [column.values.tolist() for column in data.table] == [[1, 3], [2, 4]]


def test_text_from_a_file_is_cut_and_made_printable_in_a_sentence():
    with pytest.raises(DataError) as caught:
        read([("<b>" + "n" * 300 + ".csv", ("a,b\n" + "<script>\u202e" + "x" * 500 + "\nb\n").encode())])
    assert "\u202e" not in str(caught.value) and len(str(caught.value)) < 400
