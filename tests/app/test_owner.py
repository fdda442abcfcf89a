"""The owner's cookie: who is given one, who keeps the one they have, and what a session makes of it."""

from __future__ import annotations

import asyncio
import re
from http.cookies import SimpleCookie

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from rnnviz.app import owner

GOOD = "Ab0_-" * 8 + "xyz"
BAD = ["", "x", GOOD[:-1], GOOD + "x", GOOD + "\n", *(GOOD[:-1] + end for end in "=é\t "), "../" * 14 + "a"]


def answer(path="/_stcore/health", cookie=None, scheme="http", **headers):
    """What the middleware adds to an answer: its cookies, and the messages as they were sent."""
    head = [(b"host", b"here"), *((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())]
    if cookie is not None:
        head.append((b"cookie", f"{owner.COOKIE}={cookie}".encode("latin-1")))
    scope = {"type": "http", "scheme": scheme, "path": path, "query_string": b"", "headers": head, "server": ("h", 1)}
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", b"other=1")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def send(message):
        sent.append(message)

    asyncio.run(owner.OwnerCookie(app)(scope, None, send))
    assert sent[1] == {"type": "http.response.body", "body": b"ok"}
    given = [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]
    assert given[0] == "other=1"
    return [SimpleCookie(text)[owner.COOKIE] for text in given[1:]]


def test_whoever_has_none_is_given_one_that_scripts_and_other_sites_cannot_use():
    (first,), (second,) = answer(), answer()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", first.value) and first.value != second.value
    assert first["httponly"] and first["path"] == "/" and first["samesite"] == "Lax" and not first["secure"]
    assert int(first["max-age"]) > 300 * 24 * 3600


def test_whoever_has_one_keeps_it():
    assert [each.value for each in answer(cookie=GOOD)] == [GOOD]


@pytest.mark.parametrize("given", BAD)
def test_garbage_is_replaced(given):
    (made,) = answer(cookie=given)
    assert made.value != given and re.fullmatch(r"[A-Za-z0-9_-]{43}", made.value)


@pytest.mark.parametrize(("more", "secure"), [({}, False), ({"scheme": "https"}, True)])
def test_over_https_the_cookie_is_for_https_alone(more, secure):
    assert bool(answer(**more)[0]["secure"]) is secure


def test_behind_a_proxy_that_speaks_https_too():
    assert answer(x_forwarded_proto="https")[0]["secure"]
    assert not answer(x_forwarded_proto="http")[0]["secure"]


def test_only_the_question_before_the_connection_is_answered_with_a_cookie():
    assert answer("/base/_stcore/health")  # where the app is served below another path
    for path in ("/", "/train", "/static/js/index.js", "/health", "/_stcore/stream"):
        assert answer(path) == []


def script():
    import streamlit as st

    from rnnviz.app import owner

    st.write(owner.token())


def shown(app: AppTest) -> str:
    assert not app.exception
    return app.markdown[0].value


def test_without_a_cookie_a_session_has_an_owner_of_its_own_and_keeps_it():
    app, other = AppTest.from_function(script).run(), AppTest.from_function(script).run()
    first = shown(app)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", first)
    assert shown(app.run()) == first
    assert shown(other) != first


def test_the_owner_is_what_the_cookie_says_for_as_long_as_the_session_lasts(monkeypatch):
    cookies = {owner.COOKIE: GOOD}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda context: cookies))
    app = AppTest.from_function(script).run()
    assert shown(app) == GOOD
    cookies.clear()  # a connection that came back after the cookie was deleted
    assert shown(app.run()) == GOOD
    assert shown(AppTest.from_function(script).run()) != GOOD


@pytest.mark.parametrize("given", BAD)
def test_garbage_in_the_cookie_is_nobody(monkeypatch, given):
    monkeypatch.setattr(type(st.context), "cookies", property(lambda context: {owner.COOKIE: given}))
    found = shown(AppTest.from_function(script).run())
    assert found != given and re.fullmatch(r"[A-Za-z0-9_-]{43}", found)


def test_what_is_kept_is_the_published_hash():
    """FIPS 180-4's own example."""
    assert owner.hashed("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
