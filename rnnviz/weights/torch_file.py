"""The errand that has torch read a file of weights: the one place where a pickle's instructions are followed.

Only by `torch.load(weights_only=True)`, whose unpickler knows tensors and containers and nothing else, after
`archive` has looked through it, and in a process of its own with bounded memory and time.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from pickle import UnpicklingError
from typing import Any

import numpy as np

from rnnviz.data.errors import DataError
from rnnviz.errands import Arrays, Result, Words
from rnnviz.tensorfile import ARRAYS
from rnnviz.weights.archive import SAVE, check_archive
from rnnviz.weights.stacks import quoted

DEEPEST = 8  # dictionaries within dictionaries that are looked into
REFUSALS = (UnpicklingError, RuntimeError, ValueError, LookupError, TypeError, AttributeError, EOFError, OSError)


def read(words: Words, arrays: Arrays) -> Result:
    """words: `name` of the file; arrays: `file`, its bytes as uint8.

    Gives every vector and matrix of real numbers in the file, named by the keys on the way to it, joined by dots;
    half precision is widened to float32. Raises DataError where the file cannot be read.
    """
    import torch

    content, name = arrays["file"].tobytes(), quoted(str(words["name"]))
    check_archive(content, len(content))
    try:
        with warnings.catch_warnings(action="ignore"):
            loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except REFUSALS as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{name} cannot be read: torch says {quoted(reason)}. {SAVE}") from None
    found: dict[str, np.ndarray] = {}
    left = len(content)  # a tensor can claim more numbers than are stored, by repeating them
    for key, tensor in _tensors(loaded, "", DEEPEST):
        plain = isinstance(tensor, torch.Tensor) and tensor.layout == torch.strided and tensor.device.type == "cpu"
        if not plain or not tensor.is_floating_point() or tensor.ndim not in (1, 2) or tensor.element_size() < 2:
            continue
        left -= tensor.numel()
        if left < 0 or len(found) == ARRAYS:
            raise DataError(f"{name} claims to hold more numbers than it has bytes, at {quoted(key)}. {SAVE}")
        wide = torch.float64 if tensor.dtype == torch.float64 else torch.float32
        found[key] = tensor.detach().to(wide).numpy().copy()
    return {}, found


def _tensors(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """(keys joined by dots, what is there), through dictionaries within dictionaries."""
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        word = str(key).encode("utf-8", "replace").decode()
        name = f"{path}.{word}" if path else word
        if isinstance(inner, Mapping) and depth > 1:
            yield from _tensors(inner, name, depth - 1)
        else:
            yield name, inner
