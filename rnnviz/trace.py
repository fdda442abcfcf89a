"""The Trace: what happened inside one recurrent stack during one pass, as numpy arrays.

Axes are always L, B, T, H (layer, sequence, time step, unit), in that order and never dropped. Each
direction of a bidirectional layer counts as one layer. A Trace holds the weights too, so that every
analysis is a pure function of it; it holds no model and knows no torch.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnviz.tensorfile import pack, unpack

if TYPE_CHECKING:
    import xarray

Arrays = Mapping[str, np.ndarray]
FORMAT = "rnnviz-trace-1"


class TraceError(ValueError):
    """A field of a Trace has the wrong shape. The message names the field and both shapes."""


@dataclass(frozen=True, repr=False, eq=False)
class Trace:
    """Everything one pass left behind. L layers, B sequences, T time steps, H units, D inputs, O outputs.

    cell: registry name of the cell. layer_names: L names, `("l0", "l0_reverse", "l1", ...)`.
    step: the optimiser step at which it was recorded.
    inputs: (B, T, D), what the recurrent stack saw.
    mask: (B, T) bool, true where the sequence exists. Padding holds 0.
    states: name -> (L, B, T, H); index t is after consuming x_t. `h`; LSTM also `c`.
    initial_states: name -> (L, B, H).
    gates: name -> (L, B, T, H).
    weights: torch's names (`weight_ih_l0`, ...), chunk order and conventions.
    layer_inputs: one (B, T, .) per torch layer: what it saw, after dropout.
    dropout_masks: one (B, T, .) or None per torch layer: the factors dropout applied (0 or 1/(1-p)).
    state_grads: name -> (L, B, T, H): the total dLoss/dstate_t, own readout and all later steps. The
        LSTM's total dL/dc_t includes the path through h_t.
    output_grads: (B, T, H * directions): dLoss/doutput_t that enters from the readout alone.
    final_state_grads: name -> (L, B, H): dLoss/dh_n and dLoss/dc_n that enter from outside.
    input_grads: (B, T, D): dLoss/dx_t.
    why_no_grads: where the four gradient fields are absent, the reason in words.
    outputs, targets, loss, labels: of the app's own models: (B, ...), (B, ...), a number, output names.
    model_weights: of the app's own models, every weight outside the recurrent stacks, by its name in the
        state_dict: `readout.weight`, `embed.weight`, ...
    attention: (B, T, S), of a decoder that looks at its source: the weight that time step t gives to source
        position s. Every row of a time step that exists sums to 1.
    encoder: of a decoder, the Trace of the encoder that read its source, S time steps.

    Reverse layers use original time: the predecessor of t is t + 1.
    """

    cell: str
    layer_names: tuple[str, ...]
    inputs: np.ndarray
    mask: np.ndarray
    states: Arrays
    initial_states: Arrays
    gates: Arrays
    weights: Arrays
    layer_inputs: tuple[np.ndarray, ...]
    dropout_masks: tuple[np.ndarray | None, ...] = ()
    step: int = 0
    state_grads: Arrays | None = None
    output_grads: np.ndarray | None = None
    final_state_grads: Arrays | None = None
    input_grads: np.ndarray | None = None
    why_no_grads: str | None = None
    outputs: np.ndarray | None = None
    targets: np.ndarray | None = None
    loss: float | None = None
    labels: tuple[str, ...] = field(default=())
    model_weights: Arrays = field(default_factory=dict)
    attention: np.ndarray | None = None
    encoder: Trace | None = None

    def __post_init__(self) -> None:
        if not self.dropout_masks:
            object.__setattr__(self, "dropout_masks", (None,) * len(self.layer_inputs))
        for f in fields(self):
            object.__setattr__(self, f.name, _frozen(getattr(self, f.name)))
        self._check()

    @property
    def size(self) -> tuple[int, int, int, int]:
        """(L, B, T, H)."""
        return self.states["h"].shape  # type: ignore[return-value]

    @property
    def directions(self) -> int:
        return 2 if any(name.endswith("_reverse") for name in self.layer_names) else 1

    @property
    def lengths(self) -> np.ndarray:
        """(B,) time steps that each sequence has."""
        return self.mask.sum(axis=1)

    @property
    def has_grads(self) -> bool:
        return self.state_grads is not None

    @property
    def _source(self) -> int:
        """S: the encoder's time steps, or what attention itself says where there is no encoder."""
        if self.encoder is not None:
            return self.encoder.size[2]
        return self.attention.shape[-1] if self.attention is not None and self.attention.ndim else 0

    def _check(self) -> None:
        if "h" not in self.states or np.ndim(self.states["h"]) != 4:
            raise TraceError(f"states['h'] must be (L, B, T, H); given {_shape(self.states.get('h'))}.")
        layers, batch, time, units = self.states["h"].shape
        if len(self.layer_names) != layers:
            raise TraceError(f"layer_names has {len(self.layer_names)} names, but states has {layers} layers.")
        full, last = (layers, batch, time, units), (layers, batch, units)
        depth = self.inputs.shape[-1] if self.inputs.ndim else 0
        expected: dict[str, tuple[int | None, ...]] = {
            "inputs": (batch, time, depth),
            "mask": (batch, time),
            "output_grads": (batch, time, units * self.directions),
            "input_grads": (batch, time, depth),
            "attention": (batch, time, self._source),
        }
        for name in ("states", "gates", "state_grads"):
            expected |= {f"{name}[{key!r}]": full for key in getattr(self, name) or ()}
        for name in ("initial_states", "final_state_grads"):
            expected |= {f"{name}[{key!r}]": last for key in getattr(self, name) or ()}
        for name in ("layer_inputs", "dropout_masks"):
            for k, array in enumerate(getattr(self, name)):
                if array is not None:
                    expected[f"{name}[{k}]"] = (batch, time, array.shape[-1])
        arrays = dict(_arrays(self))
        for name, shape in expected.items():
            if name in arrays and arrays[name].shape != shape:
                raise TraceError(f"{name} has shape {arrays[name].shape}; expected {shape}.")
        if len(self.layer_inputs) * self.directions != layers:
            raise TraceError(f"layer_inputs has {len(self.layer_inputs)} entries for {layers} layers.")
        if self.encoder is not None and self.encoder.size[1] != batch:
            raise TraceError(f"encoder has {self.encoder.size[1]} sequences; expected {batch}, as states has.")

    def save(self, path: str | Path) -> None:
        """Write to one safetensors file: arrays and a line of JSON, no pickle."""
        Path(path).write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Read what `save` wrote. Raises ValueError where the file is not a saved Trace."""
        return cls.from_bytes(Path(path).read_bytes())

    def to_bytes(self) -> bytes:
        plain, arrays = self._apart()
        return pack(arrays, plain, FORMAT)

    @classmethod
    def from_bytes(cls, data: bytes) -> Trace:
        plain, arrays = unpack(data, FORMAT, "Trace")
        try:
            return cls._together(dict(plain), arrays)
        except (AttributeError, KeyError, TypeError) as error:  # made by hand
            raise ValueError(f"This is not a saved Trace: its parts do not fit together ({error}).") from None

    def _apart(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What JSON can hold, and every array by its name; the encoder's names begin with `encoder/`."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name in _PLAIN}
        plain |= {f.name: None for f in fields(self) if getattr(self, f.name) is None}
        arrays = dict(_arrays(self))
        if self.encoder is not None:
            plain["encoder"], more = self.encoder._apart()
            arrays |= {f"{_ENCODER}{name}": array for name, array in more.items()}
        return plain, arrays

    @classmethod
    def _together(cls, values: dict[str, Any], arrays: Arrays) -> Trace:
        if values.get("encoder") is not None:
            more = {k.removeprefix(_ENCODER): v for k, v in arrays.items() if k.startswith(_ENCODER)}
            values["encoder"] = cls._together(values["encoder"], more)
            arrays = {k: v for k, v in arrays.items() if not k.startswith(_ENCODER)}
        for name in _MAPPINGS:
            if name not in values:
                prefix = f"{name}['"
                values[name] = {k[len(prefix) : -2]: v for k, v in arrays.items() if k.startswith(prefix)}
        depth = sum(name.startswith("layer_inputs[") for name in arrays)
        for name in ("layer_inputs", "dropout_masks"):
            values[name] = tuple(arrays.get(f"{name}[{k}]") for k in range(depth))
        values |= {name: array for name, array in arrays.items() if "[" not in name}
        return cls(**values)

    def to_xarray(self) -> xarray.Dataset:
        """A labelled dataset with dims layer, sequence, time, unit, input (needs xarray)."""
        import xarray as xr

        layer_dims = ("layer", "sequence", "time", "unit")
        data: dict[str, Any] = {
            "inputs": (("sequence", "time", "input"), self.inputs),
            "mask": (("sequence", "time"), self.mask),
        }
        for prefix, name in (("", "states"), ("gate_", "gates"), ("grad_", "state_grads")):
            for key, array in (getattr(self, name) or {}).items():
                data[f"{prefix}{key}"] = (layer_dims, array)
        for prefix, name in (("initial_", "initial_states"), ("grad_final_", "final_state_grads")):
            for key, array in (getattr(self, name) or {}).items():
                data[f"{prefix}{key}"] = (("layer", "sequence", "unit"), array)
        if self.output_grads is not None:
            data["grad_output"] = (("sequence", "time", "output"), self.output_grads)
        if self.input_grads is not None:
            data["grad_input"] = (("sequence", "time", "input"), self.input_grads)
        if self.attention is not None:
            data["attention"] = (("sequence", "time", "source"), self.attention)
        coords = {"layer": list(self.layer_names)}
        return xr.Dataset(data, coords=coords, attrs={"cell": self.cell, "step": self.step})

    def _summary(self) -> list[tuple[str, str]]:
        layers, batch, time, units = self.size
        return [
            ("cell", self.cell),
            ("size", f"{layers} layers, {batch} sequences, {time} time steps, {units} units"),
            ("layers", ", ".join(self.layer_names)),
            ("states", ", ".join(self.states)),
            ("gates", ", ".join(self.gates) or "none"),
            ("gradients", ", ".join(self.state_grads) if self.state_grads else f"absent: {self.why_no_grads}"),
            ("dtype", str(self.states["h"].dtype)),
        ]

    def __repr__(self) -> str:
        return "Trace(" + "; ".join(f"{name}: {value}" for name, value in self._summary()) + ")"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{k}</th><td>{html.escape(v)}</td></tr>" for k, v in self._summary())
        return f"<table><caption>Trace</caption>{rows}</table>"


_PLAIN = ("cell", "layer_names", "step", "why_no_grads", "loss", "labels")
_MAPPINGS = ("states", "initial_states", "gates", "weights", "state_grads", "final_state_grads", "model_weights")
_ENCODER = "encoder/"


def _frozen(value: Any) -> Any:
    """Read-only views of arrays, read-only mappings, tuples for lists; other values as they are."""
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    if isinstance(value, Mapping):
        return MappingProxyType({key: _frozen(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(_frozen(item) for item in value)
    return value


def _arrays(trace: Trace) -> list[tuple[str, np.ndarray]]:
    """Every array with its full name: `inputs`, `states['h']`, `layer_inputs[0]`."""
    found = []
    for f in fields(trace):
        value = getattr(trace, f.name)
        if isinstance(value, np.ndarray):
            found.append((f.name, value))
        elif isinstance(value, Mapping):
            found += [(f"{f.name}[{key!r}]", item) for key, item in value.items()]
        elif isinstance(value, tuple):
            found += [(f"{f.name}[{k}]", item) for k, item in enumerate(value) if isinstance(item, np.ndarray)]
    return found


def _shape(value: Any) -> Any:
    return None if value is None else np.shape(value)
