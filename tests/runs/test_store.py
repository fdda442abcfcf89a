"""What is saved is loaded, whole, whatever happens in between; and nothing else is touched."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from rnnviz.runs import files as files_module
from rnnviz.runs import store as store_module
from rnnviz.runs.store import DAY, About, PartsMissing, Store, StoreError, StoreFull

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
NOW = 1_800_000_000.0
RUN = "run-0000000000001"


def about(run=RUN, step=0, saved=NOW, **changes) -> About:
    return replace(About(run, "owner-a", "a run", NOW, saved, step, {"task": "adding"}), **changes)


def saved_at(step: int) -> dict[str, bytes]:
    """The parts of a run at a step: each says what it is, and the snapshots are thinned as it goes on."""
    kept = [s for s in range(step + 1) if s > step - 3 or s % 4 == 0]
    parts = {"head": f"head at {step}, with {kept}.".encode() * 400}
    return parts | {f"snapshot-{s}": f"snapshot of {s}.".encode() * 400 for s in kept}


def save(store: Store, step: int, whole: bool = False, **changes) -> None:
    parts = saved_at(step)
    new = {name: parts[name] for name in parts if whole or name in ("head", f"snapshot-{step}")}
    store.save(about(step=step, **changes), new, list(parts))


def loaded_step(store: Store, run: str = RUN) -> int | None:
    """The step of the run that is loaded, after a look at every byte of it; None where there is none."""
    found = store.load(run)
    if found is None:
        return None
    assert found[1] == saved_at(found[0].step)
    return found[0].step


@pytest.fixture(params=["folder", "memory"])
def url(request, tmp_path):
    return str(tmp_path / "kept") if request.param == "folder" else f"memory://{tmp_path.name}"


@pytest.fixture
def store(url):
    return Store(url)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept"


# -- what is saved -------------------------------------------------------------------------------------------


def test_a_run_comes_back_as_it_was_saved(store, url):
    first = about(step=3, parent="p" * 16, parent_step=2, has_data=True, name="Łódź <b>&\ud800", extra={"hits": [1]})
    parts = {"head": b"h", "data": b"\0\xff" * 999, "empty": b""}
    store.save(first, {**parts, "not-named": b"x"}, list(parts))
    assert Store(url).load(RUN) == (first, parts)
    assert Store(url).about(RUN) == first
    assert Store(url).runs("owner-a") == [first]


def test_only_what_changed_is_written(store, monkeypatch):
    written = []
    original = store.files.write
    monkeypatch.setattr(store.files, "write", lambda path, part: (written.append(path[-1]), original(path, part)))
    for step in range(9):
        save(store, step)
        assert loaded_step(store) == step
    written.clear()
    save(store, 9, whole=True)
    assert {name.partition(".")[0] for name in written} - {"about", "new"} == {"head", "snapshot-9"}
    assert loaded_step(store) == 9


def test_a_part_may_change_under_its_name(store):
    save(store, 5, whole=True)
    store.save(about(step=2), {"head": b"other", "snapshot-1": b"other too"}, ["head", "snapshot-0", "snapshot-1"])
    found = store.load(RUN)
    assert found and found[1] == {"head": b"other", "snapshot-0": saved_at(5)["snapshot-0"], "snapshot-1": b"other too"}


def test_files_that_are_no_longer_needed_go_with_the_save_after(store):
    for step in range(30):
        save(store, step)
    names = {path[-1].partition(".")[0] for path in store.files.sizes() if path[0] == "ids"}
    assert names == {"about"} | set(saved_at(29)) | set(saved_at(28))
    assert len(store.files.sizes()) == len(saved_at(29)) + 4  # about.json, last head and snapshot, owner's entry


def test_deleting_leaves_nothing(store, url):
    save(store, 4, whole=True)
    store.save(about("run-0000000000002"), {"head": b"h", "data": b"secret"}, ["head", "data"])
    store.delete("run-0000000000002")
    store.delete("run-0000000000002")
    assert store.load("run-0000000000002") is None and store.about("run-0000000000002") is None
    assert {path[1:] for path in store.files.sizes() if RUN not in path} == set()
    assert [found.id for found in store.runs("owner-a")] == [RUN]
    store.delete(RUN)
    assert store.files.sizes() == {}
    save(store, 6, whole=True)
    assert loaded_step(Store(url)) == 6


def test_renaming_changes_the_name_alone(store):
    save(store, 4, whole=True)
    store.rename(RUN, "better")
    assert store.load(RUN) == (about(step=4, name="better"), saved_at(4))
    save(store, 5, name="better")
    assert loaded_step(store) == 5
    with pytest.raises(StoreError, match="not in the store"):
        store.rename("run-0000000000009", "x")


def test_an_owner_sees_listed_runs_of_their_own_newest_first(store, monkeypatch):
    for k, changes in enumerate([{}, {"listed": False}, {"owner": "owner-b"}, {}, {"owner": ""}]):
        store.save(about(f"run-000000000000{k}", saved=NOW + k, **changes), {"head": b"h"}, ["head"])
    read = []
    original = store.files.read
    monkeypatch.setattr(store.files, "read", lambda paths: original([read.append(path) or path for path in paths]))
    assert [found.id[-1] for found in store.runs("owner-a")] == ["3", "0"]
    assert [found.id[-1] for found in store.runs("owner-b")] == ["2"]
    assert store.runs("") == store.runs("owner") == store.runs("../ids") == []
    assert {path[-1] for path in read} == {"about.json"}  # no heads
    store.save(about("run-0000000000003", owner="owner-b"), {"head": b"h"}, ["head"])
    assert [found.id[-1] for found in store.runs("owner-a")] == ["0"]
    assert [found.id[-1] for found in store.runs("owner-b")] == ["2", "3"]


@pytest.mark.parametrize("run", ["../x", "../../secret-00000000000", "a" * 15, "a" * 65, "", "a" * 20 + "\n", "é" * 20])
def test_an_id_that_could_not_be_one_is_that_of_no_run(folder, run):
    store = Store(str(folder / "deep"))
    save(store, 1, whole=True)
    (folder / "secret-00000000000").mkdir()
    (folder / "secret-00000000000" / "about.json").write_text("{}")
    assert store.load(run) is None and store.about(run) is None
    store.delete(run)
    with pytest.raises(StoreError, match="not in the store"):
        store.rename(run, "x")
    with pytest.raises(ValueError, match="no run id"):
        about(run)
    assert (folder / "secret-00000000000" / "about.json").exists() and loaded_step(store) == 1


def test_names_that_could_not_be_files_are_refused(store):
    with pytest.raises(ValueError, match="no owner"):
        about(owner="../ids")
    with pytest.raises(ValueError, match="no part"):
        store.save(about(), {"../head": b""}, ["../head"])
    with pytest.raises(ValueError, match="expected unix seconds"):
        about(saved=float("nan"))
    with pytest.raises(ValueError, match="expected int"):
        about(step="3")


# -- where it is saved ---------------------------------------------------------------------------------------


def test_the_folder_is_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("RNNVIZ_STORE")
    save(Store(), 1, whole=True)
    assert (tmp_path / "data" / "rnnviz" / "runs" / "ids" / RUN / "about.json").exists()
    assert (tmp_path / "data" / "rnnviz" / "runs").stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("RNNVIZ_STORE", str(tmp_path / "other"))
    assert Store().load(RUN) is None


def test_an_address_that_nothing_answers_to():
    with pytest.raises(StoreError, match="begins with 'nowhere'") as caught:
        Store("nowhere://user:secret@host/x")
    assert "secret" not in str(caught.value)


# -- what goes wrong -----------------------------------------------------------------------------------------


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
    code = f"import sys, pathlib, test_store; test_store.{function.__name__}(pathlib.Path(sys.argv[1]))"
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


@pytest.mark.parametrize(
    "code, words",
    [
        (errno.ENOSPC, "no space left on device.*in memory.*Free some space"),
        (errno.EROFS, "read-only.*Let the server write"),
    ],
)
def test_what_helps_is_said(folder, monkeypatch, code, words):
    store = Store(str(folder))
    save(store, 5, whole=True)

    def refuse(path, mode):
        raise OSError(code, os.strerror(code), path)

    monkeypatch.setattr(files_module, "open", refuse, raising=False)
    with pytest.raises(StoreError, match=words) as caught:
        save(store, 6)
    assert str(folder) not in str(caught.value)
    monkeypatch.undo()
    assert loaded_step(store) == 5


def test_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(str(tmp_path / "file" / "kept"))
    with pytest.raises(StoreError, match="could not be saved: not a directory"):
        save(store, 1, whole=True)


def test_a_folder_that_vanishes_and_comes_back(folder, tmp_path):
    store = Store(str(folder))
    save(store, 5, whole=True)
    folder.rename(tmp_path / "away")
    assert store.load(RUN) is None and store.runs("owner-a") == []
    with pytest.raises(PartsMissing) as caught:
        save(store, 6)
    assert sorted(caught.value.names) == sorted(set(saved_at(6)) - {"head", "snapshot-6"})
    assert not folder.exists()
    save(store, 6, whole=True)
    assert loaded_step(store) == 6
    shutil.rmtree(folder)
    (tmp_path / "away").rename(folder)
    with pytest.raises(PartsMissing):
        save(store, 7)  # what is there is of another time
    assert loaded_step(store) == 5
    save(store, 7, whole=True)
    assert loaded_step(store) == 7


def test_two_servers_with_one_run(url):
    one, two = Store(url), Store(url)
    save(one, 5, whole=True)
    assert loaded_step(two) == 5
    for step in range(6, 12):
        first, second = (one, two) if step % 2 else (two, one)
        save(first, step, whole=step > 6)
        with pytest.raises(PartsMissing):
            save(second, step)
        assert loaded_step(one) == loaded_step(two) == step
    two.delete(RUN)
    with pytest.raises(PartsMissing):
        save(one, 12)


def test_loading_while_it_is_saved_gives_one_save(store):
    save(store, 0)
    stop, failed = threading.Event(), []

    def go_on():
        step = 0
        while not stop.is_set():
            step += 1
            try:
                save(store, step)
            except StoreError as error:
                failed.append(error)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        steps = [loaded_step(store)]
        while len(set(steps)) < 12:
            steps.append(loaded_step(store))
    finally:
        stop.set()
        thread.join()
    assert not failed and steps == sorted(steps)


def test_a_run_that_is_saved_many_times_while_it_is_read(store, monkeypatch):
    save(store, 5, whole=True)
    read, between = store.files.read, iter([6, 7, 8])

    def slowly(paths):
        paths = list(paths)
        if paths[0][-1] != "about.json" and (step := next(between, None)):
            monkeypatch.setattr(store.files, "read", read)
            save(store, step, whole=True)
            save(store, step * 10, whole=True)
            monkeypatch.setattr(store.files, "read", slowly)
        return read(paths)

    monkeypatch.setattr(store.files, "read", slowly)
    assert loaded_step(store) == 80
    between = iter(range(9, 99))
    with pytest.raises(StoreError, match="saved all the time"):
        store.load(RUN)


# -- what is damaged -----------------------------------------------------------------------------------------


def damage(folder: Path, name: str, content) -> None:
    path = next((folder / "ids" / RUN).glob(name))
    path.write_bytes(content(path.read_bytes()))


@pytest.mark.parametrize(
    "name, content",
    [
        ("head.*", lambda b: b[:-1]),
        ("head.*", lambda b: b""),
        ("snapshot-4.*", lambda b: b[:50] + b"?" + b[51:]),
        ("about.json", lambda b: b[:-9]),
        ("about.json", lambda b: b""),
        ("about.json", lambda b: b"[" * 100_000),
        ("about.json", lambda b: b"[]"),
        ("about.json", lambda b: b.replace(b"rnnviz-store-1", b"rnnviz-store-2")),
        ("about.json", lambda b: b.replace(b'"head.', b'"../../../head.')),
        ("about.json", lambda b: b.replace(RUN.encode(), b"run-0000000000002")),
        ("about.json", lambda b: b.replace(b'"step": 5', b'"step": "5"')),
        ("about.json", lambda b: b.replace(b'"saved": 18', b'"saved": Infinity, "x": 18')),
        ("about.json", lambda b: b"\xff\xfe"),
    ],
)
def test_a_damaged_run_is_refused_in_words(folder, name, content):
    store = Store(str(folder))
    save(store, 5, whole=True)
    damage(folder, name, content)
    with pytest.raises(StoreError, match="This saved run is damaged"):
        Store(str(folder)).load(RUN)
    assert len(store.runs("owner-a")) == (name != "about.json")
    if name == "about.json":
        with pytest.raises(PartsMissing):
            save(store, 6)
        save(store, 6, whole=True)
        assert loaded_step(store) == 6
    store.delete(RUN)
    assert store.load(RUN) is None


def test_a_part_that_is_gone(folder):
    store = Store(str(folder))
    save(store, 5, whole=True)
    next((folder / "ids" / RUN).glob("snapshot-4.*")).unlink()
    with pytest.raises(StoreError, match="damaged: snapshot-4 not as it was saved"):
        store.load(RUN)


# -- what is too much ----------------------------------------------------------------------------------------


def fill(url: str, days: list[float], size: int = 10) -> list[str]:
    """Runs saved so many days after NOW, by servers of the past."""
    runs = [f"run-{k:0>16}" for k in range(len(days))]
    for run, day in zip(runs, days, strict=True):
        Store(url).save(about(run, saved=NOW + day * DAY), {"head": bytes(size)}, ["head"])
    return runs


def left(url: str) -> list[str]:
    return sorted(found.id for found in Store(url).runs("owner-a"))


def test_old_runs_are_purged(url):
    runs = fill(url, [-5.0 * k for k in range(12)])
    assert Store(url).purge(keep=[runs[9]]) == [runs[11], runs[10], runs[8], runs[7]]
    assert left(url) == [*runs[:7], runs[9]]
    assert {path[2] for path in Store(url).files.sizes() if path[0] == "owners"} == set(left(url))


def test_the_age_allowed_is_a_setting(url, monkeypatch):
    monkeypatch.setenv("RNNVIZ_STORE_DAYS", "4")
    runs = fill(url, [-float(k) for k in range(10)])
    Store(url).purge()
    assert left(url) == runs[:5]


@pytest.mark.parametrize("jump", [-20_000, -60, 60, 20_000])
def test_a_clock_that_jumps_deletes_nothing_that_was_just_saved(url, jump):
    runs = fill(url, [-float(k) for k in range(20)])
    store = Store(url)
    store.save(about("run-after-the-jump", saved=NOW + jump * DAY), {"head": b"h"}, ["head"])
    assert store.purge() == []
    assert Store(url).purge() == []  # nor does a server that starts then
    store.save(about("run-after-the-next", saved=NOW + DAY), {"head": b"h"}, ["head"])  # the clock is right again
    assert store.purge() == []
    assert set(runs) < set(left(url))


def test_even_beside_a_full_history_what_a_wrong_clock_stamped_here_stays(url):
    fill(url, [-float(k) for k in range(30)])
    store = Store(url)
    store.save(about("run-of-1970-000000", saved=3.0), {"head": b"h"}, ["head"])
    assert store.purge() == []


def test_a_long_silence_makes_nothing_old_at_once(url):
    runs = fill(url, [-400.0, -1.0, 0.0])
    assert Store(url).purge() == [] and left(url) == runs


def test_the_oldest_go_where_there_is_no_room(url, monkeypatch):
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    runs = fill(url, [0.01 * k for k in range(9)], size=100_000)
    assert Store(url).purge() == []
    live = about("run-lives-and-lives", saved=NOW - DAY)
    store = Store(url)
    store.save(live, {"head": bytes(300_000)}, ["head"])
    assert store.purge(keep=[live.id]) == runs[:4]
    assert left(url) == sorted([live.id, *runs[4:]])
    assert store.status()["runs"] == 6 and 800_000 < store.status()["bytes"] < 900_000


def test_a_full_store_takes_no_more_until_it_is_purged(url, monkeypatch):
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    store = Store(url)
    for k in range(4):
        store.save(about(f"run-000000000000{k}", saved=NOW + k), {"head": bytes(240_000)}, ["head"])
    late = about("run-0000000000009", saved=NOW + 9)
    with pytest.raises(StoreFull, match="at most 1 MB of runs. It goes on, is kept in memory"):
        store.save(late, {"head": bytes(240_000)}, ["head"])
    store.save(replace(late, id="run-0000000000003"), {"head": bytes(200_000)}, ["head"])  # smaller than it was
    store.delete("run-0000000000000")
    store.save(late, {"head": bytes(240_000)}, ["head"])
    assert store.load(late.id)
    with pytest.raises(StoreFull):
        store.save(about("run-000000000000a", saved=NOW + 10), {"head": bytes(240_000)}, ["head"])
    assert store.purge()[:2] == ["run-0000000000001", "run-0000000000002"]
    store.save(about("run-000000000000a", saved=NOW + 10), {"head": bytes(240_000)}, ["head"])


def test_purging_makes_room_for_what_was_refused(url, monkeypatch):
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    runs, store = fill(url, [0.0, 0.01, 0.02], size=240_000), Store(url)
    assert store.purge() == []
    late = about("run-0000000000009", saved=NOW + DAY), {"head": bytes(300_000)}, ["head"]
    with pytest.raises(StoreFull):
        store.save(*late)
    assert store.purge() == runs[:1]
    store.save(*late)


def test_a_run_that_does_not_grow_is_saved_even_where_there_is_too_much(url, monkeypatch):
    runs = fill(url, [0.0, 0.01], size=900_000)
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    store = Store(url)
    assert store.purge(keep=runs) == []
    store.save(about(runs[0], saved=NOW + DAY), {"head": bytes(899_999) + b"1"}, ["head"])
    assert store.load(runs[0])[1]["head"][-1:] == b"1"


def test_a_run_may_be_too_large(store, monkeypatch):
    monkeypatch.setenv("RNNVIZ_RUN_MB", "1")
    store = Store("memory://large")
    with pytest.raises(StoreError, match=r"takes 1.2 MB.*at most 1 MB"):
        store.save(about(), {"head": bytes(600_000), "data": bytes(600_000)}, ["head", "data"])
    assert store.files.sizes() == {}


def test_what_the_store_did_not_make_stays(folder, monkeypatch):
    monkeypatch.setattr(store_module, "STRAY_SECONDS", 0)
    store = Store(str(folder))
    save(store, 5, whole=True)
    foreign = [folder / "thesis.doc", folder / "ids" / "notes.txt", folder / "ids" / RUN / "photo.jpg"]
    foreign += [folder / "ids" / RUN / "deep" / "head.00000000", folder / "owners" / "owner-a" / "x"]
    for path in foreign:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    save(store, 6)
    store.save(about("run-0000000000002"), {"head": b"h"}, ["head"])
    (folder / "ids" / "run-0000000000002" / "about.json").write_text("damaged, or of a later version")
    before = store.files.sizes()  # among them a head that was dropped: perhaps it is being read
    stray = folder / "ids" / RUN / "head.0123abcd"
    stray.write_text("half")
    assert store.purge() == store.purge() == []
    assert store.files.sizes() == before and all(path.exists() for path in foreign) and not stray.exists()
    assert loaded_step(store) == 6


def test_purging_while_runs_are_saved(url, monkeypatch):
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    monkeypatch.setattr(store_module, "STRAY_SECONDS", 0)
    fill(url, [-0.01 * k for k in range(20)], size=60_000)
    store = Store(url)
    for step in range(12):
        save(store, step, whole=step == 0)
        store.purge(keep=[RUN])
        assert loaded_step(store) == step
    assert 3 < len(left(url)) < 20


def test_about_is_plain_json(folder):
    save(Store(str(folder)), 2, whole=True)
    plain = json.loads((folder / "ids" / RUN / "about.json").read_text())
    assert plain["about"]["settings"] == {"task": "adding"} and set(plain["files"]) == set(saved_at(2))


def test_what_a_power_cut_leaves_is_whole(folder, monkeypatch):
    """Every file is on the disk before about.json names it."""
    store, synced, missing = Store(str(folder)), set(), []
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
