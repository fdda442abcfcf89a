"""Words of unknown origin on a page: shown letter by letter, never as Markdown."""

from __future__ import annotations

_MARKS = frozenset(r"\`*_{}[]<>()#+-!|$~:&")


def literal(text: str) -> str:
    """A text that may quote a file or a link, with every character that Markdown would act on disarmed."""
    return "".join(f"\\{c}" if c in _MARKS else c for c in text)
