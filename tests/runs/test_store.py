"""What is saved is loaded, whole, whoever else saves, reads or deletes; and what is damaged is refused in words."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from pathlib import Path

import pytest
from saved_runs import NOW, RUN, about, loaded_step, save, saved_at

from rnnviz.runs import files as files_module
from rnnviz.runs.store import PartsMissing, Store, StoreError


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


def test_about_is_plain_json(folder):
    save(Store(str(folder)), 2, whole=True)
    plain = json.loads((folder / "ids" / RUN / "about.json").read_text())
    assert plain["about"]["settings"] == {"task": "adding"} and set(plain["files"]) == set(saved_at(2))


# -- what goes wrong -----------------------------------------------------------------------------------------


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
