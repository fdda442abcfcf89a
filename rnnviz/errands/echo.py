"""An errand that gives back what it was given, for a look at the way there and back."""

from __future__ import annotations

import time

from rnnviz.errands import Arrays, Result, Words, progress


def echo(words: Words, arrays: Arrays) -> Result:
    """words: `seconds` to take, `error` to fail with, `megabytes` to ask for; all optional."""
    seconds = float(words.get("seconds", 0))
    for part in range(10):
        progress(part / 10, f"part {part + 1} of 10")
        time.sleep(seconds / 10)
    if "error" in words:
        raise ValueError(words["error"])
    filled = bytearray(int(words.get("megabytes", 0)) * 2**20)
    return {**words, "filled": len(filled)}, arrays
