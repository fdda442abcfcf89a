"""The line of a cell's own source that computes each quantity."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable
from textwrap import dedent
from typing import Any


def code_lines(method: Callable[..., Any], quantities: Iterable[str]) -> dict[str, str]:
    """Quantity -> the statement of `method` that assigns it, or else its entry in the dictionary that is returned.

    Empty where the source cannot be read (a class typed into a prompt).
    """
    try:
        source = dedent(inspect.getsource(method))
    except OSError:
        return {}
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant) and not isinstance(value, ast.Name):
                    name = str(key.value)
                    found.setdefault(name, f"{name} = {ast.get_source_segment(source, value)}")
        elif isinstance(node, ast.Assign):
            for target in ast.walk(node.targets[0]):
                if isinstance(target, ast.Name):
                    found[target.id] = ast.get_source_segment(source, node) or ""
    return {name: found[name] for name in quantities if name in found}
