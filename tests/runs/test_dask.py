"""What only a Dask cluster can get wrong: letters, workers and schedulers that go and come, and what stays behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
from distributed import Client

from rnnviz import training
from rnnviz.bench.cluster import Cluster
from rnnviz.config import ExperimentConfig
from rnnviz.runs import Spec, dask_host
from rnnviz.runs.dask_fleet import DaskFleet
from rnnviz.runs.dask_host import LetterBox
from rnnviz.runs.messages import pack, unpack

ROOT = Path(__file__).resolve().parents[2]
SMALL = ExperimentConfig(length=10, batch_size=8, hidden_size=16)
PATIENCE = 60.0
cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import the tests


def until(condition, patience=PATIENCE) -> float:
    """Seconds until the condition holds."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < patience, "it did not happen"
        time.sleep(0.01)
    return time.monotonic() - begin


class Witness:
    """A DaskFleet, and what it said: links that got ready, and links that ended with how many were left then."""

    def __init__(self, address: str) -> None:
        self.ready: list[str] = []
        self.ended: list[tuple[str, int]] = []
        self.fleet = DaskFleet(None, self.is_ready, self.has_ended, address=address)

    def is_ready(self, link) -> None:
        assert link.ready and link in self.fleet.links
        self.ready.append(link.label)

    def has_ended(self, link) -> None:
        assert link not in self.fleet.links
        self.ended.append((link.label, len(self.fleet.links)))

    def __enter__(self):
        return self

    def __exit__(self, *error) -> None:
        self.fleet.close()


@pytest.fixture(scope="module")
def cluster():
    with Cluster(workers=2) as cluster:
        yield cluster


def whole(cluster, witness) -> None:
    """Both workers are there."""
    while sum(worker.poll() is None for worker in cluster.workers) < 2:
        cluster.start_worker()
    until(lambda: len(witness.fleet.links) == 2)


def hosts(address: str) -> int:
    """How many threads of ours there are on all workers, and actors."""

    def count(dask_worker=None) -> int:
        threads = sum(thread.name == "rnnviz" for thread in threading.enumerate())
        return threads + len(dask_worker.state.actors)

    with Client(address, set_as_default=False) as client:
        return sum(client.run(count).values())


# -- the letter box, without Dask -----------------------------------------------------------------------------


def on_a_loop(test):
    """Runs `test(box, thread)` on an event loop; thread(function) calls the function on another thread."""

    async def main():
        loop = asyncio.get_running_loop()
        await test(LetterBox(loop.call_soon_threadsafe), partial(loop.run_in_executor, None))

    asyncio.run(main())


def test_letters_keep_their_order_both_ways():
    async def test(box, thread):
        for number in range(0, 100, 2):
            box.put([b"%d" % number, b"%d" % (number + 1)])
        received = [box.recv_bytes() for _ in range(100) if box.poll(0)]
        assert received == [b"%d" % number for number in range(100)] and not box.poll(0)
        for letter in received:
            await thread(box.send_bytes, letter)
        assert await box.take() == received

    on_a_loop(test)


def test_either_side_is_woken_by_a_letter():
    async def test(box, thread):
        waiting = thread(box.poll, 30.0)
        await asyncio.sleep(0.1)
        begin = time.monotonic()
        box.put([b"in"])
        assert await waiting is True
        waiting = asyncio.create_task(box.take())
        await asyncio.sleep(0.1)
        await thread(box.send_bytes, b"out")
        assert await waiting == [b"out"]
        assert time.monotonic() - begin < 1.0

    on_a_loop(test)


def test_nothing_to_take_is_said_after_a_while(monkeypatch):
    monkeypatch.setattr(dask_host, "HELD", 0.1)

    async def test(box, thread):
        assert await box.take() == []
        assert box.poll(0.05) is False

    on_a_loop(test)


def test_a_server_that_asks_no_more_is_gone(monkeypatch):
    monkeypatch.setattr(dask_host, "ALONE", 0.4)
    monkeypatch.setattr(dask_host, "HELD", 0.1)

    async def test(box, thread):
        for _ in range(8):  # twice as long as it would wait
            await box.take()
            assert box.poll(0) is False
        with pytest.raises(EOFError):
            await thread(box.poll, 30.0)

    on_a_loop(test)


def test_what_was_sent_before_the_end_arrives_and_then_the_reason():
    async def test(box, thread):
        await thread(box.send_bytes, b"last")
        await thread(box.end, "it is over")
        box.end("said twice")
        assert await box.take() == [b"last"]
        for _ in range(2):
            with pytest.raises(EOFError, match="it is over"):
                await box.take()
        with pytest.raises(EOFError):
            box.poll(30.0)

    on_a_loop(test)


# -- the fleet on a cluster -----------------------------------------------------------------------------------


def test_messages_keep_their_order_and_sending_never_waits(cluster, make_engine, settled, monkeypatch):
    engine = make_engine(partial(DaskFleet, address=cluster.address))
    job = engine.create(Spec(SMALL), keep=False)
    settled(engine, job)
    obeyed = []
    monkeypatch.setattr(engine.jobs.fleet, "on_message", lambda link, m: obeyed.append(unpack(m)[0]["acknowledged"]))
    begin = time.monotonic()
    for number in range(500):
        engine.jobs.records[job].link.send(pack({"verb": "pause", "job": job, "number": number, "more": "x" * 2000}))
    assert time.monotonic() - begin < 1.0
    until(lambda: len(obeyed) == 500)
    assert obeyed == list(range(500))
    engine.close()


def test_a_killed_worker_ends_its_link_alone_and_another_joins(cluster):
    with Witness(cluster.address) as witness:
        whole(cluster, witness)
        victim = next(worker for worker in cluster.workers if worker.poll() is None)
        victim.kill()
        assert until(lambda: witness.ended) < 1.5
        victim.wait()
        ((label, left),) = witness.ended
        assert left == 1 and label not in [link.label for link in witness.fleet.links]
        whole(cluster, witness)
        assert len(witness.ready) == 3 and len(witness.ended) == 1


def test_workers_that_end_together_are_all_gone_before_the_jobs_of_one_are_moved(cluster):
    with Witness(cluster.address) as witness:
        whole(cluster, witness)
        for worker in cluster.workers:
            worker.kill()
        until(lambda: len(witness.ended) == 2)
        assert [left for _, left in witness.ended] == [0, 0]
        whole(cluster, witness)


def test_close_leaves_nothing_on_the_cluster_and_no_thread_here(cluster, caplog):
    others = set(threading.enumerate())  # an engine of another test may live as long as they all do
    with Witness(cluster.address) as witness:
        whole(cluster, witness)
        assert hosts(cluster.address) == 4
        assert any(thread.name == "rnnviz-dask" for thread in set(threading.enumerate()) - others)
        witness.fleet.close()
        until(lambda: hosts(cluster.address) == 0, patience=5.0)
        assert not any(thread.name == "rnnviz-dask" for thread in set(threading.enumerate()) - others)
        assert witness.ended == [] and witness.fleet.links == []
        witness.fleet.close()
        witness.fleet.want(0)  # it starts afresh
        until(lambda: len(witness.fleet.links) == 2)
    assert caplog.text == ""


@pytest.mark.slow
def test_a_killed_scheduler_is_said_in_words_and_runs_go_on_when_it_is_back(cluster, make_engine, wait, caplog):
    engine = make_engine(partial(DaskFleet, address=cluster.address))
    until(lambda: len(engine.jobs.fleet.links) == 2)
    job = engine.create(Spec(SMALL))
    engine.play(job, until=3000)
    wait(engine, job, lambda view: view.saved > 0)
    cluster.scheduler.kill()
    cluster.scheduler.wait()
    words = f"The Dask scheduler at {cluster.address} cannot be reached; runs go on when it is back."
    view = wait(engine, job, lambda view: view.queue == words)
    assert view.step < 3000 and view.status != "failed"
    until(lambda: all(worker.poll() is not None for worker in cluster.workers))
    time.sleep(4.0)  # several attempts
    assert caplog.text.count("cannot be reached") == 1 and "Traceback" not in caplog.text
    cluster.start_scheduler()
    for _ in range(2):
        cluster.start_worker()
    view = wait(engine, job, lambda view: view.step == 3000 and view.status == "paused")
    run = training.advance(training.start(SMALL, device="cpu"), steps=3000, device="cpu")
    np.testing.assert_array_equal(view.history.loss, run.history.loss)
    for name, array in view.trace.weights.items():
        np.testing.assert_array_equal(array, training.observe(run, device="cpu").weights[name])
    engine.close()


@pytest.mark.slow
def test_nobody_there_at_first(caplog):
    with Cluster(workers=0) as cluster:
        cluster.scheduler.kill()
        cluster.scheduler.wait()
        with Witness(cluster.address) as witness:
            until(lambda: "cannot be reached; runs go on when it is back" in witness.fleet.trouble)
            assert witness.fleet.links == []
            begin = time.monotonic()
            witness.fleet.close()  # in the middle of an attempt
            assert time.monotonic() - begin < 1.0
            witness.fleet.want(0)
            cluster.start_scheduler()
            until(lambda: "has no workers" in witness.fleet.trouble)
            elsewhere = Path(cluster.log).parent  # where no rnnviz is
            cluster.start_worker(path=elsewhere)
            until(lambda: "cannot train" in witness.fleet.trouble)
            assert "No module named 'rnnviz'" in witness.fleet.trouble
            cluster.start_worker()
            until(lambda: witness.ready)
            assert witness.fleet.trouble == ""


SERVER = """
import sys, time
from rnnviz.config import ExperimentConfig
from rnnviz.runs import Spec, get_engine
engine = get_engine()
job = engine.create(Spec(ExperimentConfig(length=10, hidden_size=16)))
engine.play(job)
while not engine.latest(job).step:
    time.sleep(0.01)
print("torch" in sys.modules, len(engine.jobs.fleet.links), flush=True)
"""


@pytest.mark.parametrize("ending", ["exit", pytest.param("kill", marks=pytest.mark.slow)])
def test_a_server_that_goes_leaves_no_training_behind(cluster, tmp_path, ending):
    code = SERVER + ("time.sleep(60)" if ending == "kill" else "")
    server = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "RNNVIZ_SCHEDULER": cluster.address, "RNNVIZ_STORE": str(tmp_path)},
    )
    with server:
        torch_there, links = server.stdout.readline().split()
        if ending == "kill":
            assert hosts(cluster.address) >= 1
            server.kill()
        server.wait(20)
    assert (torch_there, int(links) >= 1) == ("False", True)
    until(lambda: hosts(cluster.address) == 0, patience=dask_host.ALONE + 10)


@pytest.mark.slow
def test_an_engine_that_is_told_of_no_scheduler_says_what_to_set(monkeypatch):
    monkeypatch.delenv("RNNVIZ_SCHEDULER", raising=False)
    with pytest.raises(ValueError, match="RNNVIZ_SCHEDULER"):
        DaskFleet(None, None, None)
