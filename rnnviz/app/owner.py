"""Whose runs these are: a secret that every browser keeps in a cookie, so that it finds its runs again.

The cookie is set by the server, on the answer to the request by which Streamlit's page asks, before it opens its
connection, whether the server is up. So the first script run knows its owner already, and so does the first one
after a reload or a restart of the server. JavaScript cannot read it (HttpOnly), and no request that another site
makes carries it. SameSite is Lax and not Strict: a link on another site would arrive without a strict cookie, and
the answer to it would replace the owner.

Two tabs that are the first of a browser and open within the same moment may each be given a cookie. Both work;
the later one is the browser's, and a tab that began with the other joins it at its next reload.
"""

from __future__ import annotations

import hashlib
import re
import secrets

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "rnnviz_owner"
MAX_AGE = 400 * 24 * 3600  # seconds, anew with every visit; browsers keep no cookie for longer
_ASKED_FIRST = "/_stcore/health"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # what 32 random bytes are in base 64
_KEY = "owner"


def token() -> str:
    """The owner of the present script run: the browser's, else (no cookies, no browser) the session's own.

    It stays the same for as long as the session lasts. Whoever knows it has the runs: never show it or log it, and
    keep `hashed` of it instead.
    """
    if _KEY not in st.session_state:
        st.session_state[_KEY] = _valid(st.context.cookies.get(COOKIE)) or _new()
    found: str = st.session_state[_KEY]
    return found


def hashed(token: str) -> str:
    """What is kept of a token on disk: SHA-256, in hexadecimal. Whoever reads it there cannot become the owner."""
    return hashlib.sha256(token.encode()).hexdigest()


class OwnerCookie:
    """ASGI middleware that gives every browser the cookie, and the one it has a longer life."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith(_ASKED_FIRST):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        owner = _valid(request.cookies.get(COOKIE)) or _new()
        # Behind a proxy that speaks https, the request itself has come over http.
        secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
        cookie = f"{COOKIE}={owner}; Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("set-cookie", cookie)
                headers["cache-control"] = "no-store"  # by a proxy that others share
            await send(message)

        await self.app(scope, receive, with_cookie)


def _valid(given: object) -> str | None:
    """A token as we make them, or None. Streamlit's tests have stand-ins for cookies."""
    return given if isinstance(given, str) and _TOKEN.fullmatch(given) else None


def _new() -> str:
    return secrets.token_urlsafe(32)
