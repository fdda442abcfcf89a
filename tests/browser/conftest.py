"""A server of its own and a real browser for every test that asks for them.

Without Chromium the tests are skipped, and say so; RNNVIZ_REQUIRE_BROWSER=1 makes that a failure.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api", exc_type=ImportError)

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).parent / "scripts"
CHROMIUM = os.environ.get("RNNVIZ_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 30
sync_api.expect.set_options(timeout=SECONDS * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # A busy machine starves a browser now and then; what is broken fails three times. The report says R.
            item.add_marker(pytest.mark.flaky(reruns=2))


@dataclass
class Server:
    """A running server. port: on 127.0.0.1; process: the server's own."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def address(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/{path.lstrip('/')}"

    def maps(self) -> str:
        """The files mapped into the server's memory, one a line (Linux)."""
        return Path(f"/proc/{self.process.pid}/maps").read_text()

    def stop(self) -> None:
        """End the server and all that it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch(script: Path | str, folder: Path, **environment: str) -> Server:
    """Start a server on a free port and wait until it answers. folder: for its log."""
    port = free_port()
    log = folder / f"server-{port}.log"
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / script)]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", "--client.showErrorDetails=full"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment}
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True)
    server = Server(process, port, log)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(server.address("_stcore/health"), timeout=1):
                return server
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    server.stop()
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """start_server(script="app.py", **environment) -> a fresh Server, stopped after the test."""
    started: list[Server] = []

    def start(script: Path | str = "app.py", **environment: str) -> Server:
        started.append(launch(script, tmp_path, **environment))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One Server for a module's tests, of the script that the module names SCRIPT, else of app.py."""
    started = launch(getattr(request.module, "SCRIPT", "app.py"), tmp_path_factory.mktemp("server"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[sync_api.Browser]:
    """One browser for a module's tests: while its loop lives, no test after it could run one of its own."""
    if not Path(CHROMIUM).exists():
        reason = f"no Chromium at {CHROMIUM}; install it (apt-get install chromium) or set RNNVIZ_CHROMIUM"
        if os.environ.get("RNNVIZ_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One tab. errors: what the page threw; `settled` waits until the page is drawn, and fails on any error."""

    page: sync_api.Page
    errors: list[str] = field(default_factory=list)

    def open(self, address: str) -> Visit:
        self.page.goto(address)
        return self.settled()

    def settled(self) -> Visit:
        """Connected, not running, nothing stale. For pages that refresh themselves, wait for a marker instead."""
        self.page.wait_for_selector(
            "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]",
            timeout=SECONDS * 1000,
        )
        self.page.wait_for_function(
            "() => !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')"
            " && document.querySelector('[data-testid=stMain]')",
            timeout=SECONDS * 1000,
        )
        self.check()
        return self

    def check(self) -> None:
        """No error thrown in the page, none shown on it."""
        assert self.errors == []
        shown = self.page.locator("[data-testid=stException]")
        assert shown.count() == 0, shown.first.inner_text()

    def screenshot(self, name: str, full: bool = True) -> Path | None:
        """Keep a picture where RNNVIZ_SCREENSHOTS names a folder."""
        folder = os.environ.get("RNNVIZ_SCREENSHOTS")
        if not folder:
            return None
        path = Path(folder) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if full:  # Streamlit scrolls inside the page: a tall window shows it all
            height = self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            width = self.page.viewport_size["width"] if self.page.viewport_size else 1280
            self.page.set_viewport_size({"width": width, "height": max(600, min(height, 4000))})
            self.page.wait_for_timeout(500)
        self.page.screenshot(path=path)
        return path


@pytest.fixture
def visit(chromium: sync_api.Browser) -> Iterator[Callable[..., Visit]]:
    """visit(address=None, width=1280, theme="light", **context) -> Visit, each a visitor of its own."""
    contexts: list[sync_api.BrowserContext] = []

    def start(address: str | None = None, *, width: int = 1280, theme: str = "light", **options: object) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, accept_downloads=True, **options
        )
        contexts.append(context)
        tab = Visit(context.new_page())
        tab.page.on("pageerror", lambda error: tab.errors.append(str(error)))
        tab.page.set_default_timeout(SECONDS * 1000)
        return tab.open(address) if address else tab

    yield start
    for context in contexts:
        context.close()
