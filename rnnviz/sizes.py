"""How large an experiment is, from its configuration and its task alone: known before any work, without torch."""

from __future__ import annotations

from dataclasses import dataclass

from rnnviz.analysis.cost import DecoderNetwork, Network
from rnnviz.config import ExperimentConfig
from rnnviz.embedding import embedding_of
from rnnviz.shapes import SHAPES
from rnnviz.tasks.base import Task

CHECK_SIZE = 256  # held-out sequences of a check, kept while the run trains, and evaluated at once at most
AT_ONCE = 2**22  # numbers of the sequences evaluated at once, unless one sequence alone has more


@dataclass(frozen=True)
class Size:
    """Numbers that a forward pass makes, per time step of one sequence, and how many time steps there are.

    inputs: what enters the recurrent stack, with what an embedding makes of it. states: hidden states of all
    layers and directions. outputs: 0 where there is one output a sequence. data: numbers of the task's own.
    attention: numbers that a decoder's attention makes. decoder: what comes on top where a decoder writes;
    the rest is then of what is read.
    """

    time_steps: int
    inputs: int
    states: int
    outputs: int
    data: int
    attention: int = 0
    decoder: Size | None = None

    @classmethod
    def of(cls, config: ExperimentConfig, task: Task) -> Size:
        shape = SHAPES[task.shape]
        recurs = shape.encodes or not shape.writes
        return cls(
            time_steps=task.time_steps,
            inputs=embedding_of(task, config.embedding_size).numbers if recurs else task.input_size,
            states=config.hidden_size * config.num_layers * (1 + config.bidirectional) * recurs,
            outputs=task.output_size if task.shape == "seq→seq" else 0,
            data=1 if task.tokens else task.input_size,
            decoder=_decoder(config, task) if shape.writes else None,
        )

    @property
    def per_sequence(self) -> int:
        own = self.time_steps * (self.inputs + self.states + self.outputs + self.attention)
        return own + (self.decoder.per_sequence if self.decoder else 0)

    @property
    def words(self) -> str:
        """How many of each, for a message."""
        each = f"{self.inputs} inputs + {self.states} hidden states + {self.outputs} outputs"
        each += f" + {self.attention} of attention" if self.attention else ""
        own = f"{self.time_steps} time steps × ({each})"
        return f"{own} + {self.decoder.words}" if self.decoder else own

    @property
    def at_once(self) -> int:
        """Held-out sequences to evaluate at once, so that memory is bounded whatever the batch size."""
        return max(1, min(CHECK_SIZE, AT_ONCE // self.per_sequence))


def _decoder(config: ExperimentConfig, task: Task) -> Size:
    units, attends = config.hidden_size, config.attention != "off" and SHAPES[task.shape].encodes
    per_score = units if config.attention == "additive" else 1
    return Size(
        time_steps=task.target_steps,
        inputs=config.embedding_size or task.output_size,
        states=units * config.num_layers,
        outputs=task.output_size,
        data=1,
        # scores and weights over the source, and the context joined to h before and after W_c
        attention=attends * (task.time_steps * (per_score + 1) + 3 * units),
    )


def network(config: ExperimentConfig, task: Task) -> Network | DecoderNetwork:
    """The model of an experiment, for its count of parameters and operations."""
    shape = SHAPES[task.shape]
    if shape.writes:
        return DecoderNetwork(
            cell=config.cell,
            hidden_size=config.hidden_size,
            layers=config.num_layers,
            outputs=task.output_size,
            embedding_size=config.embedding_size,
            vector_size=0 if shape.encodes else task.input_size,
            source=embedding_of(task, config.embedding_size) if shape.encodes else None,
            directions=1 + config.bidirectional,
            attention=config.attention if shape.encodes else "off",
        )
    before = embedding_of(task, config.embedding_size)
    return Network(
        config.cell,
        before.size,
        config.hidden_size,
        config.num_layers,
        1 + config.bidirectional,
        task.output_size,
        before,
    )
