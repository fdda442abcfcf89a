"""What came of a contest: a table, and in words who does it best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rnnviz.evaluation.gap import CLEAR, mean_loss
from rnnviz.tasks.base import HIGHER

PLAIN = "constant", "persistence"  # rivals that learn next to nothing
RUN = "run"  # the name of the run itself among its rivals


@dataclass(frozen=True, eq=False)
class Result:
    """One method. loss, metric, seconds: NaN where there is none. parameters: numbers that it has to remember.

    why_not: why it cannot do the task, "" where it can. scores: (B,) the metric of each sequence.
    """

    name: str
    label: str
    loss: float
    metric: float
    parameters: int
    seconds: float
    words: str = ""
    why_not: str = ""
    scores: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def refused(cls, name: str, label: str, why: str) -> Result:
        return cls(name, label, math.nan, math.nan, 0, math.nan, why_not=why)

    def plain(self) -> dict[str, Any]:
        """What JSON can hold, without the scores; None for NaN."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in vars(self).items()
            if name != "scores"
        }


@dataclass(frozen=True, eq=False)
class Contest:
    """The run first, then its rivals. part: what they are judged on; sequences: how many, and `apart` of them with no
    row in common; step: of the run. weights: (sequences,) how many outputs each score is a mean over, None where
    equally many."""

    results: tuple[Result, ...]
    part: str
    sequences: int
    metric: str
    loss: str
    step: int
    apart: int
    weights: np.ndarray | None = None

    @property
    def run(self) -> Result:
        return self.results[0]

    @property
    def ranked(self) -> list[Result]:
        """Those that can do the task, the best first; those without a finite metric last."""
        sign = -1 if self.metric in HIGHER else 1
        able = [each for each in self.results if not each.why_not]
        return sorted(able, key=lambda each: sign * each.metric if math.isfinite(each.metric) else math.inf)

    @property
    def won(self) -> bool:
        """Whether the run does it best beyond doubt."""
        first, *others = self.ranked
        if first.name != RUN or not self.step or not others or not math.isfinite(first.metric):
            return False
        return self._clear(first, others[0])

    @property
    def verdict(self) -> str:
        """Who does it best, in two or three sentences, without mercy for the run."""
        if self.step == 0:
            return "The network has not been trained yet: its row says what it does before its first step."
        run, best = self.run, self.ranked[0]
        if not math.isfinite(run.metric):
            return f"The network has diverged: what it gives is no number. {best.label} does it best here."
        rivals = [each for each in self.ranked if each.name != RUN and math.isfinite(each.metric)]
        if not rivals:
            return "None of the other methods can do this task."
        if best.name == RUN:
            return self._won(rivals[0]) + self._lesson(rivals)
        return self._lost(best) + self._lesson(rivals)

    def _won(self, second: Result) -> str:
        if not self._clear(self.run, second):
            return self._level(second)
        return (
            f"After {self.step:,} steps the recurrent network does it best: {self.says(self.run)}. Next comes "
            f"{the(second)}: {self.says(second)}. "
        )

    def _lost(self, best: Result) -> str:
        run, winner = self.run, the(best)
        if not self._clear(run, best):
            return self._level(best)
        return (
            f"After {self.step:,} steps the recurrent network loses to {winner}: {self.says(run)} against "
            f"{self.says(best)}{self._times(best)}. {winner[:1].upper()}{winner[1:]} has "
            f"{best.parameters:,} parameters and took {duration(best.seconds)} to train; the network has "
            f"{run.parameters:,} and took {duration(run.seconds)}. "
        )

    def _level(self, other: Result) -> str:
        run, smaller = self.run, min(self.run, other, key=lambda each: each.parameters)
        why = "they differ by less than two standard errors"
        if self.apart < 2:
            why = "these overlap, so that they say no more than one"
        name = "the network itself" if smaller is run else the(smaller)
        return (
            f"After {self.step:,} steps the recurrent network ({self.says(run)}) and {the(other)} "
            f"({self.says(other)}) cannot be told apart on {self.sequences:,} sequences: {why}. "
            f"The smaller of the two is {name}, with {smaller.parameters:,} parameters. "
        )

    def _lesson(self, rivals: Sequence[Result]) -> str:
        """A word where not even the plainest rivals are beaten."""
        plain = [each for each in rivals if each.name in PLAIN and not self.better(self.run, each)]
        names = " nor ".join(map(the, plain))
        return f"It does not even beat {names}." if plain else ""

    def _clear(self, one: Result, other: Result) -> bool:
        return clearly_apart(one.scores, other.scores, self.apart, self.weights)

    def better(self, one: Result, other: Result) -> bool:
        return one.metric > other.metric if self.metric in HIGHER else one.metric < other.metric

    def says(self, result: Result) -> str:
        """Its metric, in words."""
        return f"{100 * result.metric:.1f} % right" if self.metric in HIGHER else f"an error of {result.metric:.3g}"

    def _times(self, best: Result) -> str:
        """How many times as large the error of the run is, where it is one."""
        if self.metric in HIGHER or best.metric <= 0:
            return ""
        ratio = self.run.metric / best.metric
        return f", {ratio:,.0f} times less" if ratio > 20 else f", {ratio:.1f} times less"

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """(words that JSON can hold, arrays): what a message carries, for `from_parts`."""
        words = {name: value for name, value in vars(self).items() if name not in ("results", "weights")}
        arrays = {each.name: each.scores for each in self.results}
        arrays |= {} if self.weights is None else {"weights": self.weights}
        return {**words, "results": [each.plain() for each in self.results]}, arrays

    @classmethod
    def from_parts(cls, words: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Contest:
        results = []
        for plain in words["results"]:
            numbers = {name: math.nan for name in ("loss", "metric", "seconds") if plain[name] is None}
            results.append(replace(Result(**{**plain, **numbers}), scores=arrays[plain["name"]]))
        return cls(**{**words, "results": tuple(results)}, weights=arrays.get("weights"))


def clearly_apart(
    one: np.ndarray, other: np.ndarray, apart: int | None = None, weights: np.ndarray | None = None
) -> bool:
    """Whether the metrics of two methods differ by more than two standard errors, from their scores (B,) on the same
    sequences; apart and weights as in `Contest`. The mean difference is that of the metrics, so it has its sign.
    """
    difference = one - other
    there = np.isfinite(difference)
    if not there.any():
        return False
    mean = mean_loss(difference[there], np.ones(there.sum()) if weights is None else weights[there], apart)
    return abs(mean.value) > CLEAR * mean.error


def lower(result: Result) -> str:
    """Its label within a sentence; the name of a thing keeps its capital."""
    return result.label if result.name == "transformer" else result.label[:1].lower() + result.label[1:]


def the(result: Result) -> str:
    """A method within a sentence."""
    return f"“{lower(result)}”" if result.name in PLAIN else f"the {lower(result)}"


def duration(seconds: float) -> str:
    """`"less than 0.1 s"`, `"2.3 s"`, `"1 min 5 s"`."""
    if not math.isfinite(seconds):
        return "an unknown time"
    if seconds < 0.1:
        return "less than 0.1 s"
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60} min {int(seconds) % 60} s"
