"""`/health`: what ails the server is named, nobody's data is."""

from __future__ import annotations

import asyncio
import json

import pytest

from rnnviz.app import health

GOOD = {
    "workers": [
        {"label": "secret label", "pid": 5, "ready": True, "jobs": 2, "playing": 1, "rss": 3 * 10**8},
        {"label": "another", "pid": 6, "ready": False, "jobs": 0, "playing": 0, "rss": None},
    ],
    "jobs": 2,
    "playing": 1,
    "waiting": 0,
    "visitors": 2,
    "trouble": "",
    "store": {"url": "file:///home/somebody/runs", "trouble": "", "runs": 3, "bytes": 10},
    "started": 1000.0,
    "engine": "pool",
}


class Engine:
    def __init__(self, status):
        self.status = lambda: status


def ask(monkeypatch, status):
    """The endpoint's status code, headers and JSON."""
    monkeypatch.setattr(health, "get_engine", lambda: Engine(status))
    monkeypatch.setattr(health.time, "time", lambda: 1090.04)
    scope = {"type": "http", "method": "GET", "path": "/health", "query_string": b"", "headers": []}
    sent = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    asyncio.run(health.ROUTE.handle(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, json.loads(sent[1]["body"])


def test_a_server_in_good_health_counts_and_tells_no_names(monkeypatch):
    code, headers, said = ask(monkeypatch, GOOD)
    assert code == 200 and headers["content-type"] == "application/json" and headers["cache-control"] == "no-store"
    assert said == {
        "status": "ok",
        "trouble": [],
        "workers": 2,
        "ready": 1,
        "jobs": 2,
        "playing": 1,
        "waiting": 0,
        "uptime": 90.0,
    }


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"trouble": "The scheduler at tcp://10.0.0.7:8786 does not answer."}, ["workers"]),
        ({"workers": [], "waiting": 1}, ["workers"]),
        ({"store": {"trouble": "No space left in /home/somebody/runs"}}, ["store"]),
        ({"store": {"trouble": "full"}, "trouble": "none"}, ["workers", "store"]),
    ],
)
def test_what_ails_it_is_named_without_particulars(monkeypatch, change, trouble):
    code, _, said = ask(monkeypatch, GOOD | change)
    assert (code, said["status"], said["trouble"]) == (503, "degraded", trouble)
    assert not any(word in json.dumps(said) for word in ("10.0.0.7", "somebody", "secret"))


@pytest.mark.parametrize("change", [{"workers": []}, {"waiting": 3}])
def test_an_idle_server_and_a_busy_one_are_well(monkeypatch, change):
    """Nobody there yet, no worker needed; a queue, and workers that are at it."""
    assert ask(monkeypatch, GOOD | change)[0] == 200


def test_a_clock_that_was_set_back_gives_no_negative_uptime(monkeypatch):
    assert ask(monkeypatch, GOOD | {"started": 2000.0})[2]["uptime"] == 0


def test_an_engine_that_says_nothing_is_well(monkeypatch):
    code, _, said = ask(monkeypatch, {})
    assert code == 200 and said["workers"] == said["jobs"] == said["playing"] == 0 and said["uptime"] >= 0
