"""What a page computes from a run, kept for its visitor until what it depends on has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import TypeVar

from rnnviz.app import session
from rnnviz.runs.view import PLAYING, View

AGAIN = 1.0  # seconds between two results of a run that trains, at least
REST = 4  # and so many times as long as the last one took to make, since all visitors share this process
Result = TypeVar("Result")


def result(key: str, version: Hashable, make: Callable[[], Result]) -> Result:
    """What `make()` gives, made again only when `version` differs from the last time."""
    results = session.visitor().results
    if key not in results or results[key][0] != version:
        results[key] = version, make()
    return results[key][1]  # type: ignore[no-any-return]


def recent(view: View, key: str, of: Hashable, make: Callable[[], Result]) -> Result:
    """What `make()` gives: made anew at once for another `of` or run, and for what is new of one that rests; of a run
    that trains now and then."""
    results, begin = session.visitor().results, time.monotonic()
    step: Hashable = ("past", view.past.step) if view.past else view.revision
    version = (view.job, of), (step, trains(view))
    seen, (due, found) = results.get(key, ((None, None), (0.0, None)))
    if seen[0] != version[0] or (seen != version and not (trains(view) and begin < due)):  # type: ignore[index]
        found = make()
        now = time.monotonic()
        results[key] = version, (now + max(AGAIN, REST * (now - begin)), found)
    return found  # type: ignore[no-any-return]


def trains(view: View) -> bool:
    """Whether what is shown of a run changes all the time."""
    return view.status == PLAYING and view.past is None
