"""NumPy's `.npy` and `.npz`: numbers, dates and strings; Python objects are refused, and never loaded."""

from __future__ import annotations

import math
import zipfile
from io import BytesIO
from tokenize import TokenError

import numpy as np

from rnnviz.data.bounds import MOST_CELLS, check_size
from rnnviz.data.columns import Found, coded, finite, worded
from rnnviz.data.dataset import Column
from rnnviz.data.decoding import shown, whole
from rnnviz.data.errors import DataError, reading
from rnnviz.data.rows import unique

START = b"\x93NUMPY"
KIND = "NumPy array"
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_AXES = "bring one axis (one column), two (rows × columns) or three (sequences × time steps × columns)"

Read = tuple[list[Found], np.ndarray]  # columns, and the bounds of the sequences


def read_npy(name: str, content: bytes) -> Read:
    """One array: (N,) is a column, (N, C) rows × columns, (S, T, C) S sequences of T rows."""
    return _columns(name, {"": _array(name, content)})


def read_npz(name: str, archive: zipfile.ZipFile) -> Read:
    """Several arrays: with equally many rows side by side; with equally many columns a sequence each; or one (S, T, C)
    and what belongs to it, (S,) a value for each sequence, (S, T) one for each row."""
    arrays = {}
    for entry in archive.infolist():
        with reading(name, KIND):
            content = archive.read(entry)
        key = entry.filename.removesuffix(".npy")
        arrays[key] = _array(f"{name}, array '{shown(key)}'", content)
    return _columns(name, arrays)


def _array(name: str, content: bytes) -> np.ndarray:
    """The array in the bytes of a `.npy` file: a view of them, checked before memory is taken for anything."""
    file = BytesIO(content)
    with reading(name, KIND, (TokenError,)):
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise DataError(f"{name} is of version {version} of NumPy's format: save it with np.save and plain names.")
        shape, fortran, dtype = _HEADERS[version](file)
    if dtype.hasobject:
        raise DataError(
            f"{name} holds Python objects, which could carry code and are never loaded: save an array of numbers, "
            "dates or strings."
        )
    if dtype.kind not in "biufMmUSV" or dtype.kind == "V" and not dtype.names:
        raise DataError(f"{name} holds values of type {shown(str(dtype))}: save real numbers, dates or strings.")
    count, left = math.prod(shape), len(content) - file.tell()
    if not all(type(size) is int and size >= 0 for size in shape) or count * dtype.itemsize > left:
        raise DataError(
            f"{name} should hold an array of {shown(str(shape))} in {shown(f'{count * dtype.itemsize:,}')} bytes, but "
            f"has {left:,}: save it again and upload that."
        )
    if not 1 <= len(shape) <= 3 or dtype.names and len(shape) > 1:
        raise DataError(f"{name} has the shape {shown(str(shape))}: {_AXES}.")
    if not count or not dtype.itemsize:
        raise DataError(f"{name} is empty, its shape is {shown(str(shape))}: upload an array that holds something.")
    if count > MOST_CELLS:
        raise DataError(f"{name} has {count:,} cells, at most {MOST_CELLS:,} can be read: upload a part of it.")
    flat = np.frombuffer(content, dtype, count, file.tell())
    return flat.reshape(shape, order="F" if fortran else "C")


def _columns(name: str, arrays: dict[str, np.ndarray]) -> Read:
    if not arrays:
        raise DataError(f"{name} holds no array: upload one that does.")
    shapes = ", ".join(f"'{shown(key)}' {array.shape}" for key, array in list(arrays.items())[:5])
    deep = [key for key, array in arrays.items() if array.ndim == 3]
    rows = {len(array) for array in arrays.values()}
    if not deep and len(rows) > 1:
        widths = {array.shape[1:] or (1,) for array in arrays.values()}
        if len(widths) > 1 or any(array.dtype.names for array in arrays.values()):
            raise DataError(f"{name} holds arrays that do not fit together ({shapes}): {_AXES}.")
        bounds = np.cumsum([0, *map(len, arrays.values())])
        stacked = np.concatenate([array.reshape(len(array), -1) for array in arrays.values()])
        return _side_by_side(name, {"": stacked}), bounds
    if not deep:
        return _side_by_side(name, arrays), np.array([0, *rows])
    sequences, steps, _ = arrays[deep[0]].shape
    flat: dict[str, np.ndarray] = {}
    for key, array in arrays.items():
        if array.shape[:2] == (sequences, steps):
            flat[key] = array.reshape(sequences * steps, -1)
        elif array.shape in ((sequences,), (sequences, 1)):
            flat[key] = np.repeat(array.reshape(-1), steps)
        else:
            raise DataError(f"{name} holds arrays that do not fit together ({shapes}): {_AXES}.")
    return _side_by_side(name, flat), np.arange(0, sequences * steps + 1, steps)


def _side_by_side(name: str, arrays: dict[str, np.ndarray]) -> list[Found]:
    """A column for each (N,) array, each column of an (N, C) one and each field of a structured one."""
    single = len(arrays) == 1
    pieces: list[tuple[str, np.ndarray]] = []
    check_size(name, len(next(iter(arrays.values()))), sum(math.prod(array.shape[1:]) for array in arrays.values()))
    for key, array in arrays.items():
        if array.dtype.names:
            pieces += [(field, array[field]) for field in array.dtype.names]
        elif math.prod(array.shape[1:]) == 1:
            pieces.append((key or "value", array.reshape(-1)))
        else:
            pieces += [("" if single else f"{key} {k + 1}", array[:, k]) for k in range(array.shape[1])]
    check_size(name, len(pieces[0][1]), len(pieces))
    names = unique(given for given, _ in pieces)
    with reading(name, KIND, (SystemError,)):  # numpy's, on a number that is no character
        return [_column(label, values) for label, (_, values) in zip(names, pieces, strict=True)]


def _column(name: str, values: np.ndarray) -> Found:
    kind = values.dtype.kind
    if kind not in "biufMmUS" or values.ndim != 1:
        raise DataError(f"Field '{shown(name)}' is of type {shown(str(values.dtype))}: {_AXES}.")
    if kind in "biuf":
        return finite(name, values)
    if kind in "Mm":
        moments = values.astype("M8[us]" if kind == "M" else "m8[us]")
        seconds = np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / 1e6)
        return Found(Column(name, "time", seconds)) if kind == "M" else finite(name, seconds)
    words = [whole(word.decode("utf-8", "replace") if isinstance(word, bytes) else word) for word in values.tolist()]
    codes, different = coded(words)
    return Found(worded(name, codes, different, np.array([not word for word in different])))
