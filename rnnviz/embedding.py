"""What stands before a recurrent stack, by what a task's inputs are: how large it is, known without torch.

    vectors   (B, T, D) as they are, or with an embedding size E > 0: W x + b
    tokens    (B, T) one-hot, or with E > 0 a learned vector of E numbers per token
    mixed     (B, T, D) of which some columns are one-hot blocks: each block has its own learned vectors, the rest
              stays as it is
    frames    (B, T, H W) pictures: two small convolutions, then a linear map to E features

To add one, write its class and list it here; its module, where it needs one of ours, is in
`rnnviz.embedding_modules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from rnnviz.registry import Registry

if TYPE_CHECKING:
    from rnnviz.tasks.base import Task

BLOCK_SIZE = 4  # numbers of a category's vector, unless the configuration says how many
FRAME_SIZE = 16  # features of a picture, likewise
CHANNELS = (8, 16)  # of the two convolutions
KERNEL = 3  # pixels; the convolutions move by 2, so that each halves height and width (rounded up)


@dataclass(frozen=True)
class Embedding:
    """The common interface. input_size: D, or how many tokens there are; asked: `config.embedding_size`.

    blocks: (first column, columns) of every one-hot block; frame_shape: (height, width) of a picture.

    size: features that enter the stack, per time step. parameters: trainable numbers. multiply_adds: per time
    step. numbers: that a forward pass keeps per time step, input and result included. module: dotted path of the
    torch module and its arguments, to which `dtype=` is added.
    """

    input_size: int
    asked: int = 0
    blocks: tuple[tuple[int, int], ...] = ()
    frame_shape: tuple[int, int] = (0, 0)

    @property
    def size(self) -> int:
        return self.asked or self.input_size

    @property
    def parameters(self) -> int:
        raise NotImplementedError

    @property
    def multiply_adds(self) -> int:
        raise NotImplementedError

    @property
    def numbers(self) -> int:
        raise NotImplementedError

    @property
    def module(self) -> tuple[str, tuple[Any, ...]]:
        raise NotImplementedError


class Vectors(Embedding):
    @property
    def parameters(self) -> int:
        return self.asked * (self.input_size + 1)

    @property
    def multiply_adds(self) -> int:
        return self.asked * self.input_size

    @property
    def numbers(self) -> int:
        return self.input_size + self.asked

    @property
    def module(self) -> tuple[str, tuple[Any, ...]]:
        return ("torch.nn.Linear", (self.input_size, self.asked)) if self.asked else ("torch.nn.Identity", ())


class Tokens(Embedding):
    @property
    def parameters(self) -> int:
        return self.asked * self.input_size

    @property
    def multiply_adds(self) -> int:
        return 0  # a look-up; one-hot tokens are multiplied in the stack, as any vector

    @property
    def numbers(self) -> int:
        return self.size

    @property
    def module(self) -> tuple[str, tuple[Any, ...]]:
        if self.asked:
            return "torch.nn.Embedding", (self.input_size, self.asked)
        return "rnnviz.embedding_modules.OneHot", (self.input_size,)


class Mixed(Embedding):
    @property
    def each(self) -> int:
        """Numbers of a block's vectors."""
        return self.asked or BLOCK_SIZE

    @property
    def size(self) -> int:
        return self.input_size - self._in_blocks + self.each * len(self.blocks)

    @property
    def parameters(self) -> int:
        return self.each * self._in_blocks

    @property
    def multiply_adds(self) -> int:
        return self.each * self._in_blocks

    @property
    def numbers(self) -> int:
        return self.input_size + self.size

    @property
    def module(self) -> tuple[str, tuple[Any, ...]]:
        return "rnnviz.embedding_modules.Blocks", (self.input_size, self.blocks, self.each)

    @property
    def _in_blocks(self) -> int:
        return sum(columns for _, columns in self.blocks)


class Frames(Embedding):
    @property
    def size(self) -> int:
        return self.asked or FRAME_SIZE

    @property
    def parameters(self) -> int:
        convolutions = sum(filters * (weights + 1) for filters, weights, _ in self.maps)
        return convolutions + self.size * (self._flat + 1)

    @property
    def multiply_adds(self) -> int:
        return sum(filters * weights * pixels for filters, weights, pixels in self.maps) + self.size * self._flat

    @property
    def numbers(self) -> int:
        return self.input_size + sum(filters * pixels for filters, _, pixels in self.maps) + self.size

    @property
    def module(self) -> tuple[str, tuple[Any, ...]]:
        return "rnnviz.embedding_modules.Frames", (self.frame_shape, self.size)

    @property
    def maps(self) -> list[tuple[int, int, int]]:
        """(filters, weights of a filter, pixels of its map) of each convolution."""
        shape, below, found = self.frame_shape, 1, []
        for filters in CHANNELS:
            shape = halved(shape)
            found.append((filters, below * KERNEL**2, prod(shape)))
            below = filters
        return found

    @property
    def _flat(self) -> int:
        filters, _, pixels = self.maps[-1]
        return filters * pixels


def halved(shape: tuple[int, int]) -> tuple[int, int]:
    """Height and width of what a convolution that moves by 2 makes of a picture."""
    height, width = shape
    return (height + 1) // 2, (width + 1) // 2


EMBEDDINGS: Registry[type[Embedding]] = Registry(
    "kind of input", {"vectors": Vectors, "tokens": Tokens, "mixed": Mixed, "frames": Frames}
)


def embedding_of(task: Task, asked: int) -> Embedding:
    """What stands before the stack that reads the task's inputs, with `asked` as the configuration's embedding size."""
    kind = task.reads or ("tokens" if task.tokens else "vectors")
    return EMBEDDINGS[kind](task.input_size, asked, task.blocks, task.frame_shape)
