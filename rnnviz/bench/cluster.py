"""Two Dask workers on this machine against two plain training loops, and against one worker.

Only on request (`--only dask`): it starts processes. The clock is the time that passes, since the work is done
elsewhere; so close what else is running.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from rnnviz.bench.bare import CONFIG, ROOT, BareLoops
from rnnviz.bench.timing import Result

OF_BARE, OF_ONE = 0.85, 1.7
PATIENCE = 60.0  # seconds for a cluster to come up


class Cluster:
    """A Dask scheduler on a free port of loopback and `workers` workers, as the README starts them, for one block.

    scheduler, workers: their processes. Output goes to `log`.
    """

    def __init__(self, workers: int = 2) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._folder = tempfile.TemporaryDirectory()
        self.log = Path(self._folder.name, "log")
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start_scheduler()
        for _ in range(workers):
            self.start_worker()

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port))
        return self.scheduler

    def listens(self) -> bool:
        """Whether the scheduler takes connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def start_worker(self, path: Path = ROOT) -> subprocess.Popen[bytes]:
        """A worker that finds Python packages in `path`."""
        options = ["--no-nanny", "--nthreads", "1", "--local-directory", self._folder.name]
        self.workers.append(self._start("worker", self.address, *options, path=path))
        return self.workers[-1]

    def _start(self, *command: str, path: Path = ROOT) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *command, "--dashboard-address", "127.0.0.1:0"],
                cwd=self._folder.name,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(path), "OMP_NUM_THREADS": "1"},
            )

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *error: object) -> None:
        processes = [*self.workers, self.scheduler]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._folder.cleanup()


def measure(quick: bool = False) -> list[Result]:
    """Windows of training in turn: two plain loops at once, two workers, one plain loop, one worker."""
    window, rounds = (0.5, 1) if quick else (2.0, 9)
    with ExitStack() as stack:
        ways = _ways(stack)
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for way in ways.values():
            way(0.2)
        for _ in range(rounds):
            for name, way in ways.items():
                seconds[name].append(1 / way(window))
    middle = {name: median(values) for name, values in seconds.items()}
    two_loops, two_workers, one_loop, one_worker = middle.values()
    of_bare, of_one = two_loops / two_workers, one_worker / two_workers
    return [
        Result(
            "dask",
            f"LSTM, {CONFIG.hidden_size} units, {CONFIG.length} time steps, batch {CONFIG.batch_size}, task adding; "
            "a step on average, two at a time where two train",
            middle,
            {name: (min(values), max(values)) for name, values in seconds.items()},
            {
                "two workers, share of two plain loops": of_bare,
                "two workers, times one worker": of_one,
                "two plain loops, times one": one_loop / two_loops,
            },
            f"at least {OF_BARE:.0%} of two plain loops and {OF_ONE} times one worker",
            of_bare >= OF_BARE and of_one >= OF_ONE,
        )
    ]


def _ways(stack: ExitStack) -> dict[str, Callable[[float], float]]:
    """name -> steps a second, of all that train together, in a window of so many seconds."""
    from rnnviz.runs import Engine, Spec
    from rnnviz.runs.dask_fleet import DaskFleet
    from rnnviz.runs.keeper import Keeper
    from rnnviz.runs.store import Store

    loops = stack.enter_context(BareLoops(2))
    cluster = stack.enter_context(Cluster())
    _until(cluster.listens)
    keeper = Keeper(Store("memory://bench"))
    stack.callback(keeper.close)
    engine = Engine(partial(DaskFleet, address=cluster.address), keeper=keeper)
    stack.callback(engine.close)
    _until(lambda: len(engine.jobs.fleet.links) == 2)
    jobs = [engine.create(Spec(CONFIG), "bench", keep=False) for _ in range(2)]

    def steps() -> int:
        return sum(view.step for job in jobs if (view := engine.latest(job)))

    def dask(count: int, window: float) -> float:
        before, begin = steps(), time.monotonic()
        for job in jobs[:count]:
            engine.play(job)
        time.sleep(window)
        for job in jobs[:count]:
            engine.pause(job)
        _until(lambda: all(engine.acknowledged(job) for job in jobs))
        return (steps() - before) / (time.monotonic() - begin)

    return {
        "two plain loops": partial(loops.rate, 2),
        "two Dask workers": partial(dask, 2),
        "one plain loop": partial(loops.rate, 1),
        "one Dask worker": partial(dask, 1),
    }


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"The Dask cluster was not ready after {PATIENCE:g} s.")
        time.sleep(0.002)
