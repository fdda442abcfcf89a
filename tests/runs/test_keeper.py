"""What is put is saved, sooner or later and whole, and meanwhile it is found all the same."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from rnnviz.runs import keeper as keeper_module
from rnnviz.runs.about import About
from rnnviz.runs.keeper import Keeper
from rnnviz.runs.store import Store, StoreError

PATIENCE = 30.0
RUN = "run-0000000000001"


def about(run=RUN, step=0, **changes) -> About:
    values = dict(owner="owner-a", name="a run", created=1.0, saved=1000.0 + step, settings={}) | changes
    return About(id=run, step=step, **values)


class Gate:
    """Stands before a store: saves and deletes wait while it is shut, and fail while it is broken."""

    def __init__(self, store, monkeypatch):
        self.open, self.broken, self.saves = threading.Event(), False, []
        self.open.set()
        for verb in ("save", "delete"):
            monkeypatch.setattr(store, verb, self._guard(getattr(store, verb)))

    def _guard(self, do):
        def guarded(*args):
            self.saves.append(args)
            assert self.open.wait(PATIENCE)
            if self.broken:
                raise StoreError("The run could not be saved: it rains.")
            return do(*args)

        return guarded


def until(condition) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def gate(store, monkeypatch):
    return Gate(store, monkeypatch)


@pytest.fixture
def keeper(store, gate, monkeypatch):
    monkeypatch.setattr(keeper_module, "RETRY_SECONDS", 0.02)
    keeper = Keeper(store)
    yield keeper
    gate.open.set()
    gate.broken = False
    keeper.close(0.2)
    assert not keeper._thread.is_alive()


def test_what_is_put_reaches_the_store(keeper, store):
    assert keeper.saved_step(RUN) == -1
    keeper.put(about(step=3), {"head": b"h3"}, ["head"])
    assert keeper.flush(PATIENCE)
    assert store.load(RUN) == keeper.load(RUN) == (about(step=3), {"head": b"h3"})
    assert (keeper.saved_step(RUN), keeper.trouble(RUN), keeper.missing(RUN)) == (3, "", ())
    assert Keeper(Store()).load(RUN) == (about(step=3), {"head": b"h3"})


def test_nobody_waits_and_the_newest_wins(keeper, store, gate):
    gate.open.clear()
    keeper.put(about(step=0), {"head": b"h0", "s0": b"0", "data": b"d"}, ["head", "s0", "data"])
    until(lambda: gate.saves)
    begin = time.monotonic()
    for step in range(1, 9):
        keeper.put(about(step=step), {"head": b"h", f"s{step}": b"%d" % step}, ["head", "data", "s0", f"s{step}"])
    newest = (about(step=8), {"head": b"h", "data": b"d", "s0": b"0", "s8": b"8"})
    assert keeper.load(RUN) == newest and store.load(RUN) is None
    assert keeper.about(RUN) == newest[0] and keeper.runs("owner-a") == [newest[0]]
    assert keeper.saved_step(RUN) == -1 and not keeper.flush(0.01)
    assert time.monotonic() - begin < 2
    gate.open.set()
    assert keeper.flush(PATIENCE)
    assert store.load(RUN) == newest
    assert [sorted(save[1]) for save in gate.saves] == [["data", "head", "s0"], ["head", "s8"]]  # nothing twice


def test_a_run_that_cannot_be_saved_is_kept_and_tried_again(keeper, store, gate):
    keeper.put(about(step=1), {"head": b"h1", "s1": b"1"}, ["head", "s1"])
    assert keeper.flush(PATIENCE)
    gate.broken = True
    keeper.put(about(step=2), {"head": b"h2", "s2": b"2"}, ["head", "s1", "s2"])
    until(lambda: keeper.trouble(RUN))
    keeper.put(about(step=3), {"head": b"h3"}, ["head", "s1", "s2"])
    until(lambda: len(gate.saves) > 4)
    assert keeper.trouble(RUN) == keeper.status()["trouble"] == "The run could not be saved: it rains."
    assert keeper.load(RUN) == (about(step=3), {"head": b"h3", "s1": b"1", "s2": b"2"})
    assert keeper.saved_step(RUN) == 1 and store.load(RUN)[0].step == 1 and keeper.status()["waiting"] == 1
    gate.broken = False
    assert keeper.flush(PATIENCE)
    assert store.load(RUN) == (about(step=3), {"head": b"h3", "s1": b"1", "s2": b"2"})
    assert (keeper.saved_step(RUN), keeper.trouble(RUN), keeper.status()["trouble"]) == (3, "", "")


def test_a_name_that_could_not_be_a_file_ends_nothing(keeper):
    with pytest.raises(ValueError, match="no part"):
        keeper.put(about(), {"../head": b"h"}, ["../head"])
    keeper.put(about(), {"head": b"h"}, ["head"])
    assert keeper.flush(PATIENCE)


def test_a_flush_waits_for_no_retry(keeper, gate, monkeypatch):
    monkeypatch.setattr(keeper_module, "RETRY_SECONDS", 1000)
    gate.broken = True
    keeper.put(about(), {"head": b"h"}, ["head"])
    until(lambda: keeper.trouble(RUN))
    gate.broken = False
    assert keeper.flush(PATIENCE) and keeper.saved_step(RUN) == 0


def test_what_comes_while_a_run_is_loaded_is_not_mixed_with_it(keeper, store, gate, monkeypatch):
    keeper.put(about(step=1), {"head": b"h1", "s1": b"1"}, ["head", "s1"])
    assert keeper.flush(PATIENCE)
    gate.broken = True
    keeper.put(about(step=2), {"head": b"h2"}, ["head", "s1"])
    load = store.load

    def slowly(run):
        monkeypatch.setattr(store, "load", load)
        gate.broken = False
        keeper.put(about(step=3), {"head": b"h3", "s1": b"another 1"}, ["head", "s1"])
        assert keeper.flush(PATIENCE)
        return load(run)

    monkeypatch.setattr(store, "load", slowly)
    assert keeper.load(RUN) == (about(step=3), {"head": b"h3", "s1": b"another 1"})


def test_one_run_that_fails_does_not_hold_up_another(keeper, store, monkeypatch):
    save = store.save

    def refuse(about, parts, names):
        if about.id == RUN:
            raise StoreError("no")
        save(about, parts, names)

    monkeypatch.setattr(store, "save", refuse)
    keeper.put(about(), {"head": b"h"}, ["head"])
    keeper.put(about("run-0000000000002"), {"head": b"h"}, ["head"])
    until(lambda: keeper.saved_step("run-0000000000002") == 0)
    assert keeper.trouble(RUN) == "no" and keeper.saved_step(RUN) == -1


def test_parts_that_the_store_has_lost_are_asked_for(keeper, store):
    keeper.put(about(step=1), {"head": b"h1", "s1": b"1"}, ["head", "s1"])
    assert keeper.flush(PATIENCE)
    store.files.remove(("ids",), folder=True)
    keeper.put(about(step=2), {"head": b"h2", "s2": b"2"}, ["head", "s1", "s2"])
    until(lambda: keeper.missing(RUN))
    assert keeper.missing(RUN) == ("s1",) and "saved again, whole" in keeper.trouble(RUN)
    assert keeper.load(RUN) is None  # no whole one is anywhere
    keeper.put(about(step=3), {"head": b"h3", "s1": b"1", "s2": b"2"}, ["head", "s1", "s2"])
    assert keeper.flush(PATIENCE) and keeper.missing(RUN) == () and keeper.trouble(RUN) == ""
    assert store.load(RUN) == (about(step=3), {"head": b"h3", "s1": b"1", "s2": b"2"})


def test_memory_is_bounded(keeper, store, gate, monkeypatch):
    monkeypatch.setattr(keeper_module, "MEMORY", 1000)
    first, second = RUN, "run-0000000000002"
    for run in (first, second):
        keeper.put(about(run, step=1), {"head": b"1", "s1": b"old s1"}, ["head", "s1"])
    assert keeper.flush(PATIENCE)
    gate.broken = True
    keeper.put(about(first, step=2), {"head": bytes(500), "s1": b"another s1"}, ["head", "s1"])
    keeper.put(about(second, step=2), {"head": bytes(600)}, ["head", "s1"])
    assert "no memory left" in keeper.trouble(first)
    assert keeper.missing(first) == ("head", "s1") and keeper.missing(second) == ()
    assert keeper.load(first) == (about(first, step=1), {"head": b"1", "s1": b"old s1"})
    assert keeper.load(second)[0].step == 2
    keeper.put(about(first, step=3), {"head": b"3"}, ["head", "s1"])
    gate.broken = False
    until(lambda: keeper.saved_step(second) == 2)
    assert keeper.missing(first) == ("s1",)  # the store has one of that name, but not the one that was let go
    assert keeper.load(first)[0].step == 1
    keeper.put(about(first, step=4), {"head": b"4", "s1": b"another s1"}, ["head", "s1"])
    assert keeper.flush(PATIENCE)
    assert store.load(first) == (about(first, step=4), {"head": b"4", "s1": b"another s1"})
    assert keeper.trouble(first) == ""


def test_deleted_is_deleted_at_once_and_for_good(keeper, store, gate):
    keeper.put(about(step=1), {"head": b"h"}, ["head"])
    keeper.put(about("run-0000000000002"), {"head": b"h"}, ["head"])
    assert keeper.flush(PATIENCE)
    gate.open.clear()
    keeper.put(about(step=2), {"head": b"h2"}, ["head"])  # is being saved when it is deleted
    until(lambda: len(gate.saves) == 3)
    keeper.delete(RUN)
    keeper.put(about(step=3), {"head": b"h3"}, ["head"])  # a worker's last save comes late
    assert keeper.load(RUN) is None and keeper.about(RUN) is None and keeper.saved_step(RUN) == -1
    assert [found.id for found in keeper.runs("owner-a")] == ["run-0000000000002"]
    gate.open.set()
    assert keeper.flush(PATIENCE)
    assert store.load(RUN) is None and keeper.saved_step(RUN) == -1
    assert not any(RUN in path for path in store.files.sizes())


def test_a_delete_that_fails_is_tried_again(keeper, store, gate):
    keeper.put(about(), {"head": b"h"}, ["head"])
    assert keeper.flush(PATIENCE)
    gate.broken = True
    keeper.delete(RUN)
    until(lambda: len(gate.saves) > 3)
    assert store.load(RUN) is not None and keeper.load(RUN) is None
    gate.broken = False
    assert keeper.flush(PATIENCE) and store.load(RUN) is None


def test_renaming(keeper, store, gate):
    keeper.put(about(step=1), {"head": b"h"}, ["head"])
    assert keeper.flush(PATIENCE)
    keeper.rename(RUN, "stored")
    assert store.about(RUN).name == keeper.about(RUN).name == "stored"
    gate.open.clear()
    keeper.put(about(step=2), {"head": b"h2"}, ["head"])
    until(lambda: len(gate.saves) == 2)
    keeper.rename(RUN, "while it is saved")
    assert keeper.about(RUN).name == keeper.runs("owner-a")[0].name == "while it is saved"
    gate.open.set()
    assert keeper.flush(PATIENCE)
    assert store.load(RUN) == (about(step=2, name="while it is saved"), {"head": b"h2"})
    with pytest.raises(StoreError, match="not in the store"):
        keeper.rename("run-0000000000009", "x")


def test_an_owners_runs_saved_or_about_to_be(keeper, gate):
    keeper.put(about("run-0000000000001", step=5), {"head": b"h"}, ["head"])
    keeper.put(about("run-0000000000002", step=6), {"head": b"h"}, ["head"])
    assert keeper.flush(PATIENCE)
    gate.open.clear()
    keeper.put(about("run-0000000000001", step=9), {"head": b"h"}, ["head"])
    keeper.put(about("run-0000000000003", step=7), {"head": b"h"}, ["head"])
    keeper.put(about("run-0000000000004", step=8, owner="owner-b"), {"head": b"h"}, ["head"])
    keeper.put(about("run-0000000000005", step=8, listed=False), {"head": b"h"}, ["head"])
    assert [(found.id[-1], found.step) for found in keeper.runs("owner-a")] == [("1", 9), ("3", 7), ("2", 6)]


def test_it_purges_at_the_start_and_then_now_and_then_but_never_what_lives(store, gate, monkeypatch):
    purged = threading.Semaphore(0)
    kept = []
    purge = store.purge
    monkeypatch.setattr(store, "purge", lambda keep: (kept.append(set(keep)), purge(keep), purged.release())[1])
    monkeypatch.setattr(keeper_module, "PURGE_SECONDS", 0.05)
    keeper, waits = Keeper(store, live=lambda: [RUN]), "run-0000000000002"
    gate.broken = True
    keeper.put(about(waits), {"head": b"h"}, ["head"])
    for _ in range(3):
        assert purged.acquire(timeout=PATIENCE)
    gate.broken = False
    keeper.close()
    assert all(RUN in keep for keep in kept) and waits in kept[2]


def test_a_full_store_is_purged_to_save(monkeypatch):
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    monkeypatch.setattr("rnnviz.runs.store.OWNER_SHARE", 0.1)
    monkeypatch.setattr(keeper_module, "FULL_PURGE_SECONDS", 0.1)
    monkeypatch.setattr(keeper_module, "RETRY_SECONDS", 0.02)
    keeper = Keeper(Store(), live=lambda: [RUN])
    for k in range(8):
        keeper.put(about(f"run-000000000000{k}", step=k), {"head": bytes(300_000)}, ["head"])
        until(lambda run=f"run-000000000000{k}": keeper.saved_step(run) >= 0)
    left = [found.step for found in keeper.runs("owner-a")]
    assert left[0] == 7 and left[-1] == 1 and 2 <= len(left) <= 3  # run 1 lives
    keeper.close()


def test_a_store_that_cannot_be_tidied_up_is_no_harm(store, monkeypatch):
    def refuse(keep):
        raise StoreError("no")

    monkeypatch.setattr(store, "purge", refuse)
    keeper = Keeper(store)
    keeper.put(about(), {"head": b"h"}, ["head"])
    assert keeper.flush(PATIENCE)
    keeper.close()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_what_is_loaded_is_one_of_the_runs_that_were_put_and_at_last_the_newest(
    keeper, store, gate, monkeypatch, tmp_path, seed
):
    """A run that trains, goes back and trains on otherwise, on a store that fails now and then and loses its files."""
    monkeypatch.setattr(keeper_module, "MEMORY", 200)
    other = "run-0000000000002"
    draw, root = random.Random(seed), Path(store.files.where)
    run: dict[str, bytes] = {}
    known: set[str] = set()
    put: list[dict[str, bytes]] = []
    for number in range(120):
        gate.broken = draw.random() < 0.5
        if draw.random() < 0.1:  # back: later snapshots go, and come again with other content
            back = draw.randrange(number + 1)
            run = {name: part for name, part in run.items() if int(name[4:] or 0) < back}
            known &= run.keys()
        step = 1 + max((int(name[4:] or 0) for name in run), default=0)
        run = {**run, "head": b"head of %d" % number, f"part{step}": b"part %d of %d" % (step, number) * 3}
        run = {name: part for name, part in run.items() if name == "head" or draw.random() < 0.9}
        if keeper.missing(RUN):
            known = set()
        keeper.put(about(step=number), {n: part for n, part in run.items() if n not in known}, list(run))
        known = set(run) - {"head"}
        put.append(run)
        if draw.random() < 0.2:  # another run takes the memory
            keeper.put(about(other, step=number), {"head": bytes(190)}, ["head"])
        if draw.random() < 0.05 and root.exists():
            root.rename(tmp_path / f"gone-{number}")
        if draw.random() < 0.3:
            time.sleep(0.01)
        found = keeper.load(RUN)
        assert found is None or found[1] == put[found[0].step]
    gate.broken = False
    newest = {RUN: (about(step=119), run), other: (about(other, step=119), {"head": bytes(190)})}
    keeper.put(*newest[other], ["head"])
    end = time.monotonic() + PATIENCE
    while not keeper.flush(0.05):
        assert time.monotonic() < end
        for name, (words, parts) in newest.items():
            if keeper.missing(name):
                keeper.put(words, parts, list(parts))
    for name, saved in newest.items():
        assert store.load(name) == keeper.load(name) == saved
