"""`python -m rnnviz run`: the address is printed and answers; a taken port is said in words."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from rnnviz.app.launch import is_free

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "rnnviz", "run", "--no-browser", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_said_with_the_remedy(taken):
    assert not is_free("127.0.0.1", taken)
    done = run("--port", str(taken))
    out, error = done.communicate(timeout=60)
    assert done.returncode == 1 and out == ""
    assert f"Port {taken} is taken" in error and "--port" in error and "Traceback" not in error


def test_it_serves_where_it_says(taken):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = run("--port", str(port))
    try:
        address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
        assert address == f"http://localhost:{port}"
        end = time.monotonic() + 60
        while is_free("127.0.0.1", port) and time.monotonic() < end:
            time.sleep(0.1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=10) as answer:
            assert answer.status == 200
        server.terminate()  # this process alone, as a supervisor does
        assert server.wait(20) == 0
        assert is_free("127.0.0.1", port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.communicate()


def test_a_short_secret_is_said_before_anything_starts(monkeypatch):
    monkeypatch.setenv("RNNVIZ_ADMIN", "short")
    done = run()
    out, error = done.communicate(timeout=60)
    assert done.returncode == 1 and out == "" and "RNNVIZ_ADMIN" in error and "Traceback" not in error
