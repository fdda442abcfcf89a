"""What the page for the person running the class shows: counts of visitors, runs, memory and workers. No one's data."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import psutil
import streamlit as st

from rnnviz.app import admin, owner, session
from rnnviz.app.words import literal

REFRESH = 2  # seconds
_OPEN = "class page is open"


def opened() -> bool:
    """Whether this visitor has typed the secret; asks for it where not. False, with a word, where the page is off."""
    if not admin.secret():
        st.info(
            f"This page is off. Start the server with a secret in the environment variable {admin.VARIABLE}, "
            f"at least {admin.SHORTEST} characters long, to turn it on.",
            icon=":material/lock:",
        )
        return False
    if not st.session_state.get(_OPEN, False):
        _ask()
    return bool(st.session_state.get(_OPEN, False))


def _ask() -> None:
    with st.form("secret", clear_on_submit=True, width=420):
        guess = st.text_input("Secret", type="password", max_chars=200, help=f"What {admin.VARIABLE} held at the start")
        sent = st.form_submit_button("Open", icon=":material/lock_open:")
    if not sent:
        return
    who = owner.token()
    wait = admin.door().wait(who)
    if wait:
        st.warning(f"Too many wrong secrets. Try again in {math.ceil(wait)} s.", icon=":material/hourglass_top:")
    elif admin.door().opens(guess, who):
        st.session_state[_OPEN] = True
        st.rerun()
    else:
        st.error("That is not the secret.", icon=":material/lock:")


@st.fragment(run_every=REFRESH)
def board() -> None:
    """How the server is doing, again and again."""
    status = session.engine().status()
    workers, store = status.get("workers", []), status.get("store", {})
    for name, words in (("Training", status.get("trouble")), ("Saving", store.get("trouble"))):
        if words:
            st.error(f"{name}: {literal(words)}", icon=":material/error:")
    machine = psutil.virtual_memory()
    resident = [worker["rss"] for worker in workers if worker.get("rss")]
    counts = (
        ("Visitors", status.get("visitors", 0), "Browsers connected now"),
        ("Runs", status.get("jobs", 0), "Runs that are kept in memory, playing or not"),
        ("Playing", status.get("playing", 0), "Runs that train now"),
        ("Waiting", status.get("waiting", 0), "Runs in the queue for a worker"),
        ("Saved runs", store.get("runs", 0), f"They take {size(store.get('bytes', 0))}"),
    )
    memory = (
        ("Memory: server", size(psutil.Process().memory_info().rss), "Of the process that serves the pages"),
        ("Memory: workers", size(sum(resident)) if resident else "-", "Of all processes that train, where it is known"),
        ("Memory: free", size(machine.available), f"What this machine has left, of {size(machine.total)}"),
    )
    for figures in (counts, memory):
        with st.container(horizontal=True, gap="small"):
            for label, value, words in figures:
                st.metric(label, value, help=words, border=True, width=165)
    st.dataframe([row(worker) for worker in workers], hide_index=True, placeholder="No worker yet.")
    words = [f"Up for {duration(time.time() - status['started'])}."] if status.get("started") else []
    if store.get("url"):
        words.append(f"Runs are saved in {literal(store['url'])}.")
    st.caption(" ".join(words))


def row(worker: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the table of workers."""
    return {
        "Worker": worker.get("label", ""),
        "Process": worker.get("pid"),
        "State": "ready" if worker.get("ready") else "starting",
        "Runs": worker.get("jobs", 0),
        "Playing": worker.get("playing", 0),
        "Memory": size(worker["rss"]) if worker.get("rss") else "-",
    }


def size(count: float) -> str:
    """A number of bytes, in MB or GB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def duration(seconds: float) -> str:
    """A time in its two largest units: `"3 h 20 min"`."""
    minutes = int(max(0.0, seconds)) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
