"""Whose runs these are, in a real browser: the same after a reload, a restart and in every tab, never another's."""

from __future__ import annotations

import hashlib
import re

import psutil
import pytest

SCRIPT = "tests/browser/scripts/owner_page.py"
COOKIE = "rnnviz_owner"


def shown(page):
    """What the page says of its owner."""
    return re.search(r"owner ([0-9a-f]{64})", page.get_by_text("owner").inner_text())[1]


def cookie(tab):
    return next((each for each in tab.page.context.cookies() if each["name"] == COOKIE), None)


def test_the_first_visit_knows_its_owner_and_a_reload_finds_it_again(server, visit):
    tab = visit(server.address())
    first = shown(tab.page)
    kept = cookie(tab)
    assert hashlib.sha256(kept["value"].encode()).hexdigest() == first
    assert kept["httpOnly"] and kept["sameSite"] == "Lax" and not kept["secure"] and kept["path"] == "/"
    assert COOKIE not in tab.page.evaluate("document.cookie")
    tab.page.get_by_role("button", name="Again").click()
    tab.page.get_by_text("run 1").wait_for()
    assert shown(tab.page) == first
    tab.page.reload()
    tab.settled()
    tab.page.get_by_text("run 0").wait_for()  # a new session
    assert shown(tab.page) == first


@pytest.mark.slow
def test_a_restart_of_the_server_keeps_it(start_server, visit):
    before = start_server(SCRIPT)
    tab = visit(before.address())
    first = shown(tab.page)
    before.stop()
    assert shown(tab.open(start_server(SCRIPT).address()).page) == first


def test_tabs_of_one_browser_share_it_and_browsers_do_not(server, visit):
    one, other = visit(server.address()), visit(server.address())
    assert shown(one.page) != shown(other.page)
    second = one.page.context.new_page()
    second.goto(server.address())
    second.get_by_text("owner").wait_for()
    assert shown(second) == shown(one.page)


@pytest.mark.slow
def test_two_tabs_that_open_first_and_at_once_agree_after_a_reload(server, visit):
    tab = visit()
    pages = [tab.page, tab.page.context.new_page()]
    for page in pages:
        page.goto(server.address(), wait_until="commit")
    for page in pages:
        page.get_by_text("owner").wait_for()
    for page in pages:
        page.reload()
        page.get_by_text("owner").wait_for()
    assert shown(pages[0]) == shown(pages[1])


@pytest.mark.parametrize("given", ["garbage", "a" * 44, "../../../etc/passwd"])
def test_garbage_in_the_cookie_is_replaced(server, visit, given):
    tab = visit()
    tab.page.context.add_cookies([{"name": COOKIE, "value": given, "url": server.address()}])
    tab.open(server.address())
    assert cookie(tab)["value"] != given
    assert hashlib.sha256(cookie(tab)["value"].encode()).hexdigest() == shown(tab.page)


@pytest.mark.slow
def test_a_browser_without_cookies_has_an_owner_for_as_long_as_the_session(server, visit):
    tab = visit()
    tab.page.route("**/_stcore/health", lambda route: route.fulfill(body="ok"))  # no cookie in this answer
    tab.open(server.address())
    assert cookie(tab) is None
    first = shown(tab.page)
    tab.page.get_by_role("button", name="Again").click()
    tab.page.get_by_text("run 1").wait_for()
    assert shown(tab.page) == first
    tab.page.reload()
    tab.settled()
    assert shown(tab.page) != first


@pytest.mark.parametrize("path", ["", pytest.param("_stcore/health", marks=pytest.mark.slow)])
def test_a_link_on_another_site_does_not_replace_it(server, visit, path):
    tab = visit(server.address())
    first = cookie(tab)["value"]
    tab.page.route("http://elsewhere.test/", lambda route: route.fulfill(body="<p>Elsewhere"))
    tab.page.goto("http://elsewhere.test/")
    tab.page.evaluate(f"location.href = {server.address(path)!r}")
    tab.page.wait_for_url(server.address(path))
    assert cookie(tab)["value"] == first
    tab.open(server.address())
    assert cookie(tab)["value"] == first


@pytest.mark.slow
def test_the_app_gives_it_out(start_server, visit):
    """The app itself, and what else its server does: `/health`, and an end with a tab open that leaves no worker."""
    server = start_server("app.py")
    tab = visit(server.address("train"))
    tab.page.get_by_role("button", name="Play").wait_for()
    assert cookie(tab)["httpOnly"]
    answer = tab.page.request.get(server.address("health"))
    assert answer.status == 200 and answer.json()["status"] == "ok" and answer.json()["workers"] >= 1
    assert "libtorch" not in server.maps(), "the server process has loaded torch"
    workers = psutil.Process(server.process.pid).children()
    assert workers
    server.process.terminate()
    server.process.wait(5)
    assert psutil.wait_procs(workers, timeout=5)[1] == []
