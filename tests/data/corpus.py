"""Files to survive: hand-made ones that are broken or mean harm, and good ones cut and damaged. Each has a name.

What executes would leave a file called "ran" in the working directory.
"""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from good_files import npy, npz, others, packed, parquet, tables, unpacked, workbook

Files = list[tuple[str, bytes]]
MB = 2**20


class Runs:
    """Touches a file when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return open, ("ran", "w")


def corpus() -> Iterator[tuple[str, Files]]:
    """(what it is, its files), every time the same."""
    for what, name, content in [
        *texts(),
        *large_texts(),
        *wrong_magic(),
        *workbooks(),
        *arrays(),
        *parquets(),
        *jsons(),
        *fastas(),
    ]:
        yield f"{what}: {name}", [(name, content)]
    for name, content in (tables() | others()).items():
        for part in (0.03, 0.2, 0.45, 0.7, 0.9, 0.99):
            yield f"cut at {part:.0%}: {name}", [(name, content[: int(len(content) * part)])]
        for seed in range(6):
            yield f"damage {seed}: {name}", [(name, damaged(content, seed))]
        yield f"twice: {name}", [(name, content + content)]
        yield f"as csv: {name}", [("t.csv", content)]
    yield from sets()


def damaged(content: bytes, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    array = np.frombuffer(content, np.uint8).copy()
    places = rng.integers(0, len(array), 1 + len(array) // (20 if seed % 2 else 400))
    array[places] = rng.integers(0, 256, len(places))
    return array.tobytes()


def texts() -> Iterator[tuple[str, str, bytes]]:
    said = {
        "nothing": b"",
        "blank": b" \r\n\t\n",
        "mark alone": b"\xef\xbb\xbf",
        "comments alone": b"# a\n# b\n",
        "header alone": b"a,b,c\n",
        "delimiters alone": b",,,\n,,,\n",
        "quotes alone": b'""\n""\n',
        "one quote": b'"',
        "one number": b"1",
        "ragged": b"a,b\n1,2\n3\n4,5\n",
        "open quote": b'a,b\n1,2\n3,"4\n5,6\n',
        "quote inside": b'a,b\n1,"2"3\n',
        "NUL": b"a,b\n1,\0\n",
        "control": b"a,b\n\xe4,\x01\n1,2\n",
        "mixed encodings": "a,b\né,1\n".encode() + "ü,2\n".encode("cp1252") + "☃,3\n".encode("utf-16-le"),
        "latin then utf-8": "ü,1\n".encode("latin1") + "ü,2\n".encode(),
        "utf-7": b"a,b\n+AOk-,1\n",
        "utf-16 odd": "a,b\n1,2\n".encode("utf-16") + b"\0",
        "utf-16 half a pair": b"\xff\xfea\x00,\x00\n\x00\x00\xdc",
        "utf-32 cut": "a,b\n1,2\n".encode("utf-32")[:-2],
        "surrogate in utf-8": b"a,b\n\xed\xa0\x80,1\n",
        "overlong": b"a,b\n\xc0\xaf,1\n",
        "ebcdic": "a,b\n1,2\n".encode("cp500"),
        "mark inside": b"a,b\n\xef\xbb\xbf1,2\n",
        "formulas": b"a,b\n=1+1,=cmd|' /C calc'!A0\n@SUM(A1),+1\n-2+3,=HYPERLINK(\"http://e.co\")\n",
        "scripts": b"<script>alert(1)</script>,b\n<img src=x onerror=alert(1)>,1\n</td><iframe>,2\n",
        "markdown": b"![x](//e.co/y.png),[b](javascript:1)\n$$x$$,1\n:red[x],2\n",
        "templates": b"{{7*7}},${7*7}\n%s,1\n%(x)s,2\n",
        "right to left": "\u202ea,b\n1,2\n".encode(),
        "invisible": "a\u200b,a\n1,2\n".encode(),
        "combining": ("a" + "\u0301" * 5000 + ",b\n1,2\n").encode(),
        "paths": b"../../etc/passwd,C:\\x\n1,2\n",
        "same header": b"x,x,x,x (2)\n1,2,3,4\n",
        "no names": b",,\n1,2,3\n",
        "all missing": b"a,b\nNA,\n,-\n",
        "one column missing": b"a,b\n1,\n2,\n",
        "infinite": b"a\n1e999\n-inf\n",
        "huge digits": b"a\n" + b"9" * 5000 + b"\n1\n",
        "huge exponent": b"a\n1e99999999999\n2\n",
        "tiny": b"a\n1e-99999999999\n2\n",
        "hex": b"a\n0x10\n0b1\n",
        "underscores": b"a\n1_000\n2_000\n",
        "styles": b'a\n"1,5"\n1.5\n"1,234,567"\n1 234\n',
        "ambiguous": b'k,x\n1,"1,234"\n',
        "no such days": b"d\n2024-02-30\n2024-13-01\n0000-00-00\n99/99/9999\n",
        "years": b"d\n0001-01-01\n9999-12-31\n",
        "zones": b"d\n2024-01-01T00:00+99:99\n2024-01-01T00:00-00:00\n",
        "percent": b"a\n5%\n6%\n",
        "carriage returns": b"a,b\r1,2\r3,4\r",
        "form feeds": b"a,b\x0c\n1,2\x0b\n",
        "line separators": "a,b\u20281,2\u2028".encode(),
        "sep": b"sep=;\n",
        "sep long": b"sep=;;\na;;b\n",
        "emoji": "🦉,🦉\n1,2\n".encode(),
        "full width": "a\n１\n２\n".encode(),
        "json in csv": b'{"a": 1}\n{"a": 2}\n',
        "html": b"<!DOCTYPE html><table><tr><td>1</td></tr></table>",
        "xml": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        "sql": b"a\n'; DROP TABLE x; --\n",
        "python": b"__import__('os').system('touch ran')\n",
        "yaml": b"!!python/object/apply:os.system ['touch ran']\n",
        "shell": b"a,b\n$(touch ran),`touch ran`\n",
        "deleted": b"\x7f\x7f,\x1b[2J\n1,2\n",
        "dos end": b"a,b\n1,2\n\x1a",
        "tabs and commas": b"a\tb,c\n1\t2,3\n",
    }
    for what, content in said.items():
        yield what, "t.csv", content
        if len(content) % 3 == 0:
            yield what, "t.txt", content
    for name in (
        "",
        ".",
        "..",
        "/",
        "a/b.csv",
        "\0\n.csv",
        "ü.CSV",
        "x" * 5000 + ".csv",
        "<b>.csv",
        "t.csv.exe",
        ".xlsx",
    ):
        yield "strange name", name, b"a,b\n1,2\n"


def large_texts() -> Iterator[tuple[str, str, bytes]]:
    yield "a million columns", "t.csv", b"1," * 1_000_000 + b"1\n"
    yield "a million columns, text", "t.txt", b"1," * 1_000_000 + b"1\n"
    yield "10,001 columns", "t.csv", b"1," * 10_000 + b"1\n"
    yield "10,000 columns of one name", "t.csv", b",".join([b"x"] * 10_000) + b"\n" + b",".join([b"1"] * 10_000)
    yield "100 rows of 10,000 words", "t.csv", b"\n".join([b",".join([b"w"] * 10_000)] * 100)
    yield "two million lines", "t.csv", b"1\n" * 2_000_001
    yield "blank lines", "t.csv", b"\n" * 1_900_000
    yield "a line of 30 MB", "t.csv", b"x" * 30 * MB
    yield "a quoted field of 30 MB", "t.csv", b'a\n"' + b"x\n" * 15 * MB
    yield "only quotes", "t.csv", b'"' * 2 * MB
    yield "different words", "t.csv", b"\n".join(b"w%d" % k for k in range(200_000))
    yield "over the limit", "t.csv", b"1\n" * 26 * MB
    yield "zeros", "t.csv", bytes(10 * MB)
    yield "spaces", "t.csv", b" " * 10 * MB


def wrong_magic() -> Iterator[tuple[str, str, bytes]]:
    import pickle

    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../../ran"))
    begins = {
        "png": b"\x89PNG\r\n\x1a\n",
        "jpeg": b"\xff\xd8\xff\xe0",
        "gif": b"GIF89a",
        "pdf": b"%PDF-1.7\n",
        "gzip": b"\x1f\x8b\x08",
        "zstd": b"\x28\xb5\x2f\xfd",
        "xz": b"\xfd7zXZ\0",
        "bzip": b"BZh9",
        "rar": b"Rar!\x1a\x07",
        "elf": b"\x7fELF",
        "exe": b"MZ\x90",
        "sqlite": b"SQLite format 3\0",
        "hdf5": b"\x89HDF\r\n\x1a\n",
        "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "wasm": b"\0asm",
        "parquet": b"PAR1",
        "encrypted parquet": b"PARE",
        "npy": b"\x93NUMPY",
        "zip": b"PK\x03\x04",
        "empty zip": b"PK\x05\x06" + bytes(18),
        "arrow": b"ARROW1\0\0",
        "tar": tar.getvalue(),
        **{f"pickle {k}": pickle.dumps(Runs(), k) for k in range(6)},
    }
    for what, begin in begins.items():
        for name in ("t.csv", "t.xlsx", "t.npz"):
            yield what, name, begin + bytes(range(256)) * (what == "png" or len(begin) < 9)


def workbooks() -> Iterator[tuple[str, str, bytes]]:
    good = unpacked(workbook([["a", "b"], [1, 2], [3, 4]]))
    sheet = "xl/worksheets/sheet1.xml"
    xml = good[sheet].decode()
    laugh = (
        '<!DOCTYPE x [<!ENTITY a "'
        + "ha" * 99
        + '">'
        + "".join(f'<!ENTITY {chr(98 + k)} "{f"&{chr(97 + k)};" * 20}">' for k in range(9))
        + "]>"
    )
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    row = "<row r='{r}'><c r='{c}'><v>1</v></c></row>"
    for what, changed in {
        "billion laughs": xml.replace("<worksheet", laugh + "<worksheet", 1),
        "outside entity": xml.replace("<worksheet", outside + "<worksheet", 1),
        "entities in utf-16": (laugh + xml).encode("utf-16").decode("latin1"),
        "dimension of everything": xml.replace('ref="A1:B3"', 'ref="A1:XFD1048576"'),
        "last row": xml.replace("</sheetData>", row.format(r=1048576, c="A1048576") + "</sheetData>"),
        "last column": xml.replace("</sheetData>", row.format(r=4, c="XFD4") + "</sheetData>"),
        "beyond the last row": xml.replace("</sheetData>", row.format(r=10**12, c=f"A{10**12}") + "</sheetData>"),
        "beyond the last column": xml.replace("</sheetData>", row.format(r=4, c="ZZZZZ4") + "</sheetData>"),
        "row below zero": xml.replace("</sheetData>", row.format(r=-4, c="A-4") + "</sheetData>"),
        "not a number": xml.replace("<v>1</v>", "<v>one</v>"),
        "unknown type": xml.replace('<c r="A2"', '<c t="zz" r="A2"'),
        "shared string that is not there": xml.replace('<c r="A2" t="n"', '<c r="A2" t="s"').replace(
            "<v>1<", "<v>99999999<"
        ),
        "date beyond time": xml.replace("<v>1</v>", "<v>1e300</v>"),
        "error value": xml.replace('<c r="A2" t="n"', '<c r="A2" t="e"').replace("<v>1</v>", "<v>#DIV/0!</v>"),
        "cut": xml[:400],
        "empty part": "",
        "other root": "<html/>",
        "endless nesting": "<a>" * 100_000,
    }.items():
        yield what, "t.xlsx", packed(good | {sheet: changed.encode("latin1")})
    yield "no sheet", "t.xlsx", packed({k: v for k, v in good.items() if k != sheet})
    yield "workbook alone", "t.xlsx", packed({"xl/workbook.xml": good["xl/workbook.xml"]})
    yield "paths upwards", "t.xlsx", packed(good | {"../../ran": b"x", "/tmp/ran": b"x"})
    yield "macro", "t.xlsm", packed(good | {"xl/vbaProject.bin": b"\0" * 2000})
    yield "bomb", "t.xlsx", packed(good | {"xl/media/x.bin": bytes(50 * MB)})
    yield "stored bomb", "t.xlsx", packed(good | {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>x</t></si>" * 900_000})
    yield "many entries", "t.xlsx", packed(good | {f"x{k}": b"" for k in range(10_001)})
    content = packed(good)
    yield "locked", "t.xlsx", content.replace(b"PK\x01\x02\x14\x00\x14\x00\x00", b"PK\x01\x02\x14\x00\x14\x00\x01")
    yield "sizes that lie", "t.xlsx", lying(content, 10)
    yield "sizes that overflow", "t.xlsx", lying(content, 0xFFFFFFFE)
    yield "other zip", "t.xlsx", packed({"readme.txt": b"hello"})
    yield "formulas", "t.xlsx", workbook([["a", "=b"], ["=1+1", "=cmd|' /C calc'!A0"], ['=HYPERLINK("x")', "<script>"]])
    yield "wide", "t.xlsx", workbook([list(range(12_000))])


def lying(content: bytes, size: int) -> bytes:
    """An archive whose directory gives every entry the same size."""
    out, at = bytearray(content), 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        out[at + 24 : at + 28] = struct.pack("<I", size)
        at += 4
    return bytes(out)


def header(words: str, version: bytes = b"\x01\x00") -> bytes:
    size = struct.pack("<H" if version[0] == 1 else "<I", len(words))
    return b"\x93NUMPY" + version + size + words.encode()


def arrays() -> Iterator[tuple[str, str, bytes]]:
    shape = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }\n"
    objects = npy(np.array([Runs()], object), allow_pickle=True)
    said = {
        "objects": objects,
        "objects in fields": npy(np.zeros(2, [("a", "O"), ("b", "f8")]), allow_pickle=True),
        "overflowing shape": header(shape % "(4611686018427387904, 4)"),
        "huge shape": header(shape % "(10000000000,)") + bytes(80),
        "huge digits": header(shape % ("(" + "9" * 5000 + ",)")),
        "negative": header(shape % "(-1,)") + bytes(80),
        "shape of words": header(shape % "('a',)"),
        "shape of truth": header(shape % "(True,)") + bytes(8),
        "no shape": header("{}\n"),
        "code in header": header("__import__('os').system('touch ran')\n"),
        "code in shape": header(shape % "(open('ran','w'),)"),
        "deep header": header("(" * 9000 + "\n"),
        "long header": header("{" + " " * 60_000 + "}\n"),
        "header longer than the file": b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{",
        "version 3": header(shape % "(1,)", b"\x03\x00") + bytes(8),
        "version 9": header(shape % "(1,)", b"\x09\x09") + bytes(8),
        "no dtype": header("{'descr': '', 'fortran_order': False, 'shape': ()}"),
        "dtype of nothing": header("{'descr': '|V0', 'fortran_order': False, 'shape': (99999999999,), }\n"),
        "strings of nothing": header("{'descr': '<U0', 'fortran_order': False, 'shape': (99999999999,), }\n"),
        "complex": npy(np.ones(3, complex)),
        "void": npy(np.zeros(3, "V4")),
        "no axes": npy(np.float64(3)),
        "four axes": npy(np.ones((2, 2, 2, 2))),
        "empty": npy(np.zeros((0, 3))),
        "no columns": npy(np.zeros((3, 0))),
        "all NaN": npy(np.full((3, 2), np.nan)),
        "all infinite": npy(np.full((3, 2), np.inf)),
        "nested fields": npy(np.zeros(3, [("a", [("b", "f8"), ("c", "i4")])])),
        "arrays in fields": npy(np.zeros(3, [("a", "f8", (2, 2))])),
        "bad unicode": npy(np.array([b"\xff\xfe", b"a"])),
        "surrogates": header("{'descr': '<U1', 'fortran_order': False, 'shape': (2,), }\n")
        + b"\x00\xd8\x00\x00\x61\x00\x00\x00",
        "no character": header("{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }\n") + b"\xff\xff\xff\xff",
        "wide": npy(np.zeros((1, 10_001))),
        "many cells": header(shape % "(20000000,)") + bytes(160_000_000 // 4),
        "far dates": npy(np.array([2**62], "M8[s]")),
        "generic dates": header("{'descr': '<M8', 'fortran_order': False, 'shape': (1,), }\n") + bytes(8),
    }
    for what, content in said.items():
        yield what, "t.npy", content
        yield f"{what}, in an archive", "t.npz", packed({"a.npy": content})
    yield "bomb", "t.npz", npz(a=np.zeros(5_000_000))
    yield "nothing inside", "t.npz", packed({})
    yield "other things inside", "t.npz", packed({"a.npy": npy(np.ones(3)), "b.pkl": b"\x80\x04."})
    yield "paths upwards", "t.npz", packed({"../../ran.npy": npy(np.ones(3))})
    yield "arrays that do not fit", "t.npz", npz(a=np.ones((3, 2)), b=np.ones((4, 3)))
    yield "cubes that do not fit", "t.npz", npz(a=np.ones((3, 2, 2)), b=np.ones((4, 2, 2)))
    yield "ten thousand arrays", "t.npz", packed({f"{k}.npy": npy(np.ones(1)) for k in range(3000)}, zipfile.ZIP_STORED)
    yield (
        "wrong checksum",
        "t.npz",
        npz(a=np.arange(9)).replace(struct.pack("<I", zlib.crc32(npy(np.arange(9)))), b"abcd"),
    )
    yield "sizes that lie", "t.npz", lying(npz(a=np.arange(9.0)), 60)


def parquets() -> Iterator[tuple[str, str, bytes]]:
    good = parquet({"a": [1, 2, 3]})
    long = pa.array(["x" * MB]).take(pa.array([0] * 200))
    said = {
        "no rows": parquet({"a": pa.array([], pa.int64())}),
        "no columns": parquet({}),
        "all missing": parquet({"a": pa.nulls(4)}),
        "nulls of a type": parquet({"a": pa.nulls(4, pa.float64()), "b": pa.nulls(4, pa.string())}),
        "two million and one rows": parquet({"a": pa.array(np.zeros(2_000_001))}),
        "nested": parquet({"a": [{"b": [1]}, None]}),
        "bytes": parquet({"a": [b"\xff\x00", b"x"]}),
        "bad utf-8": parquet({"a": pa.array([b"\xff"]).view(pa.string())}),
        "far stamps": parquet({"a": pa.array([2**62, -(2**62)], pa.timestamp("us"))}),
        "durations": parquet({"a": pa.array([1], pa.duration("s"))}),
        "times": parquet({"a": pa.array([1], pa.time64("us"))}),
        "decimals": parquet({"a": pa.array([None, 10**30], pa.decimal128(38))}),
        "halves": parquet({"a": pa.array(np.array([1, np.inf], "f2"))}),
        "infinite": parquet({"a": [np.inf, -np.inf]}),
        "huge": parquet({"a": [1e300, 1.0]}),
        "maps": parquet({"a": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64()))}),
        "one long word, often": parquet({"a": long}),
        "wide": parquet({f"c{k}": [1] for k in range(10_001)}),
        "names": parquet({"<script>": [1], "a\nb\u202e": [2], "": [3]}),
        "footer beyond": good[:-8] + b"\xff\xff\xff\x7fPAR1",
        "no footer": good[:-8] + bytes(4) + b"PAR1",
        "begin alone": b"PAR1",
        "begin and end": b"PAR1PAR1",
        "footer of zeros": b"PAR1" + bytes(64) + b"\x40\0\0\0PAR1",
    }
    for what, content in said.items():
        yield what, "t.parquet", content


def jsons() -> Iterator[tuple[str, str, bytes]]:
    said = {
        "nothing": b" ",
        "null": b"null",
        "truth": b"true",
        "a word": b'"a"',
        "empty list": b"[]",
        "empty record": b"{}",
        "list of nothing": b"[null]",
        "list of lists of nothing": b"[[], []]",
        "deep": b"[" * 100_000,
        "deep records": b'{"a":' * 100_000,
        "deep whole": b"[" * 500 + b"]" * 500,
        "digits": b"[" + b"9" * 1_000_000 + b"]",
        "NaN": b"[NaN, -Infinity, 1]",
        "same key": b'{"a": 1, "a": 2}',
        "half a pair": b'{"\\ud800": "\\udfff"}',
        "NUL": b'{"a\\u0000": "\\u0000"}',
        "records and lists": b'[{"a": 1}, [2]]',
        "lists and records": b'[[2], {"a": 1}]',
        "nested": b'[{"a": {"b": 1}}]',
        "nested list": b'{"a": [1, 2]}',
        "long key": b'{"' + b"k" * MB + b'": 1}',
        "many keys": json.dumps({str(k): k for k in range(10_001)}).encode(),
        "keys that differ": "\n".join(f'{{"k{k}": 1}}' for k in range(10_001)).encode(),
        "comments": b'// a\n{"a": 1}',
        "single quotes": b"{'a': 1}",
        "trailing comma": b'{"a": 1,}',
        "cut": b'{"a": 1}\n{"a": ',
        "garbage after": b'{"a": 1} x',
        "columns": b'{"a": [1, 2], "b": [3, 4]}',
        "proto": b'{"__proto__": 1, "constructor": 2}',
        "mark": b'\xef\xbb\xbf{"a": 1}',
        "two on a line": b'{"a": 1}{"a": 2}',
        "unequal": b"[[1, 2], [3]]",
        "exponent": b'[{"a": 1e99999999}]',
        "html": b'{"<script>": "<img src=x onerror=1>"}',
        "text": b"hello\n",
        "wide and sparse": b"[" + b",".join(b'{"k%d": 1}' % (k % 9000) for k in range(9000)) + b"]",
    }
    for what, content in said.items():
        yield what, "t.jsonl" if len(content) % 2 else "t.json", content


def fastas() -> Iterator[tuple[str, str, bytes]]:
    said = {
        "no name": b"ACGT\n",
        "no letters": b">a\n>b\nAC\n",
        "nothing but a name": b">",
        "digits": b">a\nAC1T\n",
        "html": b"><b>\nAC<script>\n",
        "same names": b">a\nAC\n>a\nGT\n",
        "no end": b">a\nACGT",
        "marks": b">a\n*-.\n",
        "comment": b";x\n>a\nAC\n",
        "long": b">a\n" + b"ACGT" * 2 * MB,
        "many": b"".join(b">s%d\nACGT%d\n" % (k, 0) for k in range(3)),
        "very many": b">s\nA\n" * 300_000,
        "control": b">a\nAC\x07\n",
        "blank": b">a\n\n\n",
    }
    for what, content in said.items():
        yield what, "t.fasta", content


def sets() -> Iterator[tuple[str, Files]]:
    csv = tables()["t.csv"]
    yield "no files", []
    yield "the same file twice", [("t.csv", csv), ("t.csv", csv)]
    yield "501 files", [(f"{k}.csv", b"x\n1\n") for k in range(501)]
    yield "500 files", [(f"{k}.csv", b"x,w\n1,a\n") for k in range(500)]
    yield "wide files", [(f"{k}.csv", b",".join([b"1"] * 500)) for k in range(80)]
    yield "too much together", [("t.txt", b"x" * 45 * MB)] * 5
    yield "too many rows together", [("t.csv", b"1\n" * 700_000)] * 3
    yield "a table and a text", [("t.csv", csv), ("a.txt", b"hello, you")]
    yield "all formats", list(tables().items())
    yield "a good one and a bad one", [("t.csv", csv), ("u.csv", csv[:-30] + b"\0")]
    yield "other columns", [("t.csv", csv), ("u.csv", b"a,b\n1,2\n")]
    yield "a column called file", [("a.csv", b"file,x\na,1\n"), ("b.csv", b"file,x\nb,2\n")]
    yield "names that hurt", [("<img src=x>.csv", csv), ("![](//e.co).csv", csv), ("\u202e.csv", csv)]
    yield "texts alike", [(f"{k}.txt", b"la la la") for k in range(9)]
    yield (
        "sequences of one sequence each and many",
        [("a.npy", npy(np.ones((2, 3, 1)))), ("b.npy", npy(np.ones((3, 1))))],
    )
