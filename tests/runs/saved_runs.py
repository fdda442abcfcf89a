"""A run whose parts say what they are, so that a test sees a mixture of two saves."""

from __future__ import annotations

from dataclasses import replace

from rnnviz.runs.store import About, Store

NOW = 1_800_000_000.0
RUN = "run-0000000000001"


def about(run=RUN, step=0, saved=NOW, **changes) -> About:
    return replace(About(run, "owner-a", "a run", NOW, saved, step, {"task": "adding"}), **changes)


def saved_at(step: int) -> dict[str, bytes]:
    """The parts of a run at a step: each says what it is, and the snapshots are thinned as it goes on."""
    kept = [s for s in range(step + 1) if s > step - 3 or s % 4 == 0]
    parts = {"head": f"head at {step}, with {kept}.".encode() * 400}
    return parts | {f"snapshot-{s}": f"snapshot of {s}.".encode() * 400 for s in kept}


def save(store: Store, step: int, whole: bool = False, **changes) -> None:
    parts = saved_at(step)
    new = {name: parts[name] for name in parts if whole or name in ("head", f"snapshot-{step}")}
    store.save(about(step=step, **changes), new, list(parts))


def loaded_step(store: Store, run: str = RUN) -> int | None:
    """The step of the run that is loaded, after a look at every byte of it; None where there is none."""
    found = store.load(run)
    if found is None:
        return None
    assert found[1] == saved_at(found[0].step)
    return found[0].step
