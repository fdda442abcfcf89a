"""Errands, in processes of their own: there and back unchanged, and ended when nobody waits."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from rnnviz import errands
from rnnviz.errands.command import FORMAT
from rnnviz.registry import UnknownName
from rnnviz.runs.errand import DONE, FAILED, WORKING, send
from rnnviz.tensorfile import pack


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(params=["process", "inline"])
def way(request, monkeypatch):
    monkeypatch.setenv("RNNVIZ_ERRANDS", request.param)
    return request.param


def test_what_goes_out_comes_back(way):
    arrays = {"b": np.arange(6.0).reshape(2, 3), "a": np.array([1, 2], np.int64)}
    answer = send("echo", {"text": "ß <b>", "n": [1, None]}, lambda: arrays).wait(30)
    assert (answer.state, answer.error, answer.share) == (DONE, "", 1.0)
    assert answer.words["text"] == "ß <b>" and answer.words["n"] == [1, None]
    assert list(answer.arrays) == ["b", "a"]
    for name, array in arrays.items():
        assert answer.arrays[name].dtype == array.dtype and np.array_equal(answer.arrays[name], array)


def test_what_is_wrong_is_said_in_its_own_words(way):
    answer = send("echo", {"error": "Column 'x' has no numbers."}, dict).wait(30)
    assert (answer.state, answer.error) == (FAILED, "Column 'x' has no numbers.")


def test_an_unknown_errand_is_refused_at_once(way):
    with pytest.raises(UnknownName, match="echo"):
        send("nothing", {}, dict)


def test_progress_is_heard_and_cancelling_ends_the_process(monkeypatch):
    monkeypatch.setenv("RNNVIZ_ERRANDS", "process")
    answer = send("echo", {"seconds": 60}, dict)
    wait_for(lambda: answer.note)
    assert answer.state == WORKING and 0 <= answer.share < 1 and answer.note == "part 1 of 10"
    process = psutil.Process(answer._process.pid)
    answer.cancel()
    assert (answer.state, answer.error) == (FAILED, "This was cancelled.")
    wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, 5)


def test_too_much_memory_and_too_much_time_end_it_alone(monkeypatch):
    monkeypatch.setenv("RNNVIZ_ERRANDS", "process")
    monkeypatch.setenv("RNNVIZ_ERRAND_MB", "500")
    answer = send("echo", {"megabytes": 600}, dict).wait(30)
    assert answer.state == FAILED and "500 MB" in answer.error
    monkeypatch.setenv("RNNVIZ_ERRAND_SECONDS", "1")
    begin = time.monotonic()
    answer = send("echo", {"seconds": 60}, dict).wait(30)
    assert answer.state == FAILED and "1 seconds" in answer.error and time.monotonic() - begin < 10


def test_those_beyond_the_limit_wait_their_turn(monkeypatch):
    monkeypatch.setenv("RNNVIZ_ERRANDS", "process")
    first = [send("echo", {"seconds": 60}, dict) for _ in range(2)]
    third = send("echo", {}, dict)
    wait_for(lambda: all(each.state == WORKING for each in first))
    assert third.state == "waiting"
    first[0].cancel()
    assert third.wait(30).state == DONE
    first[1].cancel()


def test_what_is_cancelled_while_it_waits_is_never_begun(monkeypatch):
    monkeypatch.setenv("RNNVIZ_ERRANDS", "process")
    first = [send("echo", {"seconds": 60}, dict) for _ in range(2)]
    made = []
    waiting = send("echo", {}, lambda: made.append("arrays") or {})
    last = send("echo", {}, dict)
    waiting.cancel()
    for each in first:
        each.cancel()
    assert last.wait(30).state == DONE
    assert waiting.error == "This was cancelled." and made == []


def test_its_process_ends_with_the_server(tmp_path):
    """Nobody holds its standard input any more: it goes, in the middle of its work."""
    command = [sys.executable, "-m", "rnnviz", "errand", "echo"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ)
    assert process.stdin and process.stdout
    message = pack({}, {"seconds": 60}, FORMAT)
    process.stdin.write(len(message).to_bytes(8, "little") + message)
    process.stdin.flush()
    assert b"part 1" in process.stdout.readline()
    process.stdin.close()
    assert process.wait(10) == 1
    process.stdout.close()


def test_no_errand_is_imported_before_it_is_run():
    code = "import sys, rnnviz.runs.errand; print([m for m in sys.modules if m == 'torch' or m.endswith('.echo')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", errands.ERRANDS)
def test_every_errand_is_there(name):
    from importlib import import_module

    module, _, function = errands.ERRANDS[name].partition(":")
    assert callable(getattr(import_module(module), function))


def test_a_limit_that_is_no_number_is_said(monkeypatch):
    monkeypatch.setenv("RNNVIZ_ERRANDS", "process")
    monkeypatch.setenv("RNNVIZ_ERRAND_SECONDS", "soon")
    answer = send("echo", {}, dict).wait(10)
    assert answer.state == FAILED and "RNNVIZ_ERRAND_SECONDS is 'soon'" in answer.error
