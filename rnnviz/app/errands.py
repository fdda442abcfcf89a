"""Errands for a page: asked for under a key, waited for without blocking the page, ended when nobody waits."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from rnnviz.app import session
from rnnviz.app.words import literal
from rnnviz.errands import Arrays, Words
from rnnviz.runs.errand import CANCELLED, DONE, FAILED, WAITING, Errand, send

EVERY = 0.4  # seconds between two looks at one that is on its way


def ask(key: str, version: Hashable, name: str, words: Words, arrays: Callable[[], Arrays] = dict) -> Errand:
    """The errand under `key`: the one that is there if it was asked for with the same version, else a new one.

    arrays: makes what it is given, called only for a new one, and not on the page's own thread. A former one under
    this key is cancelled. Raises UnknownName where there is no such errand.
    """
    kept = session.visitor().errands
    if key not in kept or kept[key][0] != version:
        forget(key)
        kept[key] = version, send(name, words, arrays)
    return kept[key][1]


def asked(key: str) -> Any:
    """The version that was last asked for by the button of `wanted`; None for none."""
    return session.visitor().noted.get(f"{key} asked")


def wanted(key: str, version: Hashable, label: str, icon: str = "play_arrow") -> bool:
    """Whether the errand under `key`, which takes long, has been asked for by its button, which else stands here."""
    found = asked(key) == version
    if not found:
        noted = session.visitor().noted
        st.button(
            label, key=f"{key} go", icon=f":material/{icon}:", on_click=noted.update, args=({f"{key} asked": version},)
        )
    return found


def forget(key: str) -> None:
    """Have the errand under `key` end, if it is there; the next `ask` begins anew."""
    found = session.visitor().errands.pop(key, None)
    if found is not None:
        found[1].cancel()


def show(key: str, errand: Errand, what: str) -> bool:
    """Whether it is done; else how far it is, or why it failed. The page runs again when it is over.

    what: is being made, such as "the evaluation".
    """
    if errand.state == DONE:
        return True
    if errand.state == FAILED:
        if errand.error == CANCELLED:
            st.info(CANCELLED, icon=":material/info:")
        else:
            st.error(literal(errand.error), icon=":material/error:")
        st.button("Try again", key=f"{key} again", icon=":material/refresh:", on_click=forget, args=(key,))
        return False
    _wait(key, errand, what)
    return False


@st.fragment(run_every=EVERY)
def _wait(key: str, errand: Errand, what: str) -> None:
    if errand.over:
        st.rerun()
    waits = "Waiting for others to finish" if errand.state == WAITING else errand.note or f"Making {what}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(errand.share, literal(waits) + " …")
        st.button("Cancel", key=f"{key} cancel", icon=":material/close:", on_click=errand.cancel)
