"""Making a run again from what decided it, as an exported script does, and `python -m rnnviz remake`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.export.script import digest
from rnnviz.registry import UnknownName
from rnnviz.run import Run

EVERY = 10  # lines that are printed on the way
Changes = Sequence[tuple[int, str, Any]]


def remake(config: ExperimentConfig, changes: Changes, steps: int, like: Run | None = None) -> Run:
    """The run of `config` after `steps` optimiser steps, with the changes (step, setting, value) made on the way.

    like: a run that holds the uploaded data and the weights to start from, where there are some. On the same machine
    it equals the run it was taken from, bit for bit.
    """
    import torch

    from rnnviz.training import advance, start

    torch.set_num_threads(1)
    run = start(config, like.data if like else None, like.start if like else None)
    print(f"{'step':>8} {'training loss':>14} {'held-out loss':>14}")
    stops = sorted({*(step for step, _, _ in changes), *np.linspace(0, steps, EVERY + 1).astype(int).tolist()})
    for stop in (stop for stop in stops if stop <= steps):
        while run.step < stop and run is not (run := advance(run, stop - run.step)):
            pass  # early stopping may end a call before its last step
        if run.step:
            held = f"{run.history.heldout_loss[-1]:14.6g}" if len(run.history.heldout_loss) else f"{'–':>14}"
            print(f"{run.step:8} {run.history.loss[-1]:14.6g} {held}", flush=True)
        for step, field, value in changes:
            if step == stop < steps:
                run = run.changed(**{field: value})
    return run


def again(settings: Mapping[str, Any], changes: Changes, steps: int, weights: str, data: str = "") -> None:
    """Make the run again, say whether it is the same, keep it beside as `remade.safetensors`."""
    if data and not Path(data).exists():
        sys.exit(f"{data} is not here. It holds the data or weights that this run needs: save it beside the script.")
    like = Run.load(data) if data else None
    run = remake(ExperimentConfig.from_plain({**settings}), changes, steps, like)
    print(_verdict(run, weights))
    run.save("remade.safetensors")
    print("Kept as remade.safetensors: the app opens it on its page Runs, rnnviz.run.Run.load in Python.")


def _verdict(run: Run, weights: str) -> str:
    if not weights:
        return "The script holds no weights to compare with."
    if digest(run.weights) == weights:
        return "The weights are those of the app, bit for bit."
    return (
        "The weights differ from the app's. Another processor, or another version of torch, rounds otherwise; the "
        "losses above should still agree to a few digits at first."
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="a run that was saved to a file (safetensors)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the new run")


def main(args: argparse.Namespace) -> int:
    """`python -m rnnviz remake FILE`: 0 where the run made again equals the saved one, 1 where it does not."""
    try:
        saved = Run.load(args.file)
        like = replace(saved, snapshots=())
        changes = [(change.step, change.field, change.after) for change in saved.changes]
        run = remake(saved.original, changes, saved.step, like)
    except (ValueError, UnknownName, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(_verdict(run, digest(saved.weights)))
    if args.save:
        run.save(args.save)
    return 0 if digest(run.weights) == digest(saved.weights) else 1
