"""Whenever a save ends, by a kill, an error or a power cut, the run that is loaded is the old one or the new, whole."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from saved_runs import RUN, loaded_step, save, saved_at

from rnnviz.runs import store as store_module
from rnnviz.runs.store import PartsMissing, Store, StoreError

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent


class Bucket(MemoryFileSystem):
    """An object store: no folders, no renaming; its errors are no OSError. Call `fails` fails, before or after."""

    cachable = False
    protocol = "bucket"

    class Unreachable(Exception):
        pass

    def __init__(self):
        super().__init__(global_store=False, skip_instance_cache=True)
        self.calls, self.fails, self.after, self.lasting = 0, -1, False, False

    def _call(self, verb, *args, **kwargs):
        self.calls += 1
        fails = self.calls - 1 == self.fails or self.lasting and self.calls > self.fails >= 0
        if fails and not self.after:
            raise Bucket.Unreachable("host.example: no route")
        result = getattr(super(), verb)(*args, **kwargs)
        if fails:
            raise Bucket.Unreachable("host.example: timed out")
        return result

    def pipe_file(self, *args, **kwargs):
        return self._call("pipe_file", *args, **kwargs)

    def cat_ranges(self, *args, **kwargs):
        return self._call("cat_ranges", *args, **kwargs)

    def rm_file(self, path):
        return self._call("rm_file", path)

    def makedirs(self, path, exist_ok=False):
        pass

    def mv(self, *args, **kwargs):
        raise AssertionError("objects cannot be renamed")


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_an_object_store_that_fails_at_any_call_keeps_the_old_run_or_the_new(after, lasting):
    ended = set()
    for k in range(99):
        store = Store("memory://x")
        store.files.fs = bucket = Bucket()
        for step in range(6):
            save(store, step)
        bucket.calls, bucket.fails, bucket.after, bucket.lasting = 0, k, after, lasting
        try:
            save(store, 6)
        except StoreError as error:
            assert "Unreachable" in str(error) and "host" not in str(error)
        done, bucket.fails = bucket.calls <= k, -1
        ended.add(loaded_step(store))
        try:
            save(store, 7)
        except PartsMissing:
            save(store, 7, whole=True)
        assert loaded_step(store) == 7
        if done:
            break
    assert k > 5 and ended == {5, 6}


CALLS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.scandir", "os.listdir", "shutil.rmtree")
VERBS = {
    "first": lambda store: save(store, 6, whole=True),
    "next": lambda store: save(store, 6),
    "rename": lambda store: store.rename(RUN, "new"),
    "delete": lambda store: store.delete(RUN),
}


def end_everywhere(folder: Path) -> None:
    """Every verb on copies of one store: once for every call to the system, which is the last, or fails.

    Runs in a process without threads, which forks. A part that is being written is half written.
    """
    for verb, do in VERBS.items():
        before = Store(str(folder / "before" / verb))
        for step in range(6) if verb != "first" else ():
            save(before, step)
        for how in ("killed", "fails", "fails from then on"):
            reached, k = True, 0
            while reached:
                copy = folder / "after" / verb / how / str(k)
                if verb != "first":
                    shutil.copytree(folder / "before" / verb, copy)
                child = os.fork()
                if not child:
                    os._exit(end_at(k, how, partial(do, Store(str(copy)))))
                code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                reached, k = code != 0, k + 1


def end_at(k: int, how: str, do) -> int:
    """Whether call `k` was reached."""
    count, fsync = 0, os.fsync

    def call(half=lambda: None):
        nonlocal count
        count += 1
        if count == k + 1 or count > k and how == "fails from then on":
            half()
            if how == "killed":
                os._exit(9)
            raise OSError(errno.ENOSPC, "no space")

    def sync(handle):
        call(lambda: os.ftruncate(handle, os.fstat(handle).st_size // 2))
        fsync(handle)

    os.fsync = sync
    sys.addaudithook(lambda event, args: call() if event in CALLS else None)
    with suppress(StoreError):
        do()
    return int(count > k)


def kill_at_random(folder: Path) -> None:
    """Forty processes that save as fast as they can, each killed, each going on from what the last one left."""
    seed = random.Random(0)
    for _ in range(40):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            store = Store(str(folder))
            step = loaded_step(store) or 0
            while True:
                step += 1
                save(store, step, whole=step == 1)
                os.write(writer, f"{step}\n".encode())
        os.close(writer)
        time.sleep(seed.uniform(0.002, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with open(reader) as done:
            finished = [int(line) for line in done.read().split()]
        step = loaded_step(Store(str(folder)))
        if finished:
            assert step in (finished[-1], finished[-1] + 1), (step, finished[-1])
    print(step)


def too_large_halfway(folder: Path) -> None:
    """The system itself refuses the second half of a part."""
    import resource

    store = Store(str(folder))
    save(store, 5, whole=True)
    before = store.files.sizes()
    resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, resource.RLIM_INFINITY))  # a snapshot fits, a head does not
    try:
        save(store, 6)
    except StoreError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert loaded_step(store) == 5
    assert store.files.sizes() == before
    save(store, 6)
    assert loaded_step(store) == 6


def in_a_process_of_its_own(function, folder: Path) -> str:
    code = f"import sys, pathlib, test_store_crashes as test; test.{function.__name__}(pathlib.Path(sys.argv[1]))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)]), "PYTHONDONTWRITEBYTECODE": "1"}
    call = [sys.executable, "-W", "error", "-c", code, str(folder)]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ends")
    in_a_process_of_its_own(end_everywhere, folder)
    return folder / "after"


@pytest.mark.parametrize("how", ["killed", "fails", "fails from then on"])
@pytest.mark.parametrize("verb, old, new", [("first", None, 6), ("next", 5, 6), ("rename", 5, 5), ("delete", 5, None)])
def test_whatever_is_the_last_call_the_run_is_the_old_one_or_the_new(ends, verb, old, new, how):
    stores = [Store(str(path)) for path in sorted((ends / verb / how).iterdir(), key=lambda path: int(path.name))]
    assert len(stores) >= 5
    steps, listed = [loaded_step(store) for store in stores], [store.runs("owner-a") for store in stores]
    assert set(steps) == {old, new}
    assert steps[0] == old and steps[-1] == new
    assert [[found.step for found in runs] for runs in listed] == [[] if step is None else [step] for step in steps]
    if how == "fails":  # what was written is gone again
        assert not any(path[-1].startswith("new.") for store in stores for path in store.files.sizes())
    for store in stores:  # and it can go on from there
        save(store, 7, whole=True)
        assert loaded_step(store) == 7


def test_what_the_killed_left_behind_goes(ends, monkeypatch):
    for verb in ("first", "next", "delete"):
        for path in (ends / verb / "killed").iterdir():
            copy = path.parent / f"{path.name}-purged"
            shutil.copytree(path, copy)
            store = Store(str(copy))
            step = loaded_step(store)
            monkeypatch.setattr(store_module, "STRAY_SECONDS", 600)
            before = store.files.sizes()
            assert store.purge() == store.purge() == []
            assert store.files.sizes() == before  # they might belong to a save that is under way elsewhere
            monkeypatch.setattr(store_module, "STRAY_SECONDS", 0)
            assert store.purge() == []
            assert loaded_step(store) == step
            left = store.files.sizes()
            assert len(left) <= (0 if step is None else len(saved_at(step)) + 5), (verb, path.name, left)
            shutil.rmtree(copy)


def test_processes_killed_while_they_save_lose_no_finished_save(tmp_path):
    assert int(in_a_process_of_its_own(kill_at_random, tmp_path / "kept")) > 5


def test_half_a_part_on_a_full_disk(tmp_path):
    said = in_a_process_of_its_own(too_large_halfway, tmp_path / "kept")
    assert said.startswith("The run could not be saved: file too large. It goes on, is kept in memory, and can be")


def test_what_a_power_cut_leaves_is_whole(tmp_path, monkeypatch):
    """Every file is on the disk before about.json names it."""
    store, synced, missing = Store(str(tmp_path / "kept")), set(), []
    fsync, rename = os.fsync, os.replace

    def note(handle):
        fsync(handle)
        synced.add(os.fstat(handle).st_ino)

    def look(source, target):
        plain = json.loads(Path(source).read_text())
        named = [Path(target).parent / file[0] for file in plain["files"].values()]
        missing.extend(path for path in [Path(source), *named] if path.stat().st_ino not in synced)
        rename(source, target)

    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(os, "replace", look)
    for step in range(4):
        save(store, step)
    assert synced and not missing
