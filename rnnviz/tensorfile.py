"""What a Trace and a Run are kept as: one safetensors file with arrays, in their order, and one JSON value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

HEADER_BYTES, ARRAYS = 8_000_000, 20_000  # at most in a file; the largest runs have about 4 MB and 10,000


def pack(arrays: Mapping[str, np.ndarray], plain: Any, kind: str) -> bytes:
    """The content of a file. kind: its format and version, such as `"rnnviz-trace-1"`."""
    from safetensors.numpy import save

    # safetensors keeps an order of its own; gates are drawn in theirs
    header = {"format": kind, "plain": json.dumps(plain), "order": json.dumps(list(arrays))}
    return save({name: np.require(array, requirements="C") for name, array in arrays.items()}, header)


def unpack(content: bytes, kind: str, what: str) -> tuple[Any, dict[str, np.ndarray]]:
    """The JSON value and the arrays. Raises ValueError, saying that this is no saved `what`, for any other file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        size = int.from_bytes(content[:8], "little")
        if size > HEADER_BYTES:
            raise ValueError(f"its header would have {size} bytes; at most {HEADER_BYTES} are read.")
        text = content[8 : 8 + size]
        if (count := text.count(b'"data_offsets"')) > ARRAYS:  # before any work
            raise ValueError(f"it holds {count} arrays; at most {ARRAYS} are read.")
        arrays = load(content)
        header = json.loads(text).get("__metadata__", {})
    except (SafetensorError, ValueError, KeyError) as error:  # KeyError: a kind of number that numpy lacks
        raise ValueError(f"This is not a saved {what} (a safetensors file was expected): {error}") from None
    if header.get("format") != kind:
        raise ValueError(f"This is not a saved {what}: its format is {header.get('format')!r}, not {kind!r}.")
    try:
        return json.loads(header["plain"]), {name: arrays[name] for name in json.loads(header["order"])}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"This saved {what} is damaged: {type(error).__name__}: {error}") from None
