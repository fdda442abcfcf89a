"""`record`, the block, and `Recording`, what is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn

from rnnviz.recording.building import build, written_in_place
from rnnviz.recording.errors import RecordingError, named
from rnnviz.recording.find import find
from rnnviz.recording.passes import Listener, Pass
from rnnviz.registry import UnknownName
from rnnviz.trace import Trace


class Recording:
    """The recorded passes, by module path. Traces are built when they are first asked for, and kept.

    names: the first path of every recorded module; `recording[path]` takes any path that leads to it.
    """

    def __init__(self, listeners: list[Listener], paths: dict[str, str]) -> None:
        self.names: tuple[str, ...] = tuple(listener.path for listener in listeners)
        self._paths = paths
        self._listeners = {listener.path: listener for listener in listeners}
        self._kept: dict[str, list[Pass | Trace]] | None = None

    def __getitem__(self, path: str) -> Trace:
        """The last pass of the module at `path`. Raises RecordingError where it was not called."""
        count = len(self._of(path))
        if not count:
            raise RecordingError(f"{named(path)} was not called inside the block, so there is nothing of it to see.")
        return self._trace(path, count - 1)

    def passes(self, path: str) -> tuple[Trace, ...]:
        """Every kept pass of the module at `path`, in the order of the calls."""
        return tuple(self._trace(path, index) for index in range(len(self._of(path))))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    def __repr__(self) -> str:
        if self._kept is None:
            return "Recording(open)"
        return "Recording(" + ", ".join(f"{name!r}: {len(kept)}" for name, kept in self._kept.items()) + ")"

    def _of(self, path: str) -> list[Pass | Trace]:
        if path not in self._paths:
            valid = ", ".join(repr(name) for name in self.names)
            raise UnknownName(f"No module at path {path!r} was recorded. Recorded modules: {valid}.")
        if self._kept is None:
            raise RecordingError("The block is still open: ask for a Trace after it, when all gradients are in.")
        return self._kept[self._paths[path]]

    def _trace(self, path: str, index: int) -> Trace:
        kept = self._of(path)
        one = kept[index]
        if isinstance(one, Pass):
            kept[index] = one = build(one)
        return one

    def _close(self) -> list[Pass]:
        """Remove every hook and keep what they copied. Returns the passes whose output was written in place."""
        self._kept = {}
        for path, listener in self._listeners.items():
            listener.close()
            self._kept[path] = list(listener.passes)
        written = [one for listener in self._listeners.values() for one in listener.passes if one.written]
        self._listeners = {}
        return written


@contextmanager
def record(
    model: nn.Module, modules: str | Iterable[str] | None = None, gradients: bool = True, keep: int = 100
) -> Iterator[Recording]:
    """Record every pass of the nn.RNN, nn.LSTM and nn.GRU modules of `model` inside the block.

    modules: paths of the modules to record (default all); the path of `model` itself is "".
    gradients: whether gradients are recorded. keep: how many passes of a module are kept; then the oldest
    go, with a warning.

    The model, its outputs, its gradients and the random generators are what they would be without.
    Traces hold what the pass saw: inputs, initial states and weights are copied at the forward pass.

    Raises TypeError where `model` is no module; ValueError where it holds nothing to record or keep < 1;
    UnknownName for a path that leads to no recurrent module; RefusedOption for proj_size, half precision,
    autocast, TorchScript, torch.compile and DataParallel; RecordingError at the end of the block where an
    output was written in place.
    """
    if keep < 1:
        raise ValueError(f"keep is {keep}; expected at least 1 pass.")
    found = find(model, modules)
    paths = {path: one.path for one in found for path in one.paths}
    recording = Recording([Listener(one, gradients, keep) for one in found], paths)
    try:
        yield recording
    finally:
        written = recording._close()
    if written:
        raise RecordingError(written_in_place(written[0]))
