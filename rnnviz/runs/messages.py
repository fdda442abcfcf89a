"""What travels between the server and its workers: one JSON header and byte blobs; no pickle in either direction.

A message is: 4 bytes length of the header (little-endian), the header (UTF-8 JSON), the blobs end to end; the
header's "blobs" lists their sizes. Arrays travel as safetensors. A command's header has "verb" and "job"; a
report's has "kind": "ready", "view", "save", "dropped" or "released".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, astuple, fields, replace
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from safetensors.numpy import load, save

from rnnviz.breakpoints import Breakpoint
from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.run import Change, History, Hit, Run
from rnnviz.runs.view import Past, Spec, View
from rnnviz.start import Start
from rnnviz.trace import Trace

_LISTS = {"changes": Change, "hits": Hit, "breakpoints": Breakpoint}
_PLAIN = (
    "job", "status", "step", "steps_per_second", "parameters", "message", "until", "rate", "snapshots", "seeking",
)  # fmt: skip

# What their words say, fingerprints included -> the data set, and the start, of this process that has them.
_data_sets: WeakValueDictionary[str, Dataset] = WeakValueDictionary()
_starts: WeakValueDictionary[str, Start] = WeakValueDictionary()


def pack(header: Mapping[str, Any], *blobs: bytes) -> bytes:
    head = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    return b"".join([len(head).to_bytes(4, "little"), head, *blobs])


def unpack(message: bytes) -> tuple[dict[str, Any], list[bytes]]:
    start = 4 + int.from_bytes(message[:4], "little")
    header = json.loads(message[4:start])
    blobs = []
    for size in header.pop("blobs"):
        blobs.append(message[start : start + size])
        start += size
    return header, blobs


def pack_parts(header: Mapping[str, Any], parts: Mapping[str, bytes]) -> bytes:
    """A message that carries parts of a run, by name."""
    return pack({**header, "parts": list(parts)}, *parts.values())


def unpack_parts(header: Mapping[str, Any], blobs: list[bytes]) -> dict[str, bytes]:
    return dict(zip(header["parts"], blobs, strict=True))


def pack_spec(header: Mapping[str, Any], spec: Spec) -> bytes:
    """A command that carries an experiment and, where there are some, its data set and its start."""
    header, blobs = {**header, "config": asdict(spec.config)}, []
    for name, held in (("data", spec.data), ("start", spec.start)):
        if held is not None:
            words, arrays = held.to_parts()
            header[name] = {**words, "prints": _prints(held)}
            blobs.append(save(arrays))
    return pack(header, *blobs)


def unpack_spec(header: Mapping[str, Any], blobs: list[bytes]) -> tuple[Spec, Run | None]:
    """What a command is to train: an experiment from its start, or a run, in parts, from where it is.

    Raises ConfigError where the configuration is out of bounds, ValueError where the parts are no whole run.
    Equal data sets become one object, with what the tasks prepared from it, for as long as an experiment holds it;
    equal starts likewise.
    """
    if "parts" in header:
        run = Run.from_parts(unpack_parts(header, blobs))
        if run.data is not None:
            run = replace(run, data=_known(_data_sets, run.data))
        if run.start is not None:
            run = replace(run, start=_known(_starts, run.start))
        return Spec(run.original, run.data, run.start), run
    config = ExperimentConfig.from_plain(header["config"])
    contents = iter(blobs)
    data = _shared(_data_sets, Dataset.from_parts, header["data"], next(contents)) if "data" in header else None
    start = _shared(_starts, Start.from_parts, header["start"], next(contents)) if "start" in header else None
    return Spec(config, data, start), None


def _prints(held: Dataset | Start) -> list[str]:
    """Beside its words, all that tells it from others."""
    return [held.fingerprint, held.pipeline.fingerprint if held.pipeline else ""]


def _known(known: WeakValueDictionary[str, Any], held: Any) -> Any:
    """The object of this process that says the same of itself, names included, or else this one."""
    return known.setdefault(_key({**held.to_parts()[0], "prints": _prints(held)}), held)


def _key(words: Any) -> str:
    return json.dumps(words, sort_keys=True)


def _shared(known: WeakValueDictionary[str, Any], make: Callable[..., Any], words: Any, content: bytes) -> Any:
    """The object that says so of itself, or else a new one."""
    key = _key(words)
    found = known.get(key)
    if found is None:
        found = known[key] = make(words, load(content))
    return found


def pack_view(view: View, previous: View | None, **header: Any) -> bytes:
    """A report on a job. History and traces, the heavy parts, go along where they are not the previous View's.

    Of a history that goes on from the previous View's only the new rows travel.
    header: what else there is to say, such as how many commands for the job had been obeyed.
    """
    plain: dict[str, Any] = {name: getattr(view, name) for name in _PLAIN}
    plain["config"] = view.config and asdict(view.config)
    plain["past"] = view.past and view.past.step
    for name in _LISTS:
        plain[name] = [astuple(entry) for entry in getattr(view, name)]
    parts: dict[str, bytes] = {}
    known = None if previous is None else previous.history
    rows = dict.fromkeys(_ROWS, 0)
    if known is None or view.history is not known:
        if known is not None and _goes_on(view.history, known):
            rows = {name: len(getattr(known, name)) for name in _ROWS}
        parts["history"] = save(
            {name: np.ascontiguousarray(getattr(view.history, name)[start:]) for name, start in rows.items()}
        )
    if view.trace is not None and (previous is None or view.trace is not previous.trace):
        parts["trace"] = view.trace.to_bytes()
    if view.past is not None and (previous is None or view.past is not previous.past):
        parts["past"] = view.past.trace.to_bytes()
    if view.untrained is not None and (previous is None or view.untrained is not previous.untrained):
        parts["untrained"] = view.untrained.to_bytes()
    return pack_parts({"kind": "view", "job": view.job, "plain": plain, "rows": rows, **header}, parts)


def unpack_view(header: Mapping[str, Any], blobs: list[bytes], previous: View) -> View:
    """The View in a report; a part that did not come along stays as in the previous View."""
    changes: dict[str, Any] = dict(header["plain"])
    changes["config"] = changes["config"] and ExperimentConfig.from_plain(changes["config"])
    changes["snapshots"] = tuple(changes["snapshots"])
    for name, kind in _LISTS.items():
        changes[name] = tuple(kind(*entry) for entry in changes[name])
    parts = unpack_parts(header, blobs)
    if "history" in parts:
        changes["history"] = _joined(previous.history, header["rows"], load(parts["history"]))
    for name in ("trace", "untrained"):
        if name in parts:
            changes[name] = Trace.from_bytes(parts[name])
    past = changes["past"]
    if "past" in parts:
        changes["past"] = Past(past, Trace.from_bytes(parts["past"]))
    elif past is not None:
        changes["past"] = previous.past
    return replace(previous, **changes)


_ROWS = tuple(f.name for f in fields(History))


def _goes_on(history: History, known: History) -> bool:
    """Whether `known` is how `history` begins."""
    return all(
        len(new) >= len(old) and new[: len(old)].tobytes() == old.tobytes() and new.shape[1:] == old.shape[1:]
        for new, old in ((getattr(history, name), getattr(known, name)) for name in _ROWS)
    )


def _joined(known: History, rows: Mapping[str, int], more: Mapping[str, np.ndarray]) -> History:
    """The first `rows` of what is known, and what came."""
    return History(
        **{
            name: np.concatenate([getattr(known, name)[:start], more[name]]) if start else more[name]
            for name, start in rows.items()
        }
    )
