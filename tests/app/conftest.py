"""The app as Streamlit runs it in tests, with the inline engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rnnviz.runs import engine as engines


@pytest.fixture
def inline_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs train in this process, a slice whenever a page looks; so do errands; every test has an engine of its own."""
    import streamlit as st

    monkeypatch.setenv("RNNVIZ_ENGINE", "inline")
    monkeypatch.setenv("RNNVIZ_ERRANDS", "inline")
    st.cache_resource.clear()
    yield
    for engine in engines._engines.values():
        engine.close()
        engine.keeper.close()
    engines._engines.clear()
    st.cache_resource.clear()
