"""The secret that opens the class page, and how fast it can be guessed."""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from rnnviz.config import ConfigError

VARIABLE = "RNNVIZ_ADMIN"
SHORTEST = 8  # characters
FREE = 3  # wrong guesses that cost no wait; every further one doubles it
LONGEST = 30.0  # seconds
QUIET = 300.0  # seconds without a wrong guess after which all are forgotten
KNOWN = 16  # browsers that have been in, and wait for nobody's guesses but their own


def secret() -> str:
    """What RNNVIZ_ADMIN holds, "" where it is not set. Raises ConfigError where it is too short to be a secret."""
    given = os.environ.get(VARIABLE, "").strip()
    if given and len(given) < SHORTEST:
        raise ConfigError(
            f"The environment variable {VARIABLE} has {len(given)} characters; the secret of the class page "
            f"needs at least {SHORTEST}. Choose a longer one, or leave the variable out and the page is off."
        )
    return given


@dataclass
class _Tally:
    """Wrong guesses, and when the last one was made."""

    wrong: int = 0
    last: float = 0.0


class Door:
    """Compares guesses with the secret, for the whole process. Safe to call from many threads.

    Guesses wait for each other whoever makes them, since a new visitor is had for nothing; never for long, and not
    at all for the guesses of others where the browser has been let in before.
    """

    def __init__(self, secret: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._digest = _digest(secret)
        self._clock = clock
        self._strangers = _Tally()
        self._known: dict[str, _Tally] = {}  # by owner, the first that came first
        self._lock = threading.Lock()

    def wait(self, owner: str) -> float:
        """Seconds until the next guess of this owner is looked at; 0 for now."""
        with self._lock:
            return self._wait(self._known.get(owner, self._strangers))

    def opens(self, guess: str, owner: str) -> bool:
        """Whether it is the secret; false without looking, and without counting, while there is a wait."""
        with self._lock:
            tally = self._known.get(owner, self._strangers)
            if self._wait(tally):
                return False
            if not hmac.compare_digest(_digest(guess.strip()), self._digest):
                forgotten = self._clock() - tally.last > QUIET
                tally.wrong, tally.last = 1 if forgotten else tally.wrong + 1, self._clock()
                return False
            self._known[owner] = _Tally()
            if len(self._known) > KNOWN:
                del self._known[next(iter(self._known))]
            return True

    def _wait(self, tally: _Tally) -> float:
        if tally.wrong < FREE:
            return 0.0
        pause = min(LONGEST, 2.0 ** min(tally.wrong - FREE, 10))
        return max(0.0, tally.last + pause - self._clock())


@cache
def door() -> Door:
    """The one of this process."""
    return Door(secret())


def _digest(text: str) -> bytes:
    """Of one length, whatever the text, so that comparing takes the same time."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).digest()
