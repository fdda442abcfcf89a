"""Which kind of weights a file holds, by its content, and the safetensors kind read with numpy alone."""

from __future__ import annotations

import re

import numpy as np

from rnnviz.data.errors import DataError
from rnnviz.tensorfile import ARRAYS, HEADER_BYTES
from rnnviz.weights.archive import SAVE, check_archive
from rnnviz.weights.stacks import quoted

SAFETENSORS, TORCH = "safetensors", "torch"
REALS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def kind(name: str, content: bytes, limit_mb: int) -> str:
    """`SAFETENSORS` or `TORCH`. Raises DataError for anything else, and for an archive that is no plain weights."""
    what = quoted(name)
    if not content:
        raise DataError(f"{what} is empty: save the file again.")
    if len(content) > limit_mb * 2**20:
        raise DataError(
            f"{what} has {len(content) / 2**20:.0f} MB; at most {limit_mb} MB are read here. Save the recurrent layers "
            "alone: model.lstm.state_dict()."
        )
    if content[:4] == b"PK\3\4":
        try:
            check_archive(content, limit_mb * 2**20)
        except DataError as error:
            raise DataError(f"{what} cannot be read. {error}") from None
        return TORCH
    if content[8:9] == b"{":  # after eight bytes with the size of this header
        return SAFETENSORS
    if content[:1] == b"\x80" or content[-1:] == b".":
        raise DataError(
            f"{what} is a bare pickle (as pickle.dump and versions of torch before 1.6 write), a program that is "
            f"never run here. {SAVE}"
        )
    raise DataError(f"{what} is neither a safetensors file nor one that torch.save wrote. {SAVE}")


def read_safetensors(name: str, content: bytes) -> dict[str, np.ndarray]:
    """Name -> array, (K) or (K, D), of every vector and matrix of real numbers, by name; half precision is widened to
    float32.

    Raises DataError for a file that is no whole safetensors file.
    """
    from safetensors import SafetensorError, deserialize

    size = int.from_bytes(content[:8], "little")
    if size > HEADER_BYTES:
        raise DataError(f"{quoted(name)} has a header of {size:,} bytes; at most {HEADER_BYTES:,} are read. {SAVE}")
    if (count := len(re.findall(rb'"data_offsets"', content[8 : 8 + size]))) > ARRAYS:  # before any work
        raise DataError(f"{quoted(name)} holds {count:,} arrays; at most {ARRAYS:,} are read. {SAVE}")
    try:
        entries = deserialize(content)
    except (SafetensorError, UnicodeDecodeError) as error:
        raise DataError(
            f"{quoted(name)} is no whole safetensors file ({quoted(str(error))}): save it again and copy it whole."
        ) from None
    found = {}
    for entry, view in sorted(entries, key=lambda each: each[0]):  # the library gives them in another order each time
        if view["dtype"] in REALS and len(view["shape"]) in (1, 2):
            numbers = np.frombuffer(view["data"], REALS[view["dtype"]]).reshape(view["shape"])
            found[entry] = _widened(numbers)
    return found


def _widened(numbers: np.ndarray) -> np.ndarray:
    if numbers.dtype == np.uint16:  # bfloat16: the upper half of a float32
        return (numbers.astype(np.uint32) << 16).view(np.float32)
    return numbers.astype(np.float32 if numbers.dtype == np.float16 else numbers.dtype)
