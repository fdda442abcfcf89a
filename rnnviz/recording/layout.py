"""The layouts a recurrent module takes, and the one everything is recorded in: (B, T, F), caller's order.

Inside, torch computes on (T, B, F), or on packed data (N, F) with the sequences sorted by length. That
inner layout is the one dropout masks are drawn in, so the replay works in it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence


@dataclass(frozen=True, eq=False)
class Layout:
    """How one pass was laid out. batch, time: B, T (of the longest sequence).

    batched: false for an unbatched (T, F) input. batch_sizes, order: of packed input, the number of
    sequences at each time step, and the caller's row of each sorted one (None where they are the same).
    """

    batch: int
    time: int
    batch_first: bool
    batched: bool = True
    batch_sizes: Tensor | None = None
    order: Tensor | None = None

    @classmethod
    def of(cls, given: Any, batch_first: bool) -> Layout:
        if isinstance(given, PackedSequence):
            sizes = given.batch_sizes
            return cls(int(sizes[0]), len(sizes), batch_first, True, sizes, given.sorted_indices)
        if given.dim() == 2:
            return cls(1, given.shape[0], batch_first, batched=False)
        batch, time = given.shape[:2] if batch_first else (given.shape[1], given.shape[0])
        return cls(batch, time, batch_first)

    def inner(self, given: Tensor) -> Tensor:
        """An input or output as the module takes or gives it (of packed ones, the data) -> (T, B, F) or (N, F)."""
        if self.batch_sizes is not None:
            return given
        if not self.batched:
            return given.unsqueeze(1)
        return given.transpose(0, 1) if self.batch_first else given

    def states(self, given: Tensor) -> Tensor:
        """Initial or final states as the module takes or gives them -> (L, B, H), caller's order."""
        return given if self.batched else given.unsqueeze(1)

    def sorted(self, states: Tensor) -> Tensor:
        """(L, B, H) in the caller's order -> in the order of packed data."""
        return states if self.order is None else states.index_select(1, self.order)

    def original(self, inner: Tensor) -> np.ndarray:
        """The inner layout -> (B, T, F) in the caller's order, padding 0."""
        array = inner.detach().cpu().numpy()
        if self.batch_sizes is None:
            return array.swapaxes(0, 1)
        padded = np.zeros((self.time, self.batch, array.shape[-1]), array.dtype)
        padded[self._rows] = array
        return padded.swapaxes(0, 1)

    @cached_property
    def mask(self) -> np.ndarray:
        """(B, T) bool: true where the sequence exists."""
        exists = np.ones((self.time, self.batch), bool)
        if self.batch_sizes is not None:
            exists[:] = False
            exists[self._rows] = True
        return exists.T

    @cached_property
    def _rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Time step and caller's row of every row of packed data."""
        assert self.batch_sizes is not None
        sizes = self.batch_sizes.numpy()
        rank = np.concatenate([np.arange(size) for size in sizes])
        order = rank if self.order is None else self.order.cpu().numpy()[rank]
        return np.repeat(np.arange(self.time), sizes), order


def data_of(given: Any) -> Any:
    """The tensor in an input or output: packed data, or the thing itself."""
    return given.data if isinstance(given, PackedSequence) else given


def copied(tensor: Tensor) -> Tensor:
    """A copy, strides and all, that nobody else holds and no graph knows."""
    with torch.no_grad():
        return tensor.detach().clone()


def twin(tensor: Tensor) -> Tensor:
    """A copy that requires a gradient where the original does: torch's kernels look at that."""
    return copied(tensor).requires_grad_(tensor.requires_grad)
