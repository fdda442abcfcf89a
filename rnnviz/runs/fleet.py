"""Where workers come from: processes of this machine, a Dask cluster, or the process that asks.

The engine knows workers as Links, and is told of them through three callbacks. What travels over a Link is the same
everywhere (`messages.py`), and so is what answers at its other end (`scheduler.py`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable


class Link(ABC):
    """One worker as the server sees it. ready: whether it can train now."""

    ready: bool = False

    @property
    @abstractmethod
    def label(self) -> str:
        """Its name for whoever runs the server."""

    @property
    def pid(self) -> int | None:
        """Of its process, where that runs on this machine."""
        return None

    @property
    def rss(self) -> int | None:
        """Bytes that its process holds in memory, where that runs on this machine."""
        return None

    @property
    def exit_words(self) -> str:
        """Why it ended, to stand in a sentence; "" where nothing is known."""
        return ""

    @abstractmethod
    def send(self, message: bytes) -> None:
        """Hand over a message; they arrive in order. Returns at once."""


class Fleet(ABC):
    """The workers. Each callback may come on any thread, never while a method of the Fleet is running.

    on_message(link, message): something has arrived. on_ready(link): the worker can train. on_end(link): it is
    gone, and so is what it held.
    """

    def __init__(
        self,
        on_message: Callable[[Link, bytes], None],
        on_ready: Callable[[Link], None],
        on_end: Callable[[Link], None],
    ) -> None:
        self.on_message, self.on_ready, self.on_end = on_message, on_ready, on_end

    @property
    @abstractmethod
    def links(self) -> list[Link]:
        """Those alive, in the order they came."""

    @abstractmethod
    def close(self) -> None:
        """End all that was started. A later `want` starts afresh."""

    @property
    def trouble(self) -> str:
        """Why there is no worker, in a sentence for visitors, or ""."""
        return ""

    def want(self, busy: int) -> None:  # noqa: B027 - a fleet that cannot start workers has nothing to do
        """Jobs are on `busy` workers: have one for the next job, and one warm for the one after, where possible."""

    def turn(self) -> None:  # noqa: B027 - workers with a thread of their own need no push
        """Do a slice of work, if nobody else does it."""
