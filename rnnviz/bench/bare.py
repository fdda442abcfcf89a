"""Plain PyTorch training loops in processes of their own: what everything that trains runs is measured against."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from rnnviz.config import ExperimentConfig

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ExperimentConfig(task="adding", cell="lstm", length=50, batch_size=32, hidden_size=32)


class BareLoops:
    """`count` loops, each on one thread, at the priority of a worker, for one block."""

    def __init__(self, count: int) -> None:
        command = [sys.executable, "-c", "from rnnviz.bench.bare import serve; serve()"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        self._loops = [
            subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(count)
        ]

    def __enter__(self) -> BareLoops:
        return self

    def __exit__(self, *error: object) -> None:
        for loop in self._loops:
            loop.communicate()  # which closes its input, so that it ends

    def rate(self, count: int, window: float) -> float:
        """Steps a second of `count` loops together that run at once for `window` seconds."""
        for loop in self._loops[:count]:
            assert loop.stdin is not None
            loop.stdin.write(f"{window}\n")
            loop.stdin.flush()
        return sum(float(loop.stdout.readline()) for loop in self._loops[:count] if loop.stdout is not None)


def serve() -> None:
    """For each window on standard input, steps a second on output."""
    import torch

    from rnnviz.model import Model
    from rnnviz.objective import TensorBatch, loss_of
    from rnnviz.runs.worker import NICE
    from rnnviz.tasks import make_task

    torch.set_num_threads(1)
    os.nice(NICE)
    task = make_task(CONFIG, None)
    model = Model(CONFIG, task)
    optimiser = torch.optim.Adam(model.parameters(), lr=CONFIG.learning_rate)
    taken = 0
    for line in sys.stdin:
        begin, before = time.monotonic(), taken
        while time.monotonic() < begin + float(line):
            batch = TensorBatch.of(task.batch(taken), task, torch.device("cpu"))
            optimiser.zero_grad()
            loss_of(task, model(batch.inputs, batch.lengths), batch).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), CONFIG.clip_at)
            optimiser.step()
            taken += 1
        print((taken - before) / (time.monotonic() - begin), flush=True)
