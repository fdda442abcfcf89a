"""The recurrent stacks in a state dict, from the names and shapes of its arrays.

torch names the weights of `nn.RNN`, `nn.LSTM` and `nn.GRU` alike, under whatever path the module has in its model:

    weight_ih_l{k}[_reverse]  (G*H, D), above the first layer (G*H, H*directions)
    weight_hh_l{k}[_reverse]  (G*H, H)
    bias_ih_l{k}[_reverse], bias_hh_l{k}[_reverse]  (G*H), or none of them

with G = 4 row blocks for the LSTM, 3 for the GRU and 1 for the vanilla RNN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from rnnviz.cells import CELLS
from rnnviz.cells.layer import stack_shapes
from rnnviz.data.errors import DataError

Arrays = Mapping[str, np.ndarray]
NAME = re.compile(r"(?:(.*)\.)?((?:weight_ih|weight_hh|bias_ih|bias_hh|weight_hr)_l(\d{1,2})(_reverse)?)", re.DOTALL)
CHANGED = re.compile(r"weight_[ih]h_l\d")  # part of a longer name: torch's reparametrisations
MOST_OUTPUTS = 1000  # of a readout
SHOWN = 40  # characters of a name in a message


@dataclass(frozen=True, eq=False)
class Stack:
    """One recurrent stack, as torch holds it.

    path: where it lies in the model, "" for the module itself. cells: the cells (registry names) whose weights have
    this shape; the weights cannot tell a tanh from a relu. weights: all arrays of the stack under torch's names, as
    the module docstring gives them; zeros for the biases of a stack without (`bias` is False).
    """

    path: str
    cells: tuple[str, ...]
    input_size: int
    hidden_size: int
    num_layers: int
    bidirectional: bool
    bias: bool
    weights: Arrays = field(repr=False)

    @property
    def directions(self) -> int:
        return 1 + self.bidirectional

    @property
    def layers(self) -> Iterator[str]:
        """The endings of its names, layer by layer and direction by direction: "l0", "l0_reverse", "l1" ..."""
        for layer in range(self.num_layers):
            yield f"l{layer}"
            if self.bidirectional:
                yield f"l{layer}_reverse"

    @property
    def parameters(self) -> int:
        """Numbers in the file; zeros that stand in for biases do not count."""
        return sum(array.size for name, array in self.weights.items() if self.bias or name.startswith("weight"))


@dataclass(frozen=True, eq=False)
class Readout:
    """A linear layer that fits on a stack: weight (O, H*directions), bias (O) or None."""

    path: str
    weight: np.ndarray = field(repr=False)
    bias: np.ndarray | None = field(repr=False)


def find_stacks(weights: Arrays) -> tuple[tuple[Stack, ...], tuple[str, ...]]:
    """(the stacks, one sentence for each that cannot be shown). Raises DataError where there is no stack at all."""
    paths: dict[str, dict[str, np.ndarray]] = {}
    for name, array in weights.items():
        if match := NAME.fullmatch(name):
            paths.setdefault(match[1] or "", {})[match[2]] = array
    stacks, refused = [], []
    for path, own in paths.items():
        try:
            stacks.append(_stack(path, own))
        except DataError as error:
            refused.append(str(error))
    if stacks:
        return tuple(stacks), tuple(refused)
    changed = next((name for name in weights if CHANGED.search(name) and not NAME.fullmatch(name)), None)
    if changed is not None:
        raise DataError(
            f"{quoted(changed)} is part of a weight that is made anew at every pass (weight norm, spectral norm, "
            "pruning): call torch's remove function for it, then save the state_dict again."
        )
    raise DataError(refused[0] if refused else _none(weights))


def find_readouts(weights: Arrays, stack: Stack) -> tuple[Readout, ...]:
    """What may read out the stack: linear layers with one column for each unit and direction, biased ones first.

    Nothing in a file says which linear layer follows which stack, nor whether a matrix without bias is one.
    """
    columns = stack.hidden_size * stack.directions
    found = []
    for name, weight in weights.items():
        path, _, last = name.rpartition(".")
        if last != "weight" or weight.ndim != 2 or weight.shape[1] != columns:
            continue
        if not 1 <= len(weight) <= MOST_OUTPUTS or not np.isfinite(weight).all():
            continue
        bias = weights.get(f"{path}.bias" if path else "bias")
        if bias is None or bias.shape == weight.shape[:1] and np.isfinite(bias).all():
            found.append(Readout(path, weight, bias))
    return tuple(sorted(found, key=lambda readout: readout.bias is None))


def _stack(path: str, own: Arrays) -> Stack:
    def at(name: str) -> str:
        return quoted(f"{path}.{name}" if path else name)

    for name in own:
        if name.startswith("weight_hr"):
            raise DataError(
                f"{at(name)} says that this LSTM projects its hidden state (proj_size), which is not supported: "
                "train it with proj_size=0."
            )
    for name in ("weight_ih_l0", "weight_hh_l0"):
        if name not in own:
            raise DataError(f"{at(name)} is missing: save the whole state_dict of the model.")
        if own[name].ndim != 2 or not own[name].size:
            raise DataError(f"{at(name)} has shape {own[name].shape}; expected a matrix, as torch.nn names it.")
    (rows, hidden), inputs = own["weight_hh_l0"].shape, own["weight_ih_l0"].shape[1]
    cells = tuple(name for name, cell in CELLS.items() if cell.fused and len(cell.chunks) * hidden == rows)
    if not cells:
        raise DataError(
            f"{at('weight_hh_l0')} has shape {(rows, hidden)}; expected 4, 3 or 1 times as many rows as columns: an "
            "LSTM, a GRU or a vanilla RNN of torch.nn."
        )
    num_layers = 1 + max(int(re.findall(r"\d+", name)[0]) for name in own)
    both = any(name.endswith("_reverse") for name in own)
    bias = any(name.startswith("bias") for name in own)
    kept: dict[str, np.ndarray] = {}
    for name, shape in stack_shapes(rows, inputs, hidden, num_layers, 1 + both).items():
        if name.startswith("bias") and not bias:
            kept[name] = np.zeros(shape, kept["weight_hh_l0"].dtype)
            continue
        if name not in own:
            raise DataError(
                f"{at(name)} is missing, though other names call for it: save the whole state_dict of the model."
            )
        if own[name].shape != shape:
            raise DataError(
                f"{at(name)} has shape {own[name].shape}; expected {shape} for {hidden} hidden units: the file "
                "does not hold one model as torch.nn saves it."
            )
        _check_finite(at(name), own[name])
        kept[name] = own[name]
    return Stack(path, cells, inputs, hidden, num_layers, both, bias, kept)


def _check_finite(name: str, array: np.ndarray) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        place = ", ".join(map(str, bad[0]))
        raise DataError(
            f"{name} holds {len(bad)} of {array.size} values that are no finite numbers, the first at [{place}]: "
            "training diverged, so save the model from before that."
        )


def _none(weights: Arrays) -> str:
    some = ", ".join(quoted(name) for name in list(weights)[:3])
    return (
        "No recurrent layer was found: expected names such as weight_ih_l0 and weight_hh_l0, under any path, as "
        f"nn.RNN, nn.LSTM and nn.GRU save them; the file holds {some or 'no matrices of real numbers'}"
        f"{' and others' if len(weights) > 3 else ''}. Save the state_dict of a model with one of these."
    )


def quoted(name: str) -> str:
    """A name from a file, short enough for a message and without line breaks."""
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return plain if len(plain) <= SHOWN else f"{plain[: SHOWN // 2]}…{plain[-SHOWN // 2 :]}"
