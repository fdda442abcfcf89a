"""Settings of a server, as environment variables."""

from __future__ import annotations

import os

from rnnviz.config import ConfigError


def whole_number(variable: str, default: int) -> int:
    """An environment variable that holds a whole number above zero. Raises ConfigError naming it otherwise."""
    given = os.environ.get(variable, "")
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or int(given) == 0:
        raise ConfigError(f"The environment variable {variable} is {given!r}; expected a whole number above 0.")
    return int(given)
