"""How large an experiment is, from its configuration and its task alone: known before any work, without torch."""

from __future__ import annotations

from dataclasses import dataclass

from rnnviz.analysis.cost import Network
from rnnviz.config import ExperimentConfig
from rnnviz.tasks.base import Task

CHECK_SIZE = 256  # held-out sequences of a check, kept while the run trains, and evaluated at once at most
AT_ONCE = 2**22  # numbers of the sequences evaluated at once, unless one sequence alone has more


@dataclass(frozen=True)
class Size:
    """Numbers that a forward pass makes, per time step of one sequence, and how many time steps there are.

    inputs: what enters the recurrent stack, with what an embedding makes of it. states: hidden states of all
    layers and directions. outputs: 0 where there is one output a sequence. data: numbers of the task's own.
    """

    time_steps: int
    inputs: int
    states: int
    outputs: int
    data: int

    @classmethod
    def of(cls, config: ExperimentConfig, task: Task) -> Size:
        embedded = config.embedding_size
        return cls(
            time_steps=task.time_steps,
            inputs=embedded if task.tokens and embedded else task.input_size + embedded,
            states=config.hidden_size * config.num_layers * (1 + config.bidirectional),
            outputs=task.output_size if task.shape == "seq→seq" else 0,
            data=1 if task.tokens else task.input_size,
        )

    @property
    def per_sequence(self) -> int:
        return self.time_steps * (self.inputs + self.states + self.outputs)

    @property
    def at_once(self) -> int:
        """Held-out sequences to evaluate at once, so that memory is bounded whatever the batch size."""
        return max(1, min(CHECK_SIZE, AT_ONCE // self.per_sequence))


def network(config: ExperimentConfig, task: Task) -> Network:
    """The model of an experiment, for its count of parameters and operations."""
    return Network(
        config.cell,
        task.input_size,
        config.hidden_size,
        config.num_layers,
        1 + config.bidirectional,
        task.output_size,
        config.embedding_size,
        task.tokens,
    )
