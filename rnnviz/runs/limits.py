"""What one visitor may ask of a server. Each limit is an environment variable, read when an engine is made."""

from __future__ import annotations

from dataclasses import dataclass, fields

from rnnviz.cells import CELLS
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.environment import whole_number
from rnnviz.initialisation import INITS
from rnnviz.optimisers import OPTIMISERS
from rnnviz.run import Run
from rnnviz.sizes import CHECK_SIZE, Size, network
from rnnviz.tasks import make_task
from rnnviz.tasks.base import PROBE_SIZE


class LimitError(ConfigError):
    """An experiment is larger than this server allows. The message names the limit and what to change."""


@dataclass(frozen=True)
class Limits:
    """Upper bounds; `RNNVIZ_MAX_STEPS` sets `max_steps`, and so on.

    max_steps: optimiser steps of one run. max_runs: runs one visitor has at a time.
    max_hidden: hidden units of a layer. max_length: time steps T.
    max_states: numbers of one batch, B * T * (inputs + H * layers * directions + outputs), and of the held-out
    sequences that a run keeps. One optimiser step holds about ten numbers for each, so the default takes about
    a gigabyte in float32. Held-out checks take fewer sequences at once and need no limit.
    max_recorded: the same for the probe sequences. Every View carries up to eight numbers for each, in the
    server and in a worker: 160 MB in float32 for the default.
    max_parameters: trainable numbers of the model.
    """

    max_steps: int = 200_000
    max_runs: int = 32
    max_hidden: int = 512
    max_length: int = 1000
    max_states: int = 25_000_000
    max_recorded: int = 5_000_000
    max_parameters: int = 5_000_000

    @classmethod
    def from_environment(cls) -> Limits:
        names = [f.name for f in fields(cls)]
        return cls(**{name: whole_number(f"RNNVIZ_{name.upper()}", getattr(cls, name)) for name in names})

    def check(self, config: ExperimentConfig, data: Dataset | None = None) -> None:
        """Raise LimitError where the experiment is too large for this server."""
        for name, limit in (("hidden_size", self.max_hidden), ("length", self.max_length)):
            value = getattr(config, name)
            if value > limit:
                raise LimitError(f"{name} is {value}; this server allows at most {limit}.")
        try:
            task = make_task(config, data)
            parameters = network(config, task).parameters
        except (LookupError, TypeError, ValueError):
            return  # what is wrong with the experiment itself its job says
        if parameters > self.max_parameters:
            raise LimitError(
                f"The model would have {parameters:,} parameters; this server allows at most "
                f"{self.max_parameters:,}. Make hidden_size, num_layers or embedding_size smaller."
            )
        self._check_size(config, Size.of(config, task))

    def _check_size(self, config: ExperimentConfig, size: Size) -> None:
        smaller = "length, hidden_size, num_layers or the number of columns"
        for what, sequences, limit, change in (
            ("One batch", config.batch_size, self.max_states, f"batch_size, {smaller}"),
            ("Every picture", PROBE_SIZE, self.max_recorded, smaller),
        ):
            count = sequences * size.per_sequence
            if count > limit:
                raise LimitError(
                    f"{what} would hold {count:,} numbers ({sequences} sequences × {size.words}); "
                    f"this server allows at most {limit:,}. Make {change} smaller."
                )
        count = CHECK_SIZE * size.time_steps * size.data
        if count > self.max_states:
            raise LimitError(
                f"The held-out data would hold {count:,} numbers ({CHECK_SIZE} sequences × {size.time_steps} time "
                f"steps × {size.data} columns); this server allows at most {self.max_states:,}. Make length or the "
                "number of columns smaller."
            )

    def check_run(self, run: Run) -> None:
        """Raise ConfigError where a run that comes from a file could not be trained here."""
        config = run.config
        try:
            for names, name in ((CELLS, config.cell), (INITS, config.init), (OPTIMISERS, config.optimiser)):
                names[name]
            expected = network(config, make_task(config, run.data)).parameters
        except (LookupError, TypeError, ValueError) as error:
            raise ConfigError(f"The run cannot be trained here. {error}") from None
        found = sum(array.size for array in run.weights.values())
        if found != expected:
            raise ConfigError(f"The run has {found:,} weights; its settings call for {expected:,}.")
        if run.step > self.max_steps:
            raise LimitError(f"The run has taken {run.step:,} steps; this server allows at most {self.max_steps:,}.")
        for settings in (config, run.original):
            self.check(settings, run.data)

    def check_runs(self, count: int) -> None:
        """Raise LimitError where a visitor who has `count` runs asks for one more."""
        if count >= self.max_runs:
            raise LimitError(
                f"You have {count} runs; this server allows {self.max_runs} at a time. Close a page first."
            )
