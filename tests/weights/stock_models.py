"""Models as people write them in torch, and the files they save; safetensors files written by hand."""

from __future__ import annotations

import io
import json

import numpy as np
import torch
from torch import nn

STACKS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Tagger(nn.Module):
    """A stack inside a model, between layers that are none of its own."""

    def __init__(self, kind: str = "lstm", **options) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(3)
        self.encoder = nn.ModuleDict({"core": STACKS[kind](3, 5, batch_first=True, **options)})
        self.head = nn.Linear(5 * (2 if options.get("bidirectional") else 1), 4)

    def forward(self, x):
        return self.head(self.encoder["core"](self.norm(x))[0])


def arrays(model: nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


def saved(value: object, **options) -> bytes:
    """What torch.save writes."""
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def as_safetensors(tensors: dict[str, torch.Tensor]) -> bytes:
    from safetensors.torch import save

    return save({name: tensor.contiguous() for name, tensor in tensors.items()})


def by_hand(header: object, body: bytes = b"", size: int | None = None) -> bytes:
    """A safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if size is None else size).to_bytes(8, "little") + text + body
