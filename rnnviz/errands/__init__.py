"""Errands: work for a page that needs torch or seconds of processor time, and is no slice of training.

An errand is a function of words (what JSON can hold) and arrays that gives words and arrays. It runs in a process
of its own, started by the server (`rnnviz.runs.errand`), with bounded memory and time, and may say how far it is.
To add one, write its function and list it here. No errand is imported before it is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from importlib import import_module
from typing import Any

import numpy as np

from rnnviz.registry import Registry

Words = Mapping[str, Any]
Arrays = Mapping[str, np.ndarray]
Result = tuple[Words, Arrays]

ERRANDS: Registry[str] = Registry(
    "errand",
    {
        "echo": "rnnviz.errands.echo:echo",
        "read_files": "rnnviz.errands.read_files:read_files",
        "rivals": "rnnviz.rivals.errand:compare",
        "evaluate": "rnnviz.errands.evaluate:evaluate",
        "seeds": "rnnviz.errands.seeds:seeds",
        "walk_forward": "rnnviz.errands.walk_forward:walk_forward",
        "weights": "rnnviz.weights.torch_file:read",
    },
)

_listener: ContextVar[Callable[[float, str], None]] = ContextVar("listener", default=lambda share, note: None)


def progress(share: float, note: str = "") -> None:
    """Say from within an errand how far it is: share from 0 to 1, note: what it does now, in a few words."""
    _listener.get()(min(max(float(share), 0.0), 1.0), note)


def run(name: str, words: Words, arrays: Arrays, listener: Callable[[float, str], None] | None = None) -> Result:
    """Do an errand here and now. Raises UnknownName, and what the errand raises."""
    module, _, function = ERRANDS[name].partition(":")
    token = _listener.set(listener) if listener else None
    try:
        result: Result = getattr(import_module(module), function)(words, arrays)
        return result
    finally:
        if token:
            _listener.reset(token)
