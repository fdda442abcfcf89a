"""A file that a button makes stays until it is fetched, whatever pages refresh themselves meanwhile."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from rnnviz.app import download


@pytest.fixture
def manager(monkeypatch):
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(media_file_mgr=manager))
    return manager


def pressed(manager: MediaFileManager, make, file: str = "a.txt") -> str:
    """The name under which the file is fetched."""
    place = manager.add_deferred(make, "text/plain", "1.2", file)
    return manager.execute_deferred(place).rpartition("/")[2]


def run_of_somebody(manager: MediaFileManager) -> None:
    manager.remove_orphaned_files()  # what Streamlit does at the end of each run, fragments included


def test_a_file_outlives_the_runs_of_other_pages(manager, monkeypatch):
    monkeypatch.setattr(download, "get_script_run_ctx", lambda: SimpleNamespace(session_id="ada"))
    name = pressed(manager, download._held(lambda: "text ü", "a.txt", "text/plain", "download a"))
    for _ in range(5):
        run_of_somebody(manager)
    assert manager.read_file(name).content == "text ü".encode()
    other = pressed(manager, download._held(lambda: b"more", "a.txt", "text/plain", "download a"))
    for _ in range(2):
        run_of_somebody(manager)
    assert manager.read_file(other).content == b"more" and manager.read_file(name) is None, "one at a place"
    manager.clear_session_refs("ada")  # the page runs as a whole, or its visitor leaves
    for _ in range(2):
        run_of_somebody(manager)
    assert manager.read_file(other) is None


def test_streamlit_alone_would_lose_it(manager):
    """Where this fails, `_held` has become needless."""
    name = pressed(manager, lambda: b"text")
    for _ in range(2):
        run_of_somebody(manager)
    assert manager.read_file(name) is None


def test_what_fails_to_be_made_is_not_held(manager):
    def fails() -> str:
        raise ValueError("no")

    with pytest.raises(MediaFileStorageError, match="no"):
        pressed(manager, download._held(fails, "a.txt", "text/plain", "download a"))
