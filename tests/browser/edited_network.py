"""A recurrent stack in plain numpy, in which single numbers can be set by hand: the oracle of the microscope's
calculator, and the bytes that the browser gets of one sequence. Written from torch's documentation; of rnnviz only
the descriptions of the cells are used, which the browser is to interpret."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from rnnviz.cells import CELLS

MODULES = {"rnn_tanh": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU, "gru_before": nn.GRU}
BOUNDS = {"f": (0, 1), "i": (0, 1), "o": (0, 1), "r": (0, 1), "z": (0, 1), "g": (-1, 1), "n": (-1, 1)}
KINDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def sigmoid(a):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a))


def chunk(w, kind, k, read):
    """Rows k of a matrix times what is read, and its bias. H: the columns of weight_hh."""
    size = w["weight_hh"].shape[1]
    rows = slice(k * size, (k + 1) * size)
    return w[f"weight_{kind}"][rows] @ read + w[f"bias_{kind}"][rows]


def tanh_step(x, past, w, fix):
    a = fix("a", chunk(w, "ih", 0, x) + chunk(w, "hh", 0, past["h"]))
    return {"a": a, "h": fix("h", np.tanh(a))}


def lstm_step(x, past, w, fix):
    a = [chunk(w, "ih", k, x) + chunk(w, "hh", k, past["h"]) for k in range(4)]
    i, f, g, o = fix("i", sigmoid(a[0])), fix("f", sigmoid(a[1])), fix("g", np.tanh(a[2])), fix("o", sigmoid(a[3]))
    c = fix("c", f * past["c"] + i * g)
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": fix("h", o * np.tanh(c))}


def gru_step(x, past, w, fix, before=False):
    h = past["h"]
    r, z = (fix(n, sigmoid(chunk(w, "ih", k, x) + chunk(w, "hh", k, h))) for k, n in enumerate("rz"))
    recurrent = chunk(w, "hh", 2, r * h) if before else r * chunk(w, "hh", 2, h)
    n = fix("n", np.tanh(chunk(w, "ih", 2, x) + recurrent))
    return {"r": r, "z": z, "n": n, "h": fix("h", (1 - z) * n + z * h)}


def gru_before_step(x, past, w, fix):
    return gru_step(x, past, w, fix, before=True)


STEPS = {"rnn_tanh": tanh_step, "lstm": lstm_step, "gru": gru_step, "gru_before": gru_before_step}


@dataclass
class Network:
    """A stack with weights and one sequence, all representable in float32. x: (T, D); initial: layer, state -> (H)."""

    cell: str
    layers: int
    directions: int
    x: np.ndarray
    weights: dict[str, dict[str, np.ndarray]]
    initial: dict[str, dict[str, np.ndarray]]
    readout: tuple[np.ndarray, np.ndarray]
    shape: str = "seq→seq"

    @property
    def names(self) -> list[str]:
        return [f"l{k}{end}" for k in range(self.layers) for end in ("", "_reverse")[: self.directions]]

    def run(self, edits=()) -> tuple[dict[str, dict[str, np.ndarray]], np.ndarray]:
        """Every edit made, everything computed: layer -> quantity (T, H), `x` (T, D); and the outputs (rows, O)."""
        cell, x = self.cell, self.x.copy()
        for e in edits:
            if e["kind"] == "input":
                x[e["t"], e["index"]] = e["value"]
            if e["kind"] == "formula":
                cell = e["cell"]
        found = {}
        for position, name in enumerate(self.names):
            k = position // self.directions
            if k and position % self.directions == 0:
                x = np.concatenate([found[below]["h"] for below in self.names if below.startswith(f"l{k - 1}")], axis=1)
            found[name] = self._layer(cell, name, x, [e for e in edits if e.get("layer") == position])
        top = [found[name]["h"] for name in self.names[-self.directions :]]
        if self.shape == "seq→vec":
            top = [h[:1] if d else h[-1:] for d, h in enumerate(top)]
        weight, bias = self.readout
        return found, np.concatenate(top, axis=1) @ weight.T + bias

    def _layer(self, cell, name, x, edits):
        w = {kind: array.copy() for kind, array in self.weights[name].items()}
        past = {state: array.copy() for state, array in self.initial[name].items()}
        for e in edits:
            if e["kind"] == "weight":
                w[e["weight"]][(e["row"], e["column"]) if e.get("column") is not None else e["row"]] = e["value"]
            if e["kind"] == "state" and e["t"] < 0:
                past[e["name"]][e["unit"]] = e["value"]
        rows = {}
        for t in range(len(x))[:: -1 if name.endswith("_reverse") else 1]:

            def fix(quantity, value, t=t):
                for e in edits:
                    here = e["kind"] == "clamp" and e["gate"] == quantity
                    if here or (e["kind"] == "state" and e["name"] == quantity and e["t"] == t):
                        value[slice(None) if e["unit"] is None else e["unit"]] = e["value"]
                return value

            now = STEPS[cell](x[t], past, w, fix)
            past = {state: now[state] for state in past}
            for quantity, value in now.items():
                rows.setdefault(quantity, np.empty((len(x), len(value))))[t] = value
        return {"x": x, **rows}

    def payload(self, **more) -> bytes:
        """What Python sends of this sequence: the contract of assets/microscope/recording.js. more: of the header."""
        cell = CELLS[self.cell]
        found, outputs = self.run()
        arrays = {"inputs": self.x}
        for name in self.names:
            arrays[f"{name}/input"] = found[name]["x"]
            arrays |= {f"{name}/{kind}": array for kind, array in self.weights[name].items()}
            for state in cell.states:
                arrays[f"{name}/state/{state}"] = found[name][state]
                arrays[f"{name}/initial/{state}"] = self.initial[name][state]
            arrays |= {f"{name}/gate/{gate}": found[name][gate] for gate in cell.gates}
        arrays |= {"model/readout.weight": self.readout[0], "model/readout.bias": self.readout[1]}
        variants = [each for each in CELLS.values() if each.chunks == cell.chunks and each.states == cell.states]
        header = {
            "description": cell.description.to_plain(),
            "variants": [each.description.to_plain() for each in variants if each.name != self.cell],
            "layers": self.names,
            "shape": self.shape,
            "arrays": [{"name": name, "shape": list(array.shape)} for name, array in arrays.items()],
            "bounds": {name: bounds for name, bounds in BOUNDS.items() if name in cell.gates},
            **more,
        }
        text = json.dumps(header).encode()
        numbers = b"".join(np.ascontiguousarray(array, "<f4").tobytes() for array in arrays.values())
        return len(text).to_bytes(4, "little") + text + numbers


def network(cell, *, layers=1, both=False, time=6, inputs=3, units=4, outputs=2, shape="seq→seq", seed=0) -> Network:
    """A stack with torch's initial weights, times two so that gates move, and random initial states."""
    torch.manual_seed(seed)
    module = MODULES[cell](inputs, units, layers, bidirectional=both)
    readout = nn.Linear(units * (2 if both else 1), outputs)
    rng = np.random.default_rng(seed)

    def draw(*size):
        return rng.normal(size=size).astype(np.float32).astype(float)

    names = [f"l{k}{end}" for k in range(layers) for end in (("", "_reverse") if both else ("",))]
    weights = {n: {kind: 2 * getattr(module, f"{kind}_{n}").detach().double().numpy() for kind in KINDS} for n in names}
    initial = {name: {state: 0.3 * draw(units) for state in CELLS[cell].states} for name in names}
    initial = {n: {s: a.astype(np.float32).astype(float) for s, a in states.items()} for n, states in initial.items()}
    last = (readout.weight.detach().double().numpy(), readout.bias.detach().double().numpy())
    return Network(cell, layers, 1 + both, draw(time, inputs), weights, initial, last, shape)


def torch_run(net: Network, x: np.ndarray) -> np.ndarray:
    """The top layer's h (T, directions * H) of torch's own module with these weights."""
    inputs, units = net.x.shape[1], net.weights["l0"]["weight_hh"].shape[1]
    module = MODULES[net.cell](inputs, units, net.layers, bidirectional=net.directions == 2, dtype=torch.float64)
    with torch.no_grad():
        for name in net.names:
            for kind in KINDS:
                getattr(module, f"{kind}_{name}").copy_(torch.from_numpy(net.weights[name][kind]))
        start = tuple(
            torch.stack([torch.from_numpy(net.initial[name][state]) for name in net.names])
            for state in CELLS[net.cell].states
        )
        return module(torch.from_numpy(x), start if len(start) > 1 else start[0])[0].numpy()
