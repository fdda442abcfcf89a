"""`python -m rnnviz train`: one experiment without the app, with a table of what happened.

Every field of ExperimentConfig is an option; the task's own defaults hold unless an option is given.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import Field, asdict, fields
from pathlib import Path
from typing import Any

from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.registry import UnknownName
from rnnviz.run import Run
from rnnviz.start import Start
from rnnviz.tasks import TASKS, make_task, named_data
from rnnviz.tasks.base import HIGHER
from rnnviz.tasks.uploaded import Uploaded

SET_BY_FILE = ("data", "start")  # the fingerprints follow from --file and --start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_experiment(parser)
    parser.add_argument("--steps", type=int, default=1000, help="optimiser steps at most (default 1000)")
    parser.add_argument("--until", type=float, help="stop when the held-out metric is this good")
    parser.add_argument("--every", type=int, default=50, help="steps between lines of the table (default 50)")
    parser.add_argument("--test-size", type=int, default=2000, help="held-out sequences (default 2000)")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads (default 1, often the fastest)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="save the run at the end (safetensors)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table and the outcome")


def add_experiment(parser: argparse.ArgumentParser) -> None:
    """What `begin` reads: every field of a configuration, or a saved run."""
    group = parser.add_argument_group("the experiment", "defaults are the task's own where it has some")
    for f in fields(ExperimentConfig):
        if f.name not in SET_BY_FILE:
            group.add_argument("--" + f.name.replace("_", "-"), default=argparse.SUPPRESS, **_option(f))
    group.add_argument("--file", type=Path, help="a table or a text to train on (task `uploaded`)")
    group.add_argument("--start", type=Path, metavar="FILE", help="begin with the weights of a saved run")
    parser.add_argument("--load", type=Path, metavar="FILE", help="go on with a saved run instead")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default auto)")


def main(args: argparse.Namespace) -> int:
    try:
        return _train(args)
    except (ConfigError, UnknownName, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def configured(args: argparse.Namespace, data: Dataset | None = None, start: Start | None = None) -> ExperimentConfig:
    """The configuration that the options ask for, on top of what the weights in `--start` need, and of the task's
    defaults. data: what is in `--file`.

    Raises ValueError where there is a file and a task that takes none.
    """
    given = _given(args)
    name = given.setdefault("task", ExperimentConfig.task if data is None else Uploaded.name)
    task = TASKS[name]
    if data is not None and not task.needs_data:
        raise ValueError(f"--task {name} brings its own data; leave out --file, or say --task {Uploaded.name}.")
    values = {**task.defaults, **(start.settings if start else {}), **given}
    return named_data(ExperimentConfig(**values), data)


def _train(args: argparse.Namespace) -> int:
    for name in ("steps", "every", "test_size", "threads"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name.replace('_', '-')} is {getattr(args, name)}; expected at least 1.")
    import torch

    from rnnviz.training import advance, evaluate

    torch.set_num_threads(args.threads)
    run = begin(args)
    table = Table(run, args.until)
    last = run.step + args.steps
    table.add(run, evaluate(run, args.test_size, args.device))
    while table.outcome == "" and run.step < last:
        run = advance(run, min(args.every, last - run.step), device=args.device)
        table.add(run, evaluate(run, args.test_size, args.device))
    result = {**table.result(run), "torch": torch.__version__, "threads": args.threads}
    print(f"{result['words']}; {run.step - table.first} steps in {result['seconds']:.1f} s")
    if args.save:
        run.save(args.save)
    if args.json:
        args.json.write_text(json.dumps(_strict(result), indent=1) + "\n")
    return 0


def begin(args: argparse.Namespace) -> Run:
    """The run that the options of `add_experiment` ask for, as it begins. Raises ConfigError, ValueError, OSError."""
    from rnnviz.training import start

    if args.load:
        given = [*_given(args), *(name for name in ("file", "start") if getattr(args, name))]
        if given:
            raise ValueError("--load goes on with the saved run's own settings; leave out " + ", ".join(given))
        return Run.load(args.load)
    data = _read(args.file) if args.file else None
    weights = Start.of(Run.load(args.start), args.start.name) if args.start else None
    return start(configured(args, data, weights), data, weights, device=args.device)


def _given(args: argparse.Namespace) -> dict[str, Any]:
    """The fields of a configuration that were said."""
    names = [f.name for f in fields(ExperimentConfig) if f.name not in SET_BY_FILE]
    return {name: getattr(args, name) for name in names if hasattr(args, name)}


class Table:
    """The printed table, line by line, and what it comes to. outcome: "" while nothing has ended training."""

    def __init__(self, run: Run, until: float | None) -> None:
        # of the task as made for these data: an upload decides its own
        self.metric, self.until, self.first = make_task(run.config, run.data).metric, until, run.step
        self.rows: list[dict[str, float]] = []
        self.outcome = ""
        self.begin = time.perf_counter()
        print(_title(run.config))
        print(f"{'step':>7} {'training':>11} {'held-out':>11} {self.metric:>11} {'grad norm':>11} {'seconds':>8}")

    def add(self, run: Run, measured: tuple[float, float]) -> None:
        """measured: (loss, metric) on the test set."""
        loss, metric = measured
        training, norm = (run.history.loss[-1], run.history.grad_norm[-1]) if run.step else (math.nan, math.nan)
        seconds = time.perf_counter() - self.begin
        print(f"{run.step:7} {training:11.5g} {loss:11.5g} {metric:11.5g} {norm:11.4g} {seconds:8.1f}", flush=True)
        self.rows.append({"step": run.step, "loss": loss, "metric": metric, "seconds": seconds})
        if run.diverged is not None:
            self.outcome = "diverged"
        elif run.step > self.first and run.hits and run.hits[-1].step == run.step:
            self.outcome = "stopped early"
        elif self.until is not None:
            reached = metric >= self.until if self.metric in HIGHER else metric < self.until
            self.outcome = "reached" if reached else ""

    def result(self, run: Run) -> dict[str, Any]:
        outcome = self.outcome or ("done" if self.until is None else "not reached")
        words = outcome
        if run.diverged is not None:
            words = f"diverged at step {run.diverged.step}: {run.diverged.what} ({run.diverged.value:g})"
        elif self.outcome == "stopped early":
            words = run.hits[-1].message.removesuffix(".")
        elif self.until is not None:
            words = f"{outcome} (held-out {self.metric} {self.rows[-1]['metric']:.5g}, wanted {self.until:g})"
        return {
            "config": asdict(run.config),
            "outcome": outcome,
            "words": words,
            "step": run.step,
            "seconds": time.perf_counter() - self.begin,
            "rows": self.rows,
        }


def _option(f: Field[Any]) -> dict[str, Any]:
    """What argparse needs to know about one field."""
    kind = str(f.type)
    words = f"default {f.default}" if f.default not in (None, ()) else None
    if kind == "bool":
        return {"action": argparse.BooleanOptionalAction, "help": words}
    if kind.startswith("tuple"):
        return {"type": _numbers, "metavar": "N,N,...", "help": "columns that go in, from 0 (default all)"}
    if f.metadata.get("choices"):
        return {"choices": f.metadata["choices"], "help": words}
    if "low" in f.metadata:
        words = ", ".join(filter(None, [f"{f.metadata['low']} to {f.metadata['high']}", words]))
    return {"type": float if "float" in kind else int if kind == "int" else str, "help": words}


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def _read(path: Path) -> Dataset:
    from rnnviz.data.reading import read

    return read([(path.name, path.read_bytes())])


def _title(config: ExperimentConfig) -> str:
    changed = [f"{f.name} {getattr(config, f.name)}" for f in fields(config) if getattr(config, f.name) != f.default]
    return f"{config.task}, {config.cell}: " + (", ".join(changed) or "every setting at its default")


def _strict(value: Any) -> Any:
    """Strict JSON: numbers that are not finite become their names."""
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
