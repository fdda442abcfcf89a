"""Download buttons whose file is made when they are pressed, and is there until the browser has fetched it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx


def download_button(label: str, make: Callable[[], str | bytes], file: str, kind: str, **options: Any) -> None:
    """As `st.download_button`, without a run of the page. make: gives the content, on another thread, which knows no
    visitor; kind: its media type."""
    content = _held(make, file, kind, f"download {label}")
    st.download_button(label, content, file, kind, on_click="ignore", **options)


def _held(make: Callable[[], str | bytes], file: str, kind: str, place: str) -> Callable[[], bytes]:
    """`make`, whose content then counts as shown at a place on the visitor's page.

    Streamlit drops a file that no page shows with the second run that anybody's page or fragment ends after it: with
    a class whose pages refresh themselves, sooner than a browser can ask for it.
    """
    context = get_script_run_ctx()

    def made() -> bytes:
        found = make()
        content = found.encode() if isinstance(found, str) else found
        if context is not None and runtime.exists():
            manager = runtime.get_instance().media_file_mgr
            hold = threading.Thread(target=manager.add, args=(content, kind, place, file, True))
            add_script_run_ctx(hold, context)  # whose page it is
            hold.start()
            hold.join()
        return content

    return made
