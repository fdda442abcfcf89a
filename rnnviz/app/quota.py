"""How much a visitor may have uploaded at a time: checked before the first byte of a file is taken.

Streamlit bounds the size of one file while it streams in, not how many there are; it keeps them in memory as long as
their widgets hold them. Visitors are told apart by the cookie of their browser, and without one by their session.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

from rnnviz.app.owner import COOKIE
from rnnviz.data.bounds import MOST_FILES, limit_mb, total_mb

_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")
_FRAME = 2**16  # bytes that a request has around its file

Place = tuple[str, str]  # session and file, as Streamlit names them


class Quota:
    """ASGI middleware that refuses an upload beyond the limits, in words.

    held: gives the size of a file that Streamlit keeps, None where it is gone.
    """

    def __init__(self, app: ASGIApp, held: Callable[[Place], int | None] | None = None) -> None:
        self.app, self.held = app, held or _held
        self.files: dict[str, dict[Place, int]] = {}  # of each visitor, with their sizes
        self.arriving: set[Place] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _UPLOAD.search(scope["path"]) if scope["type"] == "http" and scope["method"] == "PUT" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        request, place = HTTPConnection(scope), (found[1], found[2])
        visitor = request.cookies.get(COOKIE) or place[0]
        refused = self._refusal(visitor, place, request.headers.get("content-length", ""))
        if refused:
            await PlainTextResponse(refused[1], refused[0])(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            self.arriving.discard(place)

    def _refusal(self, visitor: str, place: Place, length: str) -> tuple[HTTPStatus, str] | None:
        """Why a file may not come; None where it may, and is counted from now on."""
        if not length.isascii() or not length.isdigit():
            return HTTPStatus.LENGTH_REQUIRED, "Say how long the file is."
        size = int(length)
        if size > limit_mb() * 2**20 + _FRAME:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The limit is {limit_mb()} MB a file."
        self.files = {who: kept for who in self.files if (kept := self._kept(who))}
        mine = self.files.setdefault(visitor, {})
        if len(mine) >= MOST_FILES or size + sum(mine.values()) > total_mb() * 2**20 + _FRAME:
            words = f"The limit is {total_mb()} MB, and {MOST_FILES} files, for all that you have uploaded."
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words
        mine[place] = size
        self.arriving.add(place)
        return None

    def _kept(self, visitor: str) -> dict[Place, int]:
        """The visitor's files that are there still, or on their way."""
        found = {}
        for place, size in self.files[visitor].items():
            now = size if place in self.arriving else self.held(place)
            if now is not None:
                found[place] = now
        return found


def _held(place: Place) -> int | None:
    session, file = place
    records = runtime.get_instance().uploaded_file_mgr.get_files(session, [file]) if runtime.exists() else []
    return len(records[0].data) if records else None
