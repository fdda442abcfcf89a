"""Memory of a visitor who trains for 30 minutes' worth of steps, watched: `python tests/load/memory.py`.

One worker and a network small enough for the steps to take a few minutes; the server's side (views, history, figures)
is this process. Prints a row every so many steps: resident megabytes of both, and what the run's history holds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from rnnviz.bench.watched import LOOKS, draw  # noqa: E402
from rnnviz.config import ExperimentConfig  # noqa: E402
from rnnviz.runs import Engine, Limits, Spec  # noqa: E402
from rnnviz.runs.keeper import Keeper  # noqa: E402
from rnnviz.runs.pool import PoolFleet  # noqa: E402
from rnnviz.runs.store import Store  # noqa: E402

MB = 2**20
STEPS = 360_000  # 30 minutes at 200 a second, which is what the default network takes alone on one processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rows", type=int, default=24)
    steps, rows = vars(parser.parse_args()).values()
    config = ExperimentConfig(length=10, batch_size=4, hidden_size=16)
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(partial(PoolFleet, size=1), Limits(max_steps=steps), keeper=Keeper(Store(folder)))
        job = engine.create(Spec(config), "visitor")
        engine.play(job)
        print(f"{'step':>8} {'server MB':>10} {'worker MB':>10} {'history MB':>11} {'kept MB':>8} {'looks':>6}")
        due = looks = 0
        while True:
            view = engine.latest(job)
            assert view is not None and view.status != "failed", view
            draw(view)
            looks += 1
            if view.step >= due:
                due += steps // rows
                worker = psutil.Process(engine.jobs.fleet.links[0].pid)
                history = sum(array.nbytes for array in vars(view.history).values())
                kept = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
                sizes = (psutil.Process().memory_info().rss, worker.memory_info().rss, history, kept)
                print(f"{view.step:8,}" + " ".join(f"{size / MB:10.1f}" for size in sizes) + f" {looks:6,}", flush=True)
            if view.step >= steps:
                break
            time.sleep(1 / LOOKS)
        engine.close()
        engine.keeper.close()


if __name__ == "__main__":
    main()
