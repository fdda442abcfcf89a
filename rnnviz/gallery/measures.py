"""How an example is judged: a number from held-out loss and metric, and what a guess comes to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from rnnviz.registry import Registry


@dataclass(frozen=True)
class Measure:
    """label: with its unit. of: the number from (loss, metric), as `training.evaluate` gives them.

    more: whether more is better. percent: whether it is written in percent.
    """

    label: str
    of: Callable[[float, float], float]
    more: bool = False
    percent: bool = False

    def reached(self, value: float, reach: float) -> bool:
        return value >= reach if self.more else value <= reach

    def write(self, value: float) -> str:
        """The number as a reader sees it."""
        return f"{100 * value:.1f} %" if self.percent else f"{value:.3g}"


MEASURES: Registry[Measure] = Registry(
    "measure",
    {
        "accuracy": Measure("accuracy", lambda loss, metric: metric, more=True, percent=True),
        "exact_match": Measure("exactly right", lambda loss, metric: metric, more=True, percent=True),
        "bits": Measure("bits per symbol", lambda loss, metric: loss / math.log(2)),
        "rmse": Measure("error (RMSE)", lambda loss, metric: math.sqrt(metric)),
    },
)
