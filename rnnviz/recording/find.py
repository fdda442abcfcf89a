"""Which modules of a model can be recorded, under which paths, and which options are refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from torch import nn

from rnnviz.cells import CELLS, Cell
from rnnviz.recording.errors import RefusedOption, named
from rnnviz.registry import UnknownName

DTYPES = (torch.float32, torch.float64)


@dataclass(frozen=True)
class Found:
    """One recurrent module: the first path that leads to it, and every path (that one included)."""

    path: str
    module: nn.Module
    paths: tuple[str, ...]


def cell_of(module: nn.Module) -> Cell | None:
    """The cell that a recurrent module computes, or None where it is no recurrent module.

    Torch's modules are known by the fused twins that the cells name; the generic loop by its `cell_name`.
    """
    name = getattr(module, "cell_name", None)
    if isinstance(name, str) and hasattr(module, "num_layers"):
        return CELLS[name]
    for cell in CELLS.values():
        if cell.fused is not None and isinstance(module, _resolve(cell.fused.path)):
            options = cell.fused.options
            if all(getattr(module, key) == value for key, value in options.items()):
                return cell
    return None


def find(model: nn.Module, modules: str | Iterable[str] | None) -> list[Found]:
    """The recurrent modules of `model`, all or those named by path.

    Raises TypeError where `model` is no module, UnknownName for a path that leads to no recurrent module,
    ValueError where there is nothing to record, RefusedOption for what recording does not cover.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"record expects a torch.nn.Module; given a {type(model).__name__}.")
    everything = dict(model.named_modules(remove_duplicate=False))
    paths: dict[int, list[str]] = {}
    for path, module in everything.items():
        if cell_of(module) is not None or _scripted(module):
            paths.setdefault(id(module), []).append(path)
    found = [Found(names[0], everything[names[0]], tuple(names)) for names in paths.values()]
    if modules is not None:
        found = _selected(found, [modules] if isinstance(modules, str) else list(modules))
    if not found:
        raise ValueError(
            f"There is no nn.RNN, nn.LSTM or nn.GRU to record in this {type(model).__name__}. "
            "Cells called one step at a time (nn.LSTMCell and the like) are not recorded."
        )
    for one in found:
        for path in one.paths:
            _refuse(path, everything)
    return found


def _selected(found: list[Found], wanted: list[str]) -> list[Found]:
    by_path = {path: one for one in found for path in one.paths}
    for path in wanted:
        if path not in by_path:
            valid = ", ".join(repr(path) for path in by_path) or "none"
            raise UnknownName(f"There is no recurrent module at path {path!r}. Recurrent modules: {valid}.")
    return [one for one in found if any(path in wanted for path in one.paths)]


def _refuse(path: str, everything: dict[str, nn.Module]) -> None:
    """Raise RefusedOption where the module at `path`, or one that it lies in, cannot be recorded."""
    parts = path.split(".") if path else []
    for depth in range(len(parts) + 1):
        outer = ".".join(parts[:depth])
        module = everything[outer]
        # By name and attribute: importing torch._dynamo only to ask would take seconds.
        if type(module).__name__ == "OptimizedModule" or getattr(module, "_compiled_call_impl", None) is not None:
            what, remedy = "is compiled with torch.compile", "record the module it was compiled from"
        elif isinstance(module, torch.jit.ScriptModule):
            what, remedy = "is TorchScript", "record the Python module it was made from"
        elif isinstance(module, nn.DataParallel):
            what, remedy = "is wrapped in DataParallel", "record the wrapped module (.module) on one device"
        else:
            continue
        raise RefusedOption(f"{named(outer)} {what}, which recording does not cover: {remedy}.")
    module = everything[path]
    if getattr(module, "proj_size", 0):
        raise RefusedOption(
            f"{named(path)} has proj_size={module.proj_size}, which recording does not cover: "
            "build it with proj_size=0 and put a Linear layer after it."
        )
    # Not by asking for a weight: a parametrised one may change each time that it is looked at.
    refuse_dtype(path, next(module.parameters(), None))


def refuse_dtype(path: str, tensor: Any) -> None:
    """Raise RefusedOption where `tensor` is neither float32 nor float64."""
    if isinstance(tensor, torch.Tensor) and tensor.dtype not in DTYPES:
        raise RefusedOption(
            f"{named(path)} computes in {tensor.dtype}; recording covers float32 and float64: "
            "call .float() on the model and its inputs for the recorded pass."
        )


def _scripted(module: nn.Module) -> bool:
    names = ("RNN", "LSTM", "GRU")
    return isinstance(module, torch.jit.ScriptModule) and getattr(module, "original_name", "") in names


def _resolve(path: str) -> type:
    """A class from its dotted name."""
    package, _, name = path.rpartition(".")
    return getattr(import_module(package), name)
