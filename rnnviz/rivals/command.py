"""`python -m rnnviz rivals`: train one experiment, then everything else that could do it, and print the table.

Options for the experiment are those of `python -m rnnviz train`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

from rnnviz import train_command
from rnnviz.config import ConfigError
from rnnviz.registry import UnknownName
from rnnviz.rivals import RIVALS
from rnnviz.rivals.base import Budget
from rnnviz.rivals.result import Contest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    train_command.add_experiment(parser)
    parser.add_argument("--steps", type=int, default=1000, help="optimiser steps of the run, and of each net")
    parser.add_argument("--seconds", type=float, help="of processor time for each net (default: the run's, 12 to 30)")
    parser.add_argument("--only", nargs="+", choices=list(RIVALS), help="these rivals only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the table and the verdict")


def main(args: argparse.Namespace) -> int:
    try:
        return _compare(args)
    except (ConfigError, UnknownName, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _compare(args: argparse.Namespace) -> int:
    if args.steps < 1 or args.seconds is not None and not args.seconds > 0:
        raise ValueError(f"--steps is {args.steps} and --seconds {args.seconds}; expected at least 1, and above 0.")
    import torch

    from rnnviz.rivals.contest import contest
    from rnnviz.training import advance

    torch.set_num_threads(1)  # times can be compared: scikit-learn's small problems take one as well
    run = advance(train_command.begin(args), steps=args.steps, device=args.device)
    budget = Budget(run.step, args.seconds) if args.seconds else None

    def said(share: float, note: str) -> None:
        print(f"{note} …", file=sys.stderr, flush=True)

    found = contest(run, budget, args.only or tuple(RIVALS), said)
    print(as_text(found))
    if args.json:
        words, _ = found.to_parts()
        args.json.write_text(
            json.dumps({**words, "verdict": found.verdict, "torch": torch.__version__}, indent=1) + "\n"
        )
    return 0


def as_text(found: Contest) -> str:
    """The table, the best first, those that cannot do the task last, and the verdict."""
    head = f"{'':24} {found.metric:>11} {'loss':>11} {'parameters':>11} {'seconds':>8}"
    lines = [f"{found.sequences:,} {found.part} sequences, {found.step:,} steps", head]
    for each in found.ranked:
        loss = "-" if math.isnan(each.loss) else f"{each.loss:.5g}"
        numbers = f"{each.metric:11.5g} {loss:>11} {each.parameters:11,} {each.seconds:8.2f}"
        lines.append(f"{each.label:24} {numbers}  {each.words}")
    lines += [f"{each.label:24} {each.why_not}" for each in found.results if each.why_not]
    return "\n".join([*lines, found.verdict])
