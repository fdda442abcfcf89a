"""Loop: a stack of any cell, one time step after another, behind the interface of `torch.nn.LSTM`.

It trains the cells that have no fused twin. Weights carry torch's names, shapes and chunk order, packed
sequences and both layouts are taken, and dropout draws its masks in torch's order (time-major; for packed
data in packed order), so that a Loop of a fused cell equals the fused module.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from rnnviz.cells import CELLS
from rnnviz.cells.base import affine
from rnnviz.cells.layer import WEIGHTS


class Loop(nn.Module):
    """`Loop(cell_name, input_size, hidden_size, ...)`; the other arguments are those of `nn.LSTM`.

    forward(input, hx=None) -> (output, hx): input (T, B, D), (B, T, D) with batch_first, (T, D) unbatched, or
    a PackedSequence. States are (layers * directions, B, H): one tensor for cells whose only state is h, else
    a tuple in the cell's order, for the LSTM (h, c).
    """

    proj_size = 0

    def __init__(
        self,
        cell_name: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.cell = CELLS[cell_name]
        self.cell_name = cell_name
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, dropout, bidirectional
        self.directions = 2 if bidirectional else 1
        rows = len(self.cell.chunks) * hidden_size
        for k in range(num_layers):
            columns = input_size if k == 0 else hidden_size * self.directions
            shapes = {"weight_ih": (rows, columns), "weight_hh": (rows, hidden_size)}
            if bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}  # type: ignore[dict-item]
            for suffix in ("", "_reverse")[: self.directions]:
                for kind, shape in shapes.items():
                    empty = torch.empty(shape, device=device, dtype=dtype)
                    self.register_parameter(f"{kind}_l{k}{suffix}", nn.Parameter(empty))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """torch's default: uniform in +-1/sqrt(H)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            nn.init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing to do: the weights of a Loop need no common block of memory."""

    def extra_repr(self) -> str:
        return f"{self.cell_name!r}, {self.input_size}, {self.hidden_size}, num_layers={self.num_layers}"

    def forward(self, input: Tensor | PackedSequence, hx: Any = None) -> tuple[Any, Any]:
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        unbatched = input.dim() == 2
        x = input.unsqueeze(1) if unbatched else input.transpose(0, 1) if self.batch_first else input
        if unbatched and hx is not None:
            hx = _each(hx, lambda state: state.unsqueeze(1))
        output, final = self._stack(x, None, hx)
        if unbatched:
            return output.squeeze(1), _each(final, lambda state: state.squeeze(1))
        return (output.transpose(0, 1) if self.batch_first else output), final

    def _packed(self, packed: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        """Spread the data over (T, B, D) with a mask, in packed order of sequences, and pack the output again."""
        data, sizes, order, back = packed
        sequence = torch.arange(int(sizes[0]), device=data.device)
        mask = sequence < sizes.to(data.device)[:, None]  # (T, B); row-major order is packed order
        if hx is not None and order is not None:
            hx = _each(hx, lambda state: state[:, order])
        output, final = self._stack(_spread(data, mask), mask, hx)
        if back is not None:
            final = _each(final, lambda state: state[:, back])
        return PackedSequence(output[mask], sizes, order, back), final

    def _stack(self, x: Tensor, mask: Tensor | None, hx: Any) -> tuple[Tensor, Any]:
        """All layers: x (T, B, D), mask (T, B) or None -> output (T, B, directions * H), final states."""
        count = self.num_layers * self.directions
        if hx is None:
            zeros = x.new_zeros(count, x.shape[1], self.hidden_size)
            initial = [zeros] * len(self.cell.states)
        else:
            initial = [hx] if isinstance(hx, Tensor) else list(hx)
        finals = []
        for k in range(self.num_layers):
            if k and self.training and self.dropout:
                x = self._drop(x, mask)
            outputs = []
            for d, suffix in enumerate(("", "_reverse")[: self.directions]):
                start = [state[k * self.directions + d] for state in initial]
                weights = {w: getattr(self, f"{w}_l{k}{suffix}") for w in WEIGHTS if self.bias or "bias" not in w}
                h, final = self._layer(x, mask, start, weights, reverse=bool(d))
                outputs.append(h)
                finals.append(final)
            x = outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=-1)
        states = tuple(torch.stack(parts) for parts in zip(*finals, strict=True))
        return x, states if len(states) > 1 else states[0]

    def _layer(self, x, mask, start, weights, reverse) -> tuple[Tensor, list[Tensor]]:
        """One direction of one layer: x (T, B, D) -> h (T, B, H), the states after the last computed time step."""
        cell = self.cell
        a_x = affine(x, weights["weight_ih"], weights.get("bias_ih"))
        recurrent = cell.recurrent(weights)
        states = dict(zip(cell.states, start, strict=True))
        outputs: list[Any] = [None] * len(x)
        for t in reversed(range(len(x))) if reverse else range(len(x)):
            new = cell.update(cell.activate(a_x[t], recurrent(states["h"]), states), states)
            outputs[t] = new["h"]  # in padding: no one reads it
            if mask is not None:
                new = {name: torch.where(mask[t][:, None], new[name], states[name]) for name in cell.states}
            states = new
        return torch.stack(outputs), [states[name] for name in cell.states]

    def _drop(self, x: Tensor, mask: Tensor | None) -> Tensor:
        if mask is None:
            return functional.dropout(x, self.dropout)
        return _spread(functional.dropout(x[mask], self.dropout), mask)


def _spread(data: Tensor, mask: Tensor) -> Tensor:
    """Packed data (sum of lengths, D) -> (T, B, D), zero where the mask (T, B) is false."""
    spread = data.new_zeros(*mask.shape, data.shape[-1])
    return spread.masked_scatter(mask[..., None], data)


def _each(states: Any, change: Any) -> Any:
    return change(states) if isinstance(states, Tensor) else tuple(change(state) for state in states)
