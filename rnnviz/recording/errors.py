"""What can go wrong while recording."""

from __future__ import annotations


class RecordingError(RuntimeError):
    """A pass cannot be recorded truthfully, or was not recorded. The message names the module."""


class RefusedOption(RecordingError):
    """The module uses something that recording does not cover. The message names it and the remedy."""


def named(path: str) -> str:
    """How a sentence about a module begins: its path in quotes, or words for the model itself."""
    return f"Module {path!r}" if path else "The recorded module itself"
