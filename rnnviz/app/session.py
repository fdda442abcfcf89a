"""Who is here: the visitor behind a script run, the engine all share, and noticing that a visitor has left.

`Visitor` is the one object in `st.session_state`. A second object, `Presence`, lives in Streamlit's cache of
session-scoped resources for one reason: Streamlit releases it when the visitor's connection ends, and the
visitor's jobs are then orphaned: paused at once, let go later. A dropped connection looks the same; when the
browser is back, the first run or tick that asks for its visitor makes a new Presence and attaches the jobs.

A reload is a new session to Streamlit. So a visitor who has left waits for a while under their owner, and the next
session of that owner goes on as the same visitor, with their settings, uploads and runs.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from rnnviz.app import owner
from rnnviz.app.visitor import Picture as Picture
from rnnviz.app.visitor import Visitor as Visitor
from rnnviz.runs import Engine, get_engine

GRACE = 0.2  # seconds between losing a connection and orphaning: a run on its way ends, a short gap closes
_KEY = "visitor"

_here: list[Presence] = []
_left: dict[str, Visitor] = {}  # by owner: the visitor who left last, and may be back
_lock = threading.Lock()


def visitor() -> Visitor:
    """The visitor whose script run this is; asking is a sign of presence."""
    return _presence().visitor


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """The process-wide engine. Its workers start warming up at the first call."""
    found = get_engine()
    found.warm_up()
    return found


@dataclass(frozen=True, eq=False)
class Presence:
    """That a visitor's browser is connected, over the session of this name."""

    visitor: Visitor
    session: str

    def end(self) -> None:
        """Called on the server's event loop, which must not wait for the engine."""
        with _lock:
            if self in _here:
                _here.remove(self)
            _left[self.visitor.owner] = self.visitor
        _later(GRACE, self._orphan)

    def _orphan(self) -> None:
        if runtime.exists() and runtime.get_instance().is_active_session(self.session):
            return  # back already: the next Presence has attached the jobs, or will
        if not _is_here(self.visitor):  # nor back as another session
            self.visitor.leave()
            _later(get_engine().orphan_seconds, self._forget)

    def _forget(self) -> None:
        with _lock:
            if _left.get(self.visitor.owner) is self.visitor:
                del _left[self.visitor.owner]


def _is_here(who: Visitor) -> bool:
    with _lock:
        return any(presence.visitor is who for presence in _here)


def _later(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


@st.cache_resource(scope="session", show_spinner=False, on_release=Presence.end)
def _presence() -> Presence:
    who, shared = owner.hashed(owner.token()), engine()
    context = get_script_run_ctx()
    name = context.session_id if context else ""
    with _lock:
        here: Visitor | None = st.session_state.get(_KEY)
        if here is None or any(other.visitor is here and other.session != name for other in _here):
            left = _left.get(who)  # unless another session went on as they
            here = left if left is not None and left.engine is shared and not _taken(left) else Visitor(shared, who)
        if _left.get(who) is here:
            del _left[who]
        st.session_state[_KEY] = here
        present = Presence(here, name)
        _here.append(present)
    here.attach()
    return present


def _taken(left: Visitor) -> bool:
    """Whether a session goes on as this visitor (the caller holds the lock)."""
    return any(other.visitor is left for other in _here)


@st.cache_resource(show_spinner=False)
def settle(page: str) -> None:
    """Once per page and process, when its modules are loaded: take them out of the garbage collector's work.

    Collections run while visitors wait; walking the modules of Streamlit and plotly takes 50 ms each time.
    """
    gc.collect()
    gc.freeze()
