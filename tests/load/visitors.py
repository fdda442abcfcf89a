"""What a visitor does in a class: open the Train page, play, look around, and later pause and change settings."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tab import Tab
from websockets.exceptions import WebSocketException

# Every visitor trains the same network on data of their own seed.
SETTINGS = "task=adding&T=30&H=32&B=32"
ELSEWHERE = (("", "home loss"), ("gradients", "gradients flow"))  # pages to switch to, and a picture of each
THINK = (2.0, 6.0)  # seconds between two interactions of one visitor


@dataclass
class Plan:
    """When the class does what, in seconds of time.monotonic().

    train_from, train_to: all train, and only look around. end: in between they also pause and change settings.
    """

    train_from: float = float("inf")
    train_to: float = float("inf")
    end: float = float("inf")


@dataclass(eq=False)
class Visitor:
    """One visitor. latencies: (kind, seconds) of every interaction; steps: (time, optimiser step) as shown."""

    tab: Tab
    number: int
    latencies: list[tuple[str, float]] = field(default_factory=list)
    steps: list[tuple[float, int]] = field(default_factory=list)
    redrawn: list[float] = field(default_factory=list)
    left: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.number)
        self.tab.on_metric = self._metric
        self.tab.on_picture = self._picture

    @property
    def errors(self) -> list[str]:
        return [f"visitor {self.number}: {error}" for error in self.tab.errors]

    async def arrive(self, files: bool) -> None:
        """Open the Train page and press Play."""
        query = f"{SETTINGS}&seed={self.number}"
        await self._timed("open", self.tab.open("train", query, self._has("train loss"), files))
        await self.play("first play")

    async def play(self, kind: str = "play") -> None:
        await self._timed(kind, self.tab.click("transport play", self._says("Run", "training")))

    async def pause(self) -> None:
        await self._timed("pause", self.tab.click("transport play", self._says("Run", "paused")))

    async def look(self) -> None:
        """Another sequence in the pictures."""
        sequence = self.random.choice([k for k in range(4) if not self._shows(k)()])
        option = self.tab.widgets["look sequence"].options[sequence]
        await self._timed("look", self.tab.use("look sequence", option, self._shows(sequence)))

    async def away(self) -> None:
        """To another page, and back after a moment."""
        path, picture = self.random.choice(ELSEWHERE)
        self.tab.pictures.pop(picture, None)
        self.left.append(time.monotonic())
        await self._timed("switch page", self.tab.go(path, self._has(picture)))
        await asyncio.sleep(self.random.uniform(*THINK) / 2)
        self.tab.pictures.pop("train loss", None)
        await self._timed("switch page", self.tab.go("train", self._has("train loss")))

    async def scrub(self) -> None:
        """Another step of the run in all the pictures."""
        key = next(key for key, widget in self.tab.widgets.items() if key.startswith("timeline ") and widget.options)
        timeline = self.tab.widgets[key]
        others = [step for step in timeline.options if step not in ("now", *timeline.value) and not self._at(step)()]
        if others:
            step = self.random.choice(others)
            await self._timed("scrub", self.tab.use(key, [step], self._at(step)))

    async def rest(self) -> None:
        """Pause, look back, and go on."""
        await self.pause()
        for _ in range(2):
            await asyncio.sleep(self.random.uniform(*THINK) / 4)
            await self.scrub()
        await self.play()

    async def setting(self) -> None:
        """Another seed: a new run, which is then played."""
        seed = self.random.randrange(1000, 10**6)
        fresh = self._says("Step", "0")
        await self._timed("setting", self.tab.use("setting seed", seed, fresh, whole=True))
        await self.play()

    async def stay(self, plan: Plan) -> None:
        """Do one thing after the other until the plan ends."""
        while True:
            await asyncio.sleep(self.random.uniform(*THINK))
            now = time.monotonic()
            if now > plan.end:
                return
            calm = [self.look, self.look, self.look, self.away]
            lively = [self.look, self.look, self.away, self.rest, self.rest, self.setting]
            await self.random.choice(calm if now < plan.train_to else lively)()

    async def visit(self, plan: Plan, files: bool, arrived: Callable[[], None]) -> None:
        """The whole visit; what goes wrong is an error of the tab, not of this script."""
        try:
            try:
                await self.arrive(files)
            finally:
                arrived()
            await self.stay(plan)
        except (OSError, TimeoutError, WebSocketException, KeyError) as error:
            self.tab.errors.append(f"{type(error).__name__}: {error}")

    async def _timed(self, kind: str, interaction: Awaitable[float]) -> None:
        try:
            self.latencies.append((kind, await interaction))
        except TimeoutError as error:
            raise TimeoutError(f"{kind}: {error}") from None

    def _metric(self, label: str, text: str) -> None:
        if label == "Step":
            self.steps.append((time.monotonic(), int(text.split(" of ")[-1].replace(",", ""))))

    def _picture(self, key: str) -> None:
        if key == "train loss":
            self.redrawn.append(time.monotonic())

    def _has(self, picture: str) -> Callable[[], bool]:
        return lambda: picture in self.tab.pictures

    def _says(self, label: str, text: str) -> Callable[[], bool]:
        return lambda: self.tab.metrics.get(label) == text

    def _shows(self, sequence: int) -> Callable[[], bool]:
        words = f"sequence {sequence}".encode()
        return lambda: words in self.tab.pictures.get("train heat map", b"")

    def _at(self, step: str) -> Callable[[], bool]:
        return lambda: self.tab.metrics.get("Step", "").startswith(f"{step} of ")

    def speed(self, begin: float, end: float) -> float:
        """Optimiser steps per second between two times, as shown on the page; NaN where too little was shown."""
        inside = [(at, step) for at, step in self.steps if begin <= at <= end]
        if len(inside) < 2:
            return float("nan")
        (first, low), (last, high) = inside[0], inside[-1]
        return (high - low) / (last - first)

    def redraws(self, begin: float, end: float) -> tuple[float, float]:
        """How often a second the loss curve changed, and the longest it stood still while its page was open."""
        inside = [begin, *(at for at in self.redrawn if begin <= at <= end), end]
        gaps = [
            late - early
            for early, late in zip(inside, inside[1:], strict=False)
            if not any(early <= at <= late for at in self.left)
        ]
        return (len(inside) - 2) / (end - begin), max(gaps, default=0.0)
