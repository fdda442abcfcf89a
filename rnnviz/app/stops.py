"""Where runs stop by themselves: at a step, and where a breakpoint fires; in words, and as a link has it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnviz.breakpoints import BREAKPOINTS, Breakpoint
from rnnviz.config import ConfigError

LINK = "stop"  # in the link: "step:2000,grad_norm_above:10"
UNTIL = "step"  # beside the names of breakpoints there
LONGEST = 400  # characters of it that are read
LAST = 10**7  # the largest step that can be asked for


@dataclass(frozen=True)
class Stops:
    """until: the step at which playing pauses, None: none. breakpoints: one of a kind at most."""

    until: int | None = None
    breakpoints: tuple[Breakpoint, ...] = ()

    @classmethod
    def from_text(cls, text: str) -> tuple[Stops, list[str]]:
        """What a link asks for, and a sentence for each piece of it that cannot be had. Never raises."""
        until, found, notices = None, {}, []
        for piece in text[:LONGEST].split(",") if text else ():
            kind, _, value = piece.partition(":")
            try:
                if kind == UNTIL:
                    until = max(1, min(int(value), LAST))
                else:
                    found[kind] = Breakpoint(kind, _number(value))
            except (ConfigError, ValueError, OverflowError):
                notices.append("The link sets a breakpoint that there is not, or at a value it cannot have.")
        return cls(until, tuple(found.values())), notices[:1]

    def to_text(self) -> str:
        until = [f"{UNTIL}:{self.until}"] if self.until else []
        return ",".join(until + [f"{each.kind}:{_number(each.value)!r}" for each in self.breakpoints])

    def with_(self, kind: str, value: float | None) -> Stops:
        """With one breakpoint set to a value; None: without it."""
        values = {each.kind: each.value for each in self.breakpoints} | {kind: value}
        ordered = [(name, values[name]) for name in BREAKPOINTS if values.get(name) is not None]
        return replace(self, breakpoints=tuple(Breakpoint(name, number) for name, number in ordered))  # type: ignore[arg-type]

    def words(self, step: int) -> str:
        """Those ahead of a run at `step`, in a line; "" where there are none."""
        until = [f"step {self.until:,} is reached"] if self.until and self.until > step else []
        kinds = [f"{BREAKPOINTS[each.kind].label} {each.value:g}" for each in self.breakpoints]
        return "; ".join(until + [words[:1].lower() + words[1:] for words in kinds])


def _number(value: str | float) -> float:
    number = float(value)
    return int(number) if number == int(number) else number
