"""Closing the tab orphans the visitor's jobs within a second; a dropped connection that returns keeps them."""

from __future__ import annotations

import time

import pytest

SCRIPT = "tests/browser/scripts/presence_page.py"


@pytest.fixture
def notes(tmp_path):
    return tmp_path / "notes.txt"


def verbs(notes):
    """(seconds since 1970, verb, job) of everything the engine was told."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    return [(float(when), verb, job) for when, verb, job in (line.split() for line in lines)]


def wait_for(notes, verb, count, seconds=10):
    end = time.time() + seconds
    while time.time() < end:
        found = [entry for entry in verbs(notes) if entry[1] == verb]
        if len(found) >= count:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{count} times {verb!r} were expected: {verbs(notes)}")


def test_closing_the_tab_orphans_the_jobs_within_a_second(start_server, visit, notes):
    server = start_server(SCRIPT, RNNVIZ_TEST_NOTES=str(notes))
    tab = visit()
    tab.page.goto(server.address())
    tab.page.get_by_text("2 jobs run here.").wait_for()
    assert verbs(notes) == []
    closed = time.time()
    tab.page.close()
    first = wait_for(notes, "orphan", 1)[0]
    assert first[0] - closed < 1
    # This engine takes two seconds for each call; the server answers others meanwhile.
    other = visit()
    other.page.goto(server.address())
    other.page.get_by_text("2 jobs run here.").wait_for()
    assert time.time() - first[0] < 10
    assert [job for _, _, job in wait_for(notes, "orphan", 2)] == ["job-a", "job-b"]


def test_a_connection_that_comes_back_keeps_its_jobs(start_server, visit, notes):
    server = start_server(SCRIPT, RNNVIZ_TEST_NOTES=str(notes))
    tab = visit()
    sockets = []

    def relay(socket):
        sockets.append(socket)
        socket.connect_to_server()

    tab.page.route_web_socket("**/_stcore/stream*", relay)
    tab.page.goto(server.address())
    tab.page.get_by_text("2 jobs run here.").wait_for()
    sockets[0].close()
    deadline = time.time() + 20
    while len(sockets) < 2 and time.time() < deadline:
        tab.page.wait_for_timeout(50)  # which lets the browser's events through
    assert len(sockets) == 2
    tab.page.wait_for_timeout(1500)
    told = verbs(notes)
    orphaned, attached = ([job for _, verb, job in told if verb == word] for word in ("orphan", "attach"))
    assert attached == ["job-a", "job-b"], told
    # If the gap was long enough to orphan them, attaching came after.
    assert not orphaned or told[-1][1] == "attach"
    tab.check()
