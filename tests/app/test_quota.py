"""How much a visitor may upload, asked of the middleware as a server would ask it."""

from __future__ import annotations

import asyncio

import pytest

from rnnviz.app.owner import COOKIE
from rnnviz.app.quota import Quota
from rnnviz.data.bounds import MOST_FILES

MB = 2**20


class Server:
    """Streamlit's end: keeps what comes, as long as it is not deleted."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], int] = {}
        self.asked = 0
        self.quota = Quota(self._app, self.kept.get)

    async def _app(self, scope, receive, send) -> None:
        self.asked += 1
        await asyncio.sleep(0.01)  # while it comes
        if scope["method"] == "PUT":
            _, session, file = scope["path"].rsplit("/", 2)
            self.kept[session, file] = int(dict(scope["headers"])[b"content-length"])
        await send({"type": "http.response.start", "status": 204, "headers": []})

    def put(self, session: str, file: str, size: int | str | None, cookie: str = "", method: str = "PUT") -> int:
        return asyncio.run(self._put(session, file, size, cookie, method))[0]

    async def _put(self, session, file, size, cookie="", method="PUT") -> tuple[int, bytes]:
        headers = [] if size is None else [(b"content-length", str(size).encode())]
        headers += [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
        path = f"/_stcore/upload_file/{session}/{file}"
        scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b""}
        sent: list[dict] = []

        async def send(message) -> None:
            sent.append(message)

        await self.quota(scope, None, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


@pytest.fixture
def server(monkeypatch) -> Server:
    monkeypatch.setenv("RNNVIZ_UPLOAD_MB", "5")
    monkeypatch.setenv("RNNVIZ_VISITOR_MB", "8")
    return Server()


def test_one_file_over_the_limit_is_not_asked_for(server):
    assert server.put("s", "a", 5 * MB) == 204
    asked = server.asked
    status, words = asyncio.run(server._put("s", "b", 6 * MB))
    assert status == 413 and words == b"The limit is 5 MB a file." and server.asked == asked


@pytest.mark.parametrize("length", [None, "", "-1", "a lot", "１"])
def test_a_file_of_unknown_length_is_refused(server, length):
    assert server.put("s", "a", length) == 411 and server.asked == 0


def test_all_files_of_a_visitor_are_counted_until_they_are_gone(server):
    assert [server.put("s", name, 3 * MB) for name in "ab"] == [204, 204]
    assert server.put("s", "c", 3 * MB) == 413
    assert server.put("other", "c", 3 * MB) == 204
    del server.kept["s", "a"]
    assert server.put("s", "c", 3 * MB) == 204


def test_the_cookie_tells_who_a_visitor_is(server):
    assert [server.put(f"tab {k}", "a", 3 * MB, cookie="me") for k in range(3)] == [204, 204, 413]
    assert server.put("tab 3", "a", 3 * MB, cookie="you") == 204


def test_files_that_arrive_at_once_count_together(server):
    async def both() -> list[int]:
        return [status for status, _ in await asyncio.gather(*(server._put("s", name, 4 * MB) for name in "abc"))]

    assert sorted(asyncio.run(both())) == [204, 204, 413]


def test_the_number_of_files_is_bounded(server):
    assert {server.put("s", str(k), 10) for k in range(MOST_FILES)} == {204}
    assert server.put("s", "more", 10) == 413


def test_other_requests_pass(server):
    assert server.put("s", "a", None, method="DELETE") == 204
    assert server.put("s", "a", None, method="OPTIONS") == 204
