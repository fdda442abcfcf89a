"""What the server does besides pages: its engine lives as long as it does; bad settings end it, in words."""

from __future__ import annotations

import asyncio

import pytest

from rnnviz.app import admin, serving
from rnnviz.runs import engine as engines


class Engine:
    def __init__(self):
        self.told = []

    def warm_up(self):
        self.told.append("warm up")

    def close(self):
        self.told.append("close")


def test_the_engine_is_warm_before_the_first_visitor_and_closed_at_the_end(monkeypatch):
    engine = Engine()
    monkeypatch.setattr(serving, "get_engine", lambda: engine)

    async def live():
        async with serving.prepare()["lifespan"](None):
            assert engine.told == ["warm up"]

    asyncio.run(live())
    assert engine.told == ["warm up", "close"]


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        (admin.VARIABLE, "short", "at least 8"),
        ("RNNVIZ_ENGINE", "steam", "Valid names"),
        ("RNNVIZ_WORKERS", "-1", "above 0"),
    ],
)
def test_a_bad_setting_ends_the_start_with_a_sentence(monkeypatch, variable, value, words):
    monkeypatch.setattr(engines, "_engines", {})
    monkeypatch.delenv("RNNVIZ_ENGINE", raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit, match=words) as said:
        serving.prepare()
    assert isinstance(said.value.code, str)  # which makes the exit status 1
