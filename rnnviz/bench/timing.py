"""Taking turns, medians and bounds.

The clock is the processor time of this process: on one thread it is the time that passes, less what other
programs on the machine take away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

clock = time.process_time


@dataclass(frozen=True)
class Result:
    """One comparison.

    group, setting: what was measured on what. seconds: name -> median seconds. spread: name -> (fastest,
    slowest). ratios: name -> a pure number. bound: what is asked for, in words, None where nothing is; met:
    whether it holds, None where it was not judged.
    """

    group: str
    setting: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    spread: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    ratios: Mapping[str, float] = field(default_factory=dict)
    bound: str | None = None
    met: bool | None = None

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def take_turns(actions: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of every action, `rounds` times each, one after another, so that all share the machine's moods."""
    for action in actions.values():
        action()  # first calls allocate and warm caches
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            start = clock()
            action()
            seconds[name].append(clock() - start)
    return seconds


def medians(seconds: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: median(values) for name, values in seconds.items()}


def spreads(seconds: Mapping[str, list[float]]) -> dict[str, tuple[float, float]]:
    return {name: (min(values), max(values)) for name, values in seconds.items()}


def as_text(group: str, results: list[Result]) -> str:
    """A table to read: one block per setting, a line per measurement, the bound and whether it is met."""
    lines = [f"\n{group}"]
    for result in results:
        lines.append(f"  {result.setting}")
        for name, value in result.seconds.items():
            low, high = result.spread.get(name, (value, value))
            lines.append(f"    {name:<42}{value * 1e3:>10.2f} ms   ({low * 1e3:.2f} to {high * 1e3:.2f})")
        lines += [f"    {name:<42}{value:>10.3g}" for name, value in result.ratios.items()]
        if result.bound:
            verdict = {True: "met", False: "NOT MET", None: "not judged"}[result.met]
            lines.append(f"    asked: {result.bound}: {verdict}")
    return "\n".join(lines)
