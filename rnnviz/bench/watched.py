"""What it costs a run that somebody watches it with every figure live, and how soon a pause takes effect.

One worker of the pool, watched as a page watches: four looks a second, each drawing the figures of the page Train.
The clock is the time that passes, since the work is done in other processes; so close what else is running.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from statistics import median, quantiles

from rnnviz.bench.bare import CONFIG, BareLoops
from rnnviz.bench.timing import Result
from rnnviz.runs import Engine, Spec, View

LOOKS = 4  # a second
OF_UNWATCHED, PAUSE = 0.9, 0.5
PATIENCE = 60.0


def measure(quick: bool = False) -> list[Result]:
    """Windows in turn: a plain loop, the run unwatched, the run watched; then pauses while others train."""
    window, rounds, pauses = (0.5, 1, 2) if quick else (2.0, 9, 40)
    with ExitStack() as stack:
        engine = _engine(stack)
        bare, job = stack.enter_context(BareLoops(1)), _ready(engine)
        ways: dict[str, Callable[[], float]] = {
            "a step of a plain loop": partial(bare.rate, 1, window),
            "a step, unwatched": partial(_rate, engine, job, window, watched=False),
            "a step, watched": partial(_rate, engine, job, window, watched=True),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for way in ways.values():
            way()
        for _ in range(rounds):
            for name, way in ways.items():
                seconds[name].append(1 / way())
        answers = _pauses(engine, pauses)
    plain, unwatched, watched = (median(values) for values in seconds.values())
    share, late = unwatched / watched, quantiles(answers, n=20)[-1]
    return [
        Result(
            "watched",
            f"LSTM, {CONFIG.hidden_size} units, {CONFIG.length} time steps, batch {CONFIG.batch_size}, task adding; "
            "one worker of the pool",
            {name: median(values) for name, values in seconds.items()} | {"pause, with three others": median(answers)},
            {name: (min(values), max(values)) for name, values in seconds.items()}
            | {"pause, with three others": (min(answers), max(answers))},
            {
                "watched, share of unwatched": share,
                "unwatched, share of a plain loop": plain / unwatched,
                "pause, 95 % within, seconds": late,
            },
            f"watching takes at most {1 - OF_UNWATCHED:.0%}, a pause at most {PAUSE} s",
            share >= OF_UNWATCHED and max(answers) <= PAUSE,
        )
    ]


def _engine(stack: ExitStack) -> Engine:
    from rnnviz.runs.keeper import Keeper
    from rnnviz.runs.pool import PoolFleet
    from rnnviz.runs.store import Store

    engine = Engine(partial(PoolFleet, size=1), keeper=Keeper(Store("memory://bench")))
    stack.callback(engine.close)
    return engine


def _ready(engine: Engine) -> str:
    job = engine.create(Spec(CONFIG), "bench")
    _wait(engine, job, lambda view: view.trace is not None)
    return job


def _wait(engine: Engine, job: str, condition: Callable[[View], bool]) -> View:
    end = time.monotonic() + PATIENCE
    while (view := engine.latest(job)) is None or not condition(view):
        if time.monotonic() > end:
            raise TimeoutError(f"The worker did not answer within {PATIENCE:g} s.")
        time.sleep(0.002)
    return view


def _rate(engine: Engine, job: str, window: float, watched: bool) -> float:
    """Steps a second in a window."""
    before = _steps(engine, job)
    begin = time.monotonic()
    engine.play(job)
    while time.monotonic() < begin + window:
        time.sleep(1 / LOOKS)
        if watched and (view := engine.latest(job)):
            draw(view)
    engine.pause(job)
    while not engine.acknowledged(job):
        time.sleep(0.001)
    return (_steps(engine, job) - before) / (time.monotonic() - begin)


def _steps(engine: Engine, job: str) -> int:
    record = engine.jobs.get(job)  # not `latest`, which would be watching
    return record.view.step if record else 0


def draw(view: View) -> None:
    """Every figure of the page Train."""
    from rnnviz.figures.gates import gate_traces
    from rnnviz.figures.gradient_norms import flow_over_training, grad_norms_figure
    from rnnviz.figures.prediction import predictions_figure
    from rnnviz.figures.states import state_heatmap
    from rnnviz.figures.training import grad_norm_figure, loss_figure

    history, trace = view.history.until(view.step), view.trace
    figures = [loss_figure(history), grad_norm_figure(history, 1.0), flow_over_training(history)]
    if trace is not None:
        figures += [state_heatmap(trace), gate_traces(trace), predictions_figure(trace), grad_norms_figure(trace)]
    for figure in figures:
        figure.to_json()


def _pauses(engine: Engine, count: int) -> list[float]:
    """Seconds from the click to the picture of the last step, while three others play on the same worker."""
    jobs = [_ready(engine) for _ in range(4)]
    for job in jobs:
        engine.play(job)
    taken = []
    for k in range(count):
        job = jobs[k % len(jobs)]
        _wait(engine, job, lambda view: view.status == "playing")
        time.sleep(0.05)
        begin = time.monotonic()
        engine.pause(job)
        while not engine.acknowledged(job):
            time.sleep(0.0005)
        taken.append(time.monotonic() - begin)
        engine.play(job)
    return taken
