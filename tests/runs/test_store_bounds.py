"""What is too old or too much goes; never what lives, what was just saved, or what the store did not make."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved_runs import NOW, RUN, about, loaded_step, save

from rnnviz.runs import store as store_module
from rnnviz.runs.store import DAY, Store, StoreError, StoreFull


@pytest.fixture(params=["folder", "memory"])
def url(request, tmp_path):
    return str(tmp_path / "kept") if request.param == "folder" else f"memory://{tmp_path.name}"


@pytest.fixture
def one_owner(monkeypatch):
    """All of the store may be one owner's."""
    monkeypatch.setattr(store_module, "OWNER_SHARE", 0.1)


def fill(url: str, days: list[float], size: int = 10, **changes) -> list[str]:
    """Runs saved so many days after NOW, by servers of the past."""
    runs = [f"run-{k:0>16}" for k in range(len(days))]
    for run, day in zip(runs, days, strict=True):
        Store(url).save(about(run, saved=NOW + day * DAY, **changes), {"head": bytes(size)}, ["head"])
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


def test_the_oldest_go_where_there_is_no_room(url, monkeypatch, one_owner):
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    runs = fill(url, [0.01 * k for k in range(9)], size=100_000)
    assert Store(url).purge() == []
    live = about("run-lives-and-lives", saved=NOW - DAY)
    store = Store(url)
    store.save(live, {"head": bytes(300_000)}, ["head"])
    assert store.purge(keep=[live.id]) == runs[:4]
    assert left(url) == sorted([live.id, *runs[4:]])
    assert store.status()["runs"] == 6 and 800_000 < store.status()["bytes"] < 900_000


def test_a_full_store_takes_no_more_until_it_is_purged(url, monkeypatch, one_owner):
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


def test_purging_makes_room_for_what_was_refused(url, monkeypatch, one_owner):
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


def test_a_run_may_be_too_large(url, monkeypatch):
    monkeypatch.setenv("RNNVIZ_RUN_MB", "1")
    store = Store(url)
    with pytest.raises(StoreError, match=r"takes 1.2 MB.*at most 1 MB"):
        store.save(about(), {"head": bytes(600_000), "data": bytes(600_000)}, ["head", "data"])
    assert store.files.sizes() == {}


def of_eight(url: str) -> list[str]:
    """A run of each of eight owners, all older than whatever comes later."""
    runs = [f"run-of-owner-00000{k}" for k in range(8)]
    for k, run in enumerate(runs):
        Store(url).save(about(run, owner=f"owner-{k}", saved=NOW - DAY + k), {"head": bytes(60_000)}, ["head"])
    return runs


def test_one_owner_does_not_push_out_the_runs_of_others(url, monkeypatch, one_owner):
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    theirs, hogs = of_eight(url), fill(url, [0.01 * k for k in range(30)], size=60_000, owner="hog")
    gone = Store(url).purge()
    assert gone == hogs[: len(gone)]  # oldest first
    store = Store(url)
    assert all(store.about(run) for run in theirs)
    assert len(store.runs("hog")) == 6  # of 0.9 MB: (900 - 480) / 60, and each has an about.json


def test_who_has_most_gives_until_another_has_more_and_what_is_kept_counts(url, monkeypatch, one_owner):
    few = fill(url, [0.0, 0.01, 0.02], size=200_000, owner="few")
    live = [f"run-that-lives-000{k}" for k in range(2)]
    for run in live:
        Store(url).save(about(run, owner="lives", saved=NOW - DAY), {"head": bytes(340_000)}, ["head"])
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    assert Store(url).purge(keep=live) == few[:2]


def test_one_owner_keeps_a_quarter_at_most(url, monkeypatch):
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    store = Store(url)
    first, second = about("run-0000000000001"), about("run-0000000000002")
    store.save(first, {"head": bytes(150_000)}, ["head"])
    too_much = "your runs take 0.3 MB, and this server keeps at most 0.2 MB of one person's.*Delete.*save them to files"
    with pytest.raises(StoreError, match=too_much) as refused:
        store.save(second, {"head": bytes(150_000)}, ["head"])
    assert not isinstance(refused.value, StoreFull) and store.load(second.id) is None
    store.save(replace(second, owner="owner-b"), {"head": bytes(150_000)}, ["head"])  # another has room
    store.save(first, {"head": bytes(240_000)}, ["head"])
    with pytest.raises(StoreError, match="of one person's"):
        store.save(first, {"head": bytes(260_000)}, ["head"])
    again = Store(url)
    again.purge()  # counts what there is
    with pytest.raises(StoreError, match="of one person's"):
        again.save(replace(first, id="run-0000000000003"), {"head": bytes(20_000)}, ["head"])
    again.delete(first.id)
    again.save(replace(first, id="run-0000000000003"), {"head": bytes(240_000)}, ["head"])


def test_what_is_too_large_is_refused_before_it_is_read_through(url, monkeypatch):
    monkeypatch.setenv("RNNVIZ_RUN_MB", "1")
    monkeypatch.setattr(store_module, "digest", lambda content: pytest.fail("it was read"))
    with pytest.raises(StoreError, match="at most 1 MB"):
        Store(url).save(about(), {"head": bytes(1_100_000)}, ["head"])


def test_what_the_store_did_not_make_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "STRAY_SECONDS", 0)
    folder = tmp_path / "kept"
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


def test_purging_while_runs_are_saved(url, monkeypatch, one_owner):
    monkeypatch.setenv("RNNVIZ_STORE_MB", "1")
    monkeypatch.setattr(store_module, "STRAY_SECONDS", 0)
    fill(url, [-0.01 * k for k in range(20)], size=60_000)
    store = Store(url)
    for step in range(12):
        save(store, step, whole=step == 0)
        store.purge(keep=[RUN])
        assert loaded_step(store) == step
    assert 3 < len(left(url)) < 20
