"""A plotly Figure that is checked when somebody looks inside, not when it is on its way to a browser.

plotly takes 2 to 7 ms to check a figure, copy it and write it down as JSON; writing alone takes 0.1. A page with
eight live figures and thirty visitors draws hundreds of them a second. The tests look inside every figure.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.summary import summary

_EMPTY = go.layout.Template()  # plotly's default template would add 7 kB to every picture


class Drawing(go.Figure):
    """A figure from traces and a layout as plain data. height: in pixels. words: its title and what it shows."""

    def __init__(self, data: list[dict[str, Any]], layout: dict[str, Any]) -> None:
        self.__dict__["_plain"] = {"data": data, "layout": layout}  # plotly's own attributes are not there yet
        self.__dict__["height"] = int(layout["height"])
        head = layout.get("title", {})
        shows = summary(data) if data else " ".join(each["text"] for each in layout.get("annotations", ()))
        said = (head.get("text", ""), head.get("subtitle", {}).get("text", ""), shows)
        self.__dict__["words"] = re.sub("<[^>]*>", "", " ".join(f"{each.rstrip('.')}." for each in said if each))

    def __getattr__(self, name: str) -> Any:
        """Something that plotly makes of the data: it is asked for the first time, so it is made now."""
        plain = self.__dict__.pop("_plain", None)
        if plain is None:
            raise AttributeError(name)
        super().__init__(plain["data"], {"template": _EMPTY, **plain["layout"]})
        return getattr(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return go.Figure, (self.to_dict(),)

    def to_json(self, *args: Any, **kwargs: Any) -> str:
        plain = self.__dict__.get("_plain")
        if plain is None or args or kwargs:
            return str(super().to_json(*args, **kwargs))
        return json.dumps(plain, default=_encoded, allow_nan=False)


def _encoded(value: Any) -> Any:
    """What json has no words for. Numbers in plotly's form for typed arrays, which has no 64-bit integers."""
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, np.ndarray):
        raise TypeError(f"a figure holds a {type(value).__name__}")
    if value.dtype.kind in "iu" and value.dtype.itemsize == 8:
        small = np.abs(value).max(initial=0) < 2**31
        value = value.astype(np.int32 if small else np.float64)
    if value.dtype.kind not in "iuf":
        return value.tolist()
    spec = {"dtype": value.dtype.str[1:], "bdata": b64encode(value.tobytes()).decode()}
    return spec | ({"shape": ", ".join(map(str, value.shape))} if value.ndim > 1 else {})
