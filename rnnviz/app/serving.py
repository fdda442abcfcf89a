"""What the server does besides drawing pages: it owns the engine, gives out the owner's cookie, answers `/health`,
and lets pages fetch nothing from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.middleware import Middleware

from rnnviz.app import admin, health
from rnnviz.app.fence import Fence
from rnnviz.app.owner import OwnerCookie
from rnnviz.app.quota import Quota
from rnnviz.config import ConfigError
from rnnviz.data.bounds import limit_mb, total_mb
from rnnviz.registry import UnknownName
from rnnviz.runs.engine import get_engine


def prepare() -> dict[str, Any]:
    """The arguments of `st.App`. Ends the process, in words, where an environment variable is not what it must be."""
    try:
        admin.secret()
        get_engine()
        limit_mb(), total_mb()
    except (ConfigError, UnknownName) as error:
        raise SystemExit(str(error)) from None
    return {
        "routes": [health.ROUTE],
        "middleware": [Middleware(Fence), Middleware(OwnerCookie), Middleware(Quota)],
        "lifespan": _lifespan,
    }


@asynccontextmanager
async def _lifespan(app: Any) -> AsyncIterator[None]:
    """Workers warm up before the first visitor comes. A server that is told to end (SIGTERM) runs no exit handlers
    of Python's, so the engine is closed here."""
    await asyncio.to_thread(get_engine().warm_up)
    yield
    await asyncio.to_thread(get_engine().close)
