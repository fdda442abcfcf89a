"""The contest as an errand: a page cannot wait for it, nor import torch."""

from __future__ import annotations

from rnnviz.errands import Arrays, Result, Words, progress
from rnnviz.rivals import RIVALS
from rnnviz.rivals.contest import contest
from rnnviz.run import Run


def compare(words: Words, arrays: Arrays) -> Result:
    """arrays: `run`, a saved run's file as uint8. words: `only`, some of the rivals; optional."""
    run = Run.from_bytes(arrays["run"].tobytes())
    return contest(run, only=words.get("only") or tuple(RIVALS), listener=progress).to_parts()
