"""How often live pictures are drawn: as often as one server can draw them for everybody who looks.

All visitors share one Python process. If every page asked four times a second, thirty would keep it so busy that
clicks wait for seconds, and Streamlit drops answers that it hands over late. So pages are drawn one at a time, and
the more visitors look, or the longer a drawing takes, the less often each page asks. A visitor who has just done
something does not wait for that (`live.soon`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHORTEST, LONGEST = 0.25, 8.0  # seconds between two drawings of a page; under 0.1 the page would starve
SHARE = 0.3  # of the time goes into drawing; sending what was drawn takes about as much again
RECENT = 3 * LONGEST  # seconds for which a visitor who was drawn for counts
WEIGHT = 0.02  # of the last drawing in the average


class Pace:
    """The turns of all pages of a server, and how long each should wait for its next."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._seen: dict[str, float] = {}  # visitor -> when last drawn for
        self._seconds = 0.0  # that a drawing takes, on average

    @contextmanager
    def turn(self, visitor: str) -> Iterator[None]:
        """Wait until no other page is being drawn, then draw. visitor: the name of who looks."""
        with self._turn:
            begin = self._clock()
            try:
                yield
            finally:
                end = self._clock()
                self._seconds += WEIGHT * (end - begin - self._seconds)
                self._seen[visitor] = end
                self._seen = {name: at for name, at in self._seen.items() if at > end - RECENT}

    @property
    def interval(self) -> float:
        """Seconds between two drawings of one page with which drawing takes no more than its share."""
        return min(max(len(self._seen) * self._seconds / SHARE, SHORTEST), LONGEST)
