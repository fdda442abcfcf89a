"""`python -m rnnviz gallery`: trains every example and says what it reached, beside a guess, and how long it took."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from rnnviz.gallery import EXAMPLES, Example
from rnnviz.gallery.measures import MEASURES
from rnnviz.gallery.trial import Trial, tried
from rnnviz.registry import UnknownName
from rnnviz.tasks import make_task

COLUMNS = "{:<16} {:<16} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="EXAMPLE", help=f"which ones (default all): {', '.join(EXAMPLES)}")
    parser.add_argument("--seeds", type=int, default=3, help="trained from each of so many seeds (default 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table")


def main(args: argparse.Namespace) -> int:
    try:
        chosen = [EXAMPLES[name] for name in args.names] or list(EXAMPLES.values())
    except UnknownName as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if args.seeds < 1:
        print(f"error: --seeds is {args.seeds}; expected at least 1.", file=sys.stderr)
        return 2
    print(COLUMNS.format("example", "held out", "wanted", "median", "worst", "guess", "stepping", "CPU s"))
    table = [row for example in chosen for row in _rows(example, args.seeds)]
    if args.json:
        args.json.write_text(json.dumps(table, indent=1) + "\n")
    return 0 if all(row["reached"] for row in table) else 1


def _rows(example: Example, seeds: int) -> list[dict[str, Any]]:
    """Train one example, and train it without what its lesson is about; the table's rows, printed as they come."""
    found = [_row(example, example.name, [tried(example, seed) for seed in range(seeds)], example.reach)]
    if example.without:
        trials = [tried(example, seed, without=True) for seed in range(seeds)]
        found.append(_row(example, f"  {example.without_words}", trials, None))
    return found


def _row(example: Example, name: str, trials: Sequence[Trial], reach: float | None) -> dict[str, Any]:
    measure = MEASURES[example.measure]
    values = sorted((trial.value for trial in trials), reverse=measure.more)
    guess, words = measure.guess(make_task(example.config()))
    wanted = "" if reach is None else measure.write(reach)
    numbers = [measure.write(value) for value in (median(values), values[-1], guess)]
    times = [f"{max(times):.1f}" for times in zip(*((t.stepping, t.seconds) for t in trials), strict=True)]
    print(COLUMNS.format(name[:16], measure.label, wanted, *numbers, *times), flush=True)
    return {
        "example": example.name,
        "without": "" if reach is not None else example.without_words,
        "measure": measure.label,
        "wanted": reach,
        "guess": guess,
        "guess_words": words,
        "steps": example.steps,
        "trials": [asdict(trial) for trial in trials],
        "reached": reach is None or all(trial.reached for trial in trials),
    }
