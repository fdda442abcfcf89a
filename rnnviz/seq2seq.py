"""Models whose output is a sequence of its own: a decoder, and what it starts from and looks at.

A decoder is a recurrent stack that reads the symbol before and says which comes next. While training it reads
the right ones (teacher forcing, Williams & Zipser 1989), so the fused stack runs over the whole target at once;
on its own it reads what it wrote itself. Attention is applied to the states that the stack has already computed
(Luong, Pham & Manning 2015, without input feeding):

    a_ts = score(h_t, m_s)        m: the encoder's states, s = 1 ... S
    α_t  = softmax(a_t)           over the source positions that exist
    c_t  = Σ_s α_ts m_s           the context
    h̃_t  = tanh(W_c [c_t; h_t] + b_c)
    y_t  = W_y h̃_t + b_y          without attention: W_y h_t + b_y

so no state depends on it, and states, gates and gradients of both stacks are recorded as any others are.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.embedding import Tokens, embedding_of
from rnnviz.model import Base, embed, recurrent, run
from rnnviz.objective import TensorBatch, within
from rnnviz.registry import Registry
from rnnviz.tasks.base import Task


class Source(NamedTuple):
    """What a decoder is given.

    initial: its initial states, as torch takes them. memory: (B, S, H) to look at, and keys, the same as the
    score reads it; exists: (B, S) bool (None: all). All None where it looks at nothing.
    """

    initial: Any
    memory: Tensor | None = None
    keys: Tensor | None = None
    exists: Tensor | None = None


class Dot(nn.Module):
    """score(h, m) = h · m / √H: Luong's dot product, scaled as by Vaswani et al. (2017)."""

    def __init__(self, size: int, dtype: torch.dtype) -> None:
        super().__init__()

    def keys(self, memory: Tensor) -> Tensor:
        return memory

    def forward(self, h: Tensor, keys: Tensor) -> Tensor:
        """h (B, T, H), keys (B, S, H) -> scores (B, T, S)."""
        return h @ keys.transpose(1, 2) / math.sqrt(h.shape[-1])


class Additive(nn.Module):
    """score(h, m) = v · tanh(W_q h + W_k m), all of size H (Bahdanau, Cho & Bengio 2015)."""

    def __init__(self, size: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.query = nn.Linear(size, size, bias=False, dtype=dtype)
        self.key = nn.Linear(size, size, bias=False, dtype=dtype)
        self.score = nn.Linear(size, 1, bias=False, dtype=dtype)

    def keys(self, memory: Tensor) -> Tensor:
        keys: Tensor = self.key(memory)
        return keys

    def forward(self, h: Tensor, keys: Tensor) -> Tensor:
        """h (B, T, H), keys (B, S, H) -> scores (B, T, S)."""
        scores: Tensor = self.score(torch.tanh(self.query(h)[:, :, None] + keys[:, None]))
        return scores.squeeze(-1)


SCORES: Registry[type[nn.Module]] = Registry("attention", {"additive": Additive, "dot": Dot})


class Decoder(Base):
    """embed (of the symbol before) -> rnn -> attention, where there is some -> readout. Subclasses say what it reads.

    One vocabulary is read and written: the task's classes, its start and end symbols among them.
    """

    attention: Any
    combine: nn.Linear

    def _build_decoder(self, config: ExperimentConfig, task: Task, dtype: torch.dtype) -> None:
        before = Tokens(task.output_size, config.embedding_size)
        self.embed = embed(before, dtype)
        self.rnn = recurrent(config, before.size, dtype, bidirectional=False)
        self.readout = nn.Linear(config.hidden_size, task.output_size, dtype=dtype)
        self.start, self.end = task.start, task.end
        self.attention = None

    def read(self, batch: TensorBatch) -> Source:
        """What the decoder is given for a batch."""
        raise NotImplementedError

    def look(self, batch: TensorBatch) -> tuple[Tensor, Tensor | None]:
        source = self.read(batch)
        assert batch.previous is not None
        h, _ = run(self.rnn, self.embed(batch.previous), batch.target_lengths, source.initial)
        return self.say(h, source)

    def say(self, h: Tensor, source: Source) -> tuple[Tensor, Tensor | None]:
        """Hidden states (B, T, H) -> outputs (B, T, O) and, with attention, its weights (B, T, S)."""
        if self.attention is None:
            return self.readout(h), None
        scores = self.attention(h, source.keys)
        if source.exists is not None:
            scores = scores.masked_fill(~source.exists[:, None], -math.inf)
        weights = scores.softmax(-1)
        context = weights @ source.memory
        return self.readout(torch.tanh(self.combine(torch.cat([context, h], dim=-1)))), weights

    def answers(self, batch: TensorBatch) -> Tensor:
        """As of `Base`: the likeliest token each time. After its end symbol a sequence goes on with end symbols."""
        source = self.read(batch)
        state, now = source.initial, batch.targets.new_full((len(batch.targets), 1), self.start)
        written = torch.full_like(batch.targets, self.end)
        ended = torch.zeros_like(now, dtype=torch.bool)
        for t in range(written.shape[1]):
            h, state = self.rnn(self.embed(now), state)
            now = self.say(h, source)[0].argmax(-1).masked_fill(ended, self.end)
            written[:, t] = now[:, 0]
            ended |= now == self.end
            if ended.all():
                break
        return written


class VectorToSequence(Decoder):
    """A decoder whose initial states are made from a vector x: tanh(W x + b), for every state of every layer."""

    def _build(self, config: ExperimentConfig, task: Task, dtype: torch.dtype) -> None:
        self._build_decoder(config, task, dtype)
        size = config.num_layers * config.hidden_size
        self.begin = nn.ModuleDict(
            {state: nn.Linear(task.input_size, size, dtype=dtype) for state in CELLS[config.cell].states}
        )

    def read(self, batch: TensorBatch) -> Source:
        layers = self.rnn.num_layers
        made = (torch.tanh(linear(batch.inputs)) for linear in self.begin.values())
        return Source(_states([state.unflatten(1, (layers, -1)).transpose(0, 1).contiguous() for state in made]))


class EncoderDecoder(Decoder):
    """embed_source -> encoder; its final states are the decoder's initial ones, its states what attention looks at.

    Where the encoder reads in both directions, a linear map (`join`, one per kind of state) brings the two H
    values of both directions to the H that a decoder has, in final states and in what is looked at alike.
    """

    stacks = ("rnn", "encoder")

    def _build(self, config: ExperimentConfig, task: Task, dtype: torch.dtype) -> None:
        size, both = config.hidden_size, config.bidirectional
        before = embedding_of(task, config.embedding_size)
        self.embed_source = embed(before, dtype)
        self.encoder = recurrent(config, before.size, dtype, both)
        states = CELLS[config.cell].states if both else ()
        self.join = nn.ModuleDict({state: nn.Linear(2 * size, size, dtype=dtype) for state in states})
        self._build_decoder(config, task, dtype)
        if config.attention in SCORES:
            self.attention = SCORES[config.attention](size, dtype)
            self.combine = nn.Linear(2 * size, size, dtype=dtype)

    def read(self, batch: TensorBatch) -> Source:
        memory, final = run(self.encoder, self.embed_source(batch.inputs), batch.lengths)
        finals = [final] if isinstance(final, Tensor) else list(final)
        if self.join:
            memory = self.join["h"](memory)
            pairs = (state.unflatten(0, (-1, 2)).transpose(1, 2).flatten(2) for state in finals)
            finals = [join(pair) for join, pair in zip(self.join.values(), pairs, strict=True)]
        if self.attention is None:
            return Source(_states(finals))
        exists = None if batch.lengths is None else within(batch.lengths, memory.shape[1], memory.device)
        return Source(_states(finals), memory, self.attention.keys(memory), exists)


def _states(states: list[Tensor]) -> Any:
    """As torch's modules take them: one tensor, or a tuple of several."""
    return states[0] if len(states) == 1 else tuple(states)
