"""What one visitor may ask of a server. Each limit is an environment variable, read when an engine is made."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from rnnviz.config import ConfigError, ExperimentConfig


class LimitError(ConfigError):
    """An experiment is larger than this server allows. The message names the limit and what to change."""


@dataclass(frozen=True)
class Limits:
    """Upper bounds; `RNNVIZ_MAX_STEPS` sets `max_steps`, and so on.

    max_steps: optimiser steps of one run. max_runs: runs one visitor has at a time.
    max_hidden: hidden units of a layer. max_length: time steps T.
    max_states: hidden-state values of one batch, B * T * H * layers * directions. One optimiser step holds
    about ten numbers for each, so the default takes about a gigabyte in float32.
    """

    max_steps: int = 200_000
    max_runs: int = 32
    max_hidden: int = 512
    max_length: int = 1000
    max_states: int = 25_000_000

    @classmethod
    def from_environment(cls) -> Limits:
        names = [f.name for f in fields(cls)]
        return cls(**{name: whole_number(f"RNNVIZ_{name.upper()}", getattr(cls, name)) for name in names})

    def check(self, config: ExperimentConfig) -> None:
        """Raise LimitError where the experiment is too large for this server."""
        for name, limit in (("hidden_size", self.max_hidden), ("length", self.max_length)):
            value = getattr(config, name)
            if value > limit:
                raise LimitError(f"{name} is {value}; this server allows at most {limit}.")
        layers = config.num_layers * (2 if config.bidirectional else 1)
        states = config.batch_size * config.length * config.hidden_size * layers
        if states > self.max_states:
            raise LimitError(
                f"One batch would hold {states:,} hidden-state values (batch_size × length × hidden_size × "
                f"layers × directions); this server allows at most {self.max_states:,}. Make one of them smaller."
            )

    def check_runs(self, count: int) -> None:
        """Raise LimitError where a visitor who has `count` runs asks for one more."""
        if count >= self.max_runs:
            raise LimitError(
                f"You have {count} runs; this server allows {self.max_runs} at a time. Close a page first."
            )


def whole_number(variable: str, default: int) -> int:
    """An environment variable that holds a whole number above zero. Raises ConfigError naming it otherwise."""
    given = os.environ.get(variable, "")
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or int(given) == 0:
        raise ConfigError(f"The environment variable {variable} is {given!r}; expected a whole number above 0.")
    return int(given)
