"""Nothing is fetched from elsewhere: a Content-Security-Policy on every answer, so that browsers ask only this server.

Without it Streamlit's front end fetches each page's icon for the browser's tab from a public server. Should text of
a visitor ever reach a page as mark-up, its scripts would not run either.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Fence:
    """ASGI middleware that adds the policy to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def fenced(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["content-security-policy"] = policy()
            await send(message)

        await self.app(scope, receive, fenced if scope["type"] == "http" else send)


@cache
def policy() -> str:
    """Everything from this server; besides that what the page makes itself: styles, data: and blob: addresses, and
    the inline scripts of Streamlit's own page shell, each by its hash."""
    shell = (Path(streamlit.__file__).parent / "static/index.html").read_text()
    scripts = re.findall(r"<script>(.*?)</script>", shell, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in scripts]
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", "blob:", *(f"'sha256-{each}'" for each in hashes)]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' ws: wss:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())
