"""`python -m rnnviz bench`: what recording and gradient flow cost, against their alternatives.

Everything is measured in one process on one thread, the alternatives in turn, and given as medians and
ratios. Each module here holds one group of measurements: `measure(quick) -> list of Result`.

timing.py      taking turns, medians
networks.py    what is measured: layer, readout, data
loops.py       the same layers written out by hand
steps.py       a training step: fused, recorded, written out by hand; recovery of the gates alone
flow.py        the T x T gradient flow against one autograd call per loss
share.py       how much of training's throughput five recordings a second take
bare.py        plain training loops in processes of their own
watched.py     what it costs a run that it is watched, and how soon a pause takes effect; only where asked for
cluster.py     two Dask workers against two plain loops and against one worker; only where asked for by name
"""

from __future__ import annotations

import argparse
import json
import platform
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from rnnviz.registry import Registry

GROUPS: Registry[str] = Registry(
    "group of measurements",
    {"steps": "rnnviz.bench.steps", "flow": "rnnviz.bench.flow", "share": "rnnviz.bench.share"},
)
ON_REQUEST: Registry[str] = Registry(
    "group of measurements", {"watched": "rnnviz.bench.watched", "dask": "rnnviz.bench.cluster"}
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results to FILE")
    parser.add_argument("--only", nargs="+", choices=[*GROUPS, *ON_REQUEST], help="measure these groups only")
    parser.add_argument("--quick", action="store_true", help="few repeats on small sizes: does it run?")


def main(args: argparse.Namespace) -> int:
    """Measure, print a table, write JSON if asked. Returns 0; a bound that is missed is reported, not raised."""
    import numpy
    import torch
    from threadpoolctl import threadpool_limits

    from rnnviz.bench.timing import Result, as_text

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    results: list[Result] = []
    try:
        with threadpool_limits(1):
            for name in args.only or GROUPS:
                found = import_module({**GROUPS, **ON_REQUEST}[name]).measure(args.quick)
                if args.quick:  # too few repeats on too small sizes to judge by
                    found = [replace(result, met=None) for result in found]
                print(as_text(name, found), flush=True)
                results += found
    finally:
        torch.set_num_threads(before)
    if args.json:
        about = {
            "torch": torch.__version__,
            "numpy": numpy.__version__,
            "python": platform.python_version(),
            "processor": platform.machine(),
            "threads": 1,
            "quick": args.quick,
        }
        args.json.write_text(json.dumps({"about": about, "results": [r.plain() for r in results]}, indent=2) + "\n")
        print(f"Written to {args.json}.")
    return 0
