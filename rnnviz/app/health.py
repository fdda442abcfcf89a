"""`/health`: how the server is doing, as JSON for programs that watch it: counts alone, nothing of a visitor's."""

from __future__ import annotations

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from rnnviz.runs.engine import get_engine

_STARTED = time.time()  # of this process, where the engine does not say


def report(status: dict[str, Any]) -> dict[str, Any]:
    """What `/health` says of an engine's status.

    status: `"ok"`, or `"degraded"` where `trouble` names what ails: `"workers"` (none can be had, or runs wait and
    none is there) or `"store"` (runs cannot be saved). workers, ready: processes alive, and those that train already.
    jobs, playing, waiting: runs in all, those that train, and those in the queue. uptime: seconds.
    """
    workers = status.get("workers", [])
    waiting = status.get("waiting", 0)
    trouble = []
    if status.get("trouble") or (waiting and not workers):
        trouble.append("workers")
    if status.get("store", {}).get("trouble"):
        trouble.append("store")  # its own words may name folders, so they stay on the class page
    return {
        "status": "degraded" if trouble else "ok",
        "trouble": trouble,
        "workers": len(workers),
        "ready": sum(bool(worker.get("ready")) for worker in workers),
        "jobs": status.get("jobs", 0),
        "playing": status.get("playing", 0),
        "waiting": waiting,
        "uptime": round(max(0.0, time.time() - status.get("started", _STARTED)), 1),
    }


def _health(request: Request) -> JSONResponse:
    found = report(get_engine().status())
    code = 200 if found["status"] == "ok" else 503
    return JSONResponse(found, status_code=code, headers={"Cache-Control": "no-store"})


ROUTE = Route("/health", _health, methods=["GET"])  # not async: it runs on a thread and holds nobody up
