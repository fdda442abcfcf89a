"""What travels between the server and its workers: one JSON header and byte blobs; no pickle in either direction.

A message is: 4 bytes length of the header (little-endian), the header (UTF-8 JSON), the blobs end to end; the
header's "blobs" lists their sizes. Arrays travel as safetensors. A command's header has "verb" and "job"; a
report's has "kind": "ready", "view" or "dropped".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from safetensors.numpy import load, save

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.run import History
from rnnviz.runs.engine import Spec, View
from rnnviz.trace import Trace

_PLAIN = [f.name for f in fields(View) if f.name not in ("history", "trace", "revision")]

# Name, columns, notes and fingerprint -> the data set of this process that has them.
_data_sets: WeakValueDictionary[str, Dataset] = WeakValueDictionary()


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


def pack_spec(header: Mapping[str, Any], spec: Spec) -> bytes:
    """A command that carries an experiment and, where there is one, its data set."""
    header = {**header, "config": asdict(spec.config)}
    if spec.data is None:
        return pack(header)
    words, arrays = spec.data.to_parts()
    header["data"] = {**words, "fingerprint": spec.data.fingerprint}
    return pack(header, save(arrays))


def unpack_spec(header: Mapping[str, Any], blobs: list[bytes]) -> Spec:
    """The experiment in a command. Raises ConfigError where the configuration is out of bounds.

    Equal data sets become one object, with what the tasks prepared from it, for as long as an experiment holds it.
    """
    config = ExperimentConfig.from_plain(header["config"])
    if "data" not in header:
        return Spec(config)
    key = json.dumps(header["data"], sort_keys=True)
    data = _data_sets.get(key)
    if data is None:
        data = _data_sets[key] = Dataset.from_parts(header["data"], load(blobs[0]))
    return Spec(config, data)


def pack_view(view: View, previous: View | None, acknowledged: int) -> bytes:
    """A report on a job. History and trace, the heavy parts, go along where they are not the previous View's.

    acknowledged: how many commands for this job had been obeyed when the View was taken.
    """
    plain = {name: getattr(view, name) for name in _PLAIN}
    parts: dict[str, bytes] = {}
    if previous is None or view.history is not previous.history:
        arrays = {f.name: np.ascontiguousarray(getattr(view.history, f.name)) for f in fields(History)}
        parts["history"] = save(arrays)
    if view.trace is not None and (previous is None or view.trace is not previous.trace):
        parts["trace"] = view.trace.to_bytes()
    header = {"kind": "view", "acknowledged": acknowledged, "plain": plain, "parts": list(parts)}
    return pack(header, *parts.values())


def unpack_view(header: Mapping[str, Any], blobs: list[bytes], previous: View) -> View:
    """The View in a report; a part that did not come along stays as in the previous View."""
    changes: dict[str, Any] = dict(header["plain"])
    parts = dict(zip(header["parts"], blobs, strict=True))
    if "history" in parts:
        changes["history"] = History(**load(parts["history"]))
    if "trace" in parts:
        changes["trace"] = Trace.from_bytes(parts["trace"])
    return replace(previous, **changes)
