"""A class on one server: `python tests/load/classroom.py --visitors 1 10 30 100 --seconds 40 [--json]`.

Starts a server of its own on this machine, lets visitors train, look around, pause, change settings and switch
pages, and prints what they had to wait for and what the server needed. Exit status 1 where a visitor saw an
error or something was left running.

One row a class. Latency: from an interaction until its script run is over and the change is on the page.
Fairness: optimiser steps of the slowest over the fastest visitor, while all train on equal settings.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from tab import Tab
from visitors import ELSEWHERE, Plan, Visitor

ROOT = Path(__file__).resolve().parents[2]
MOST = 200  # visitors
LONGEST = 600  # seconds
FORGET = 3  # seconds after which the server lets go of the runs of visitors who left
ARRIVING = ("open", "first play")  # by all visitors at once, before the class trains
QUIET = 0.05  # share of a core under which workers count as idle
MB = 1024 * 1024


@dataclass
class Result:
    """What one class measured; times in seconds, memory in MB, shares in cores.

    p50, p95, count: of the latencies, by kind and "all" (without those of arriving). ticks: answers to
    timers a second, of all visitors; pictures: redrawings of the loss curve a second and visitor; stale: the
    longest that curve stood still, median over visitors. steps: optimiser steps a second and visitor.
    idle_after: until the workers rest when all have left. runs_left: runs the server then still holds.
    left: processes that outlived the server. lost: interactions of whose run the server did not tell the end, as
    Streamlit does when its event loop is late; the change was seen, or it is an error.
    """

    visitors: int
    seconds: float
    count: dict[str, int] = field(default_factory=dict)
    p50: dict[str, float] = field(default_factory=dict)
    p95: dict[str, float] = field(default_factory=dict)
    ticks: float = 0.0
    pictures: float = 0.0
    stale: float = 0.0
    steps: float = 0.0
    fairness: float = float("nan")
    server_memory: float = 0.0
    memory_per_visitor: float = 0.0
    worker_memory: list[float] = field(default_factory=list)
    server_cpu: float = 0.0
    worker_cpu: list[float] = field(default_factory=list)
    client_cpu: float = 0.0
    other_cpu: float = 0.0
    received: float = 0.0
    idle_after: float = float("inf")
    runs_left: int = 0
    left: int = 0
    lost: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.errors and not self.runs_left and not self.left and self.idle_after < float("inf")


@contextmanager
def server(folder: Path, **environment: str) -> Iterator[tuple[str, psutil.Process]]:
    """A server with two workers that keeps its runs in `folder`; gives its address and process; killed at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--client.showErrorDetails=full"]
    ours = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "RNNVIZ_WORKERS": "2"}
    ours |= {"RNNVIZ_STORE": str(folder / "runs"), "RNNVIZ_ORPHAN_SECONDS": str(FORGET)}
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | ours | environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        address, end = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                    break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"the server did not start:\n{log.read_text()}") from None
                time.sleep(0.05)
        yield address, psutil.Process(process.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the group: what it started too
        process.wait(10)


def health(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{address}/health", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def busy(processes: Sequence[psutil.Process]) -> float:
    """Seconds of processor time that the processes have used."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def machine() -> float:
    """Seconds of processor time that everything on this machine has used."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system


def memory(process: psutil.Process) -> float:
    return process.memory_info().rss / MB


def workers(process: psutil.Process) -> list[psutil.Process]:
    return process.children(recursive=True)


async def attend(address: str, process: psutil.Process, result: Result, files: bool) -> None:
    """Let the class come, work and leave, and write down what it met with."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(result.visitors))  # all load files at once
    first = Tab(address)  # what the first visitor of all waits for (imports, workers) is not a visitor's share
    await first.open("train", "", lambda: "train loss" in first.pictures, files=False)
    for path, picture in ELSEWHERE:
        await first.go(path, lambda picture=picture: picture in first.pictures)
    await first.close()
    before = memory(process)
    plan = Plan()
    visitors = [Visitor(Tab(address), number) for number in range(result.visitors)]
    waiting, all_here = len(visitors), asyncio.Event()

    def arrived() -> None:
        nonlocal waiting
        waiting -= 1
        if not waiting:
            all_here.set()

    visits = [asyncio.create_task(visitor.visit(plan, files, arrived)) for visitor in visitors]
    await all_here.wait()
    begin = time.monotonic()
    plan.train_from, plan.train_to, plan.end = begin, begin + result.seconds / 2, begin + result.seconds
    used = [busy([process]), time.process_time(), machine(), *(busy([worker]) for worker in workers(process))]
    ticks, received = (sum(getattr(v.tab, name) for v in visitors) for name in ("ticks", "received"))
    await asyncio.sleep(result.seconds)
    lasted = time.monotonic() - begin
    now = [busy([process]), time.process_time(), machine(), *(busy([worker]) for worker in workers(process))]
    shares = [(late - early) / lasted for early, late in zip(used, now, strict=True)]
    result.server_cpu, result.client_cpu, whole, *result.worker_cpu = shares
    result.other_cpu = whole - result.server_cpu - result.client_cpu - sum(result.worker_cpu)
    result.ticks = (sum(v.tab.ticks for v in visitors) - ticks) / lasted
    result.received = (sum(v.tab.received for v in visitors) - received) / lasted / MB
    result.server_memory = memory(process)
    result.memory_per_visitor = (result.server_memory - before) / len(visitors)
    result.worker_memory = [memory(worker) for worker in workers(process)]
    await asyncio.gather(*visits)
    result.lost = sum(visitor.tab.lost for visitor in visitors)
    result.errors = [error for visitor in visitors for error in visitor.errors]
    summarise(result, visitors, plan)
    await asyncio.gather(*(visitor.tab.close() for visitor in visitors))
    result.idle_after = await idle(process)
    end = time.monotonic() + FORGET + 10
    while (runs := health(address)["jobs"]) and time.monotonic() < end:
        await asyncio.sleep(0.5)
    result.runs_left = runs


async def idle(process: psutil.Process, patience: float = 20.0) -> float:
    """Seconds until the workers use next to no processor time; infinity where they never rest."""
    begin = time.monotonic()
    while time.monotonic() - begin < patience:
        at, early = time.monotonic(), busy(workers(process))
        await asyncio.sleep(1.0)
        if busy(workers(process)) - early < QUIET:
            return at - begin
    return float("inf")


def summarise(result: Result, visitors: Sequence[Visitor], plan: Plan) -> None:
    kinds: dict[str, list[float]] = {}
    for visitor in visitors:
        for kind, seconds in visitor.latencies:
            kinds.setdefault(kind, []).append(seconds)
    kinds["all"] = [seconds for kind, each in kinds.items() if kind not in ARRIVING for seconds in each]
    for kind, each in sorted(kinds.items()):
        result.count[kind] = len(each)
        result.p50[kind], result.p95[kind] = quantile(each, 0.5), quantile(each, 0.95)
    speeds = [visitor.speed(plan.train_from, plan.train_to) for visitor in visitors]
    result.steps = statistics.median(speeds)
    result.fairness = min(speeds) / max(speeds) if max(speeds) else float("nan")
    result.pictures = statistics.fmean(v.redraws(plan.train_from, plan.train_to)[0] for v in visitors)
    result.stale = statistics.median(v.redraws(plan.train_from, plan.train_to)[1] for v in visitors)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not below `share` of the values; NaN without any."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def hold(visitors: int, seconds: float, files: bool = True, **environment: str) -> Result:
    """Hold one class on a server of its own."""
    if not 0 < visitors <= MOST or not 0 < seconds <= LONGEST:
        raise ValueError(f"{visitors} visitors for {seconds} s; expected 1 to {MOST} for up to {LONGEST} s.")
    result = Result(visitors, seconds)
    with tempfile.TemporaryDirectory() as folder:
        with server(Path(folder), **environment) as (address, process):
            asyncio.run(attend(address, process, result, files))
            started = [process, *workers(process)]
            process.terminate()
            _, alive = psutil.wait_procs(started, timeout=10)
            result.left = len(alive)
        log = (Path(folder) / "server.log").read_text()
    result.errors += [f"server: {each[-400:]}" for each in log.split("Traceback")[1:]]
    return result


ROWS = (
    ("interaction p50 / p95 (s)", lambda r: f"{r.p50['all']:.2f} / {r.p95['all']:.2f}"),
    *(
        (f"  {kind} (s)", lambda r, kind=kind: f"{r.p50[kind]:.2f} / {r.p95[kind]:.2f}" if kind in r.p50 else "–")
        for kind in (*ARRIVING, "play", "pause", "look", "scrub", "switch page", "setting")
    ),
    ("interactions", lambda r: f"{r.count['all']}"),
    ("answers to timers (1/s)", lambda r: f"{r.ticks:.1f}"),
    ("redrawings (1/s and visitor)", lambda r: f"{r.pictures:.2f}"),
    ("longest still picture (s)", lambda r: f"{r.stale:.1f}"),
    ("optimiser steps (1/s and visitor)", lambda r: f"{r.steps:.1f}"),
    ("fairness", lambda r: f"{r.fairness:.2f}"),
    ("server memory (MB)", lambda r: f"{r.server_memory:.0f}"),
    ("  per visitor (MB)", lambda r: f"{r.memory_per_visitor:.2f}"),
    ("worker memory (MB)", lambda r: ", ".join(f"{each:.0f}" for each in r.worker_memory)),
    ("server / workers (cores)", lambda r: f"{r.server_cpu:.2f} / {', '.join(f'{each:.2f}' for each in r.worker_cpu)}"),
    ("this script / everything else (cores)", lambda r: f"{r.client_cpu:.2f} / {r.other_cpu:.2f}"),
    ("received (MB/s)", lambda r: f"{r.received:.1f}"),
    ("workers idle after (s)", lambda r: f"{r.idle_after:.1f}"),
    ("runs left", lambda r: f"{r.runs_left}"),
    ("processes left", lambda r: f"{r.left}"),
    ("ends of runs not told", lambda r: f"{r.lost}"),
    ("errors", lambda r: f"{len(r.errors)}"),
)


def table(results: Sequence[Result]) -> str:
    """A Markdown table: a column for each class."""
    lines = ["| visitors | " + " | ".join(str(result.visitors) for result in results) + " |"]
    lines.append("|---" * (len(results) + 1) + "|")
    lines += [f"| {name} | " + " | ".join(show(result) for result in results) + " |" for name, show in ROWS]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 10, 30], help=f"at most {MOST} each")
    parser.add_argument("--seconds", type=float, default=40, help=f"for each class, at most {LONGEST}")
    parser.add_argument("--no-files", action="store_true", help="do not fetch the page's files on arrival")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server ends with this script
    results = []
    for visitors in given.visitors:
        results.append(hold(visitors, given.seconds, not given.no_files))
        for error in results[-1].errors[:20]:
            print(error, file=sys.stderr)
    print(json.dumps([asdict(result) for result in results], indent=1) if given.json else table(results))
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
