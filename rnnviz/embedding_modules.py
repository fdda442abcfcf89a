"""The modules that stand before a recurrent stack, where torch has none: see `rnnviz.embedding`."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.embedding import CHANNELS, KERNEL, halved


class OneHot(nn.Module):
    """Tokens (B, T) int -> (B, T, tokens), 1 at the token."""

    def __init__(self, tokens: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.tokens, self.dtype = tokens, dtype

    def forward(self, tokens: Tensor) -> Tensor:
        return functional.one_hot(tokens, self.tokens).to(self.dtype)


class Blocks(nn.Module):
    """(B, T, D) -> the columns outside every block, then `each` numbers per block: a learned vector per category.

    A block that holds no 1, of a category that is missing, gives zeros.
    """

    columns: Tensor

    def __init__(self, input_size: int, blocks: tuple[tuple[int, int], ...], each: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.blocks = blocks
        inside = {first + k for first, columns in blocks for k in range(columns)}
        rest = torch.tensor([k for k in range(input_size) if k not in inside], dtype=torch.long)
        self.register_buffer("columns", rest, persistent=False)
        self.categories = nn.ModuleList(nn.Linear(columns, each, bias=False, dtype=dtype) for _, columns in blocks)

    def forward(self, x: Tensor) -> Tensor:
        embedded = [
            linear(x[..., first : first + columns])
            for linear, (first, columns) in zip(self.categories, self.blocks, strict=True)
        ]
        return torch.cat([x[..., self.columns], *embedded], dim=-1)


class Frames(nn.Module):
    """(B, T, H W) pictures, row by row -> (B, T, size): convolution, ReLU, convolution, ReLU, linear map."""

    def __init__(self, shape: tuple[int, int], size: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.shape = shape
        first, second = CHANNELS
        self.first = nn.Conv2d(1, first, KERNEL, stride=2, padding=KERNEL // 2, dtype=dtype)
        self.second = nn.Conv2d(first, second, KERNEL, stride=2, padding=KERNEL // 2, dtype=dtype)
        self.features = nn.Linear(second * prod(halved(halved(shape))), size, dtype=dtype)

    def forward(self, frames: Tensor) -> Tensor:
        maps = frames.reshape(-1, 1, *self.shape)
        maps = self.second(self.first(maps).relu()).relu()
        features: Tensor = self.features(maps.flatten(1))
        return features.unflatten(0, frames.shape[:2])
