"""One browser tab, as far as the server can tell: Streamlit's websocket protocol, without the drawing.

What Streamlit 1.67's page does is done here: the cookie and the token of the handshake, the values of all
widgets with every message, the timers of fragments that refresh themselves, and the cache of large messages,
which the server then sends as a hash.
"""

from __future__ import annotations

import asyncio
import re
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NumberInput_pb2 import NumberInput
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 60.0  # seconds until an answer that has not come counts as an error
NAME = re.compile(rb'"name": "([^"]*)"')  # of a picture: its key, at the head of what is drawn
DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


def first_value(kind: str, widget: Any) -> tuple[str, Any]:
    """The field of WidgetState that holds a widget's value, and the value it starts with (None: nothing yet)."""
    if kind == "selectbox":
        chosen = widget.raw_value if widget.set_value else widget.options[widget.default] if widget.options else None
        return "string_value", chosen
    if kind == "number_input":
        value = widget.value if widget.set_value else widget.default if widget.HasField("default") else None
        whole = widget.data_type == NumberInput.INT
        return ("int_value", value if value is None else int(value)) if whole else ("double_value", value)
    if kind == "checkbox":
        return "bool_value", widget.value if widget.set_value else widget.default
    if kind == "slider" and not widget.options:
        return "double_array_value", list(widget.value if widget.set_value else widget.default)
    if kind == "slider":
        return "string_array_value", list(widget.raw_value) or [widget.options[int(k)] for k in widget.default]
    if kind == "button_group":
        return "string_array_value", list(widget.raw_values) or [widget.options[k].content for k in widget.default]
    return "trigger_value", None


def texts(widget: Any) -> list[str]:
    """The options of a widget that has some, as they are shown."""
    return [option if isinstance(option, str) else option.content for option in getattr(widget, "options", [])]


WIDGETS = ("selectbox", "number_input", "checkbox", "slider", "button_group", "button")


@dataclass
class Widget:
    """A widget on the page. fragment: the one that drew it ("": the page itself). page: the run of the page
    that drew it last. options: to choose from, as shown.
    """

    id: str
    field: str
    value: Any
    fragment: str
    page: int
    options: list[str]


@dataclass
class Waiting:
    """An interaction on its way. fragment: whose run answers it ("": the whole page's)."""

    fragment: str
    visible: Callable[[], bool]
    answered: asyncio.Future[None]
    started: bool = False
    finished: bool = False


@dataclass(eq=False)
class Tab:
    """A tab at `address` (http://127.0.0.1:port).

    widgets: by key. metrics: by label. pictures: what is drawn, by key. ticks: answers to the timers.
    lost: runs of which the server did not tell the end, as it does when its event loop is late.
    errors: what a visitor would see, or did not get. on_metric, on_picture: told what is shown.
    """

    address: str
    widgets: dict[str, Widget] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    ticks: int = 0
    lost: int = 0
    received: int = 0
    page: str = ""
    path: str = ""
    query: str = ""
    on_metric: Callable[[str, str], None] = lambda label, text: None
    on_picture: Callable[[str], None] = lambda key: None
    _socket: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None
    _timers: dict[str, tuple[float, asyncio.Task[None]]] = field(default_factory=dict)
    _cache: dict[str, tuple[Element, str, int]] = field(default_factory=dict)
    _keep: int = 2
    _runs: int = 0
    _pages: int = 0
    _heard: bool = False  # of a run, since the last message was sent; until then the cache stays as it was named
    _waiting: Waiting | None = None

    async def open(self, path: str, query: str, visible: Callable[[], bool], files: bool = True) -> float:
        """Load the page and wait until its script has run and `visible()`. Returns the seconds it took.

        files: fetch what a browser fetches first (the page, its scripts and plotly.js).
        """
        begin = time.monotonic()
        self.path, self.query = path, query
        cookies = await asyncio.to_thread(self._load, files)
        self._socket = await connect(
            f"{self.address.replace('http', 'ws', 1)}/_stcore/stream",
            origin=self.address,  # type: ignore[arg-type]
            subprotocols=["streamlit", cookies["_streamlit_xsrf"].value],  # type: ignore[list-item]
            additional_headers={"Cookie": "; ".join(f"{each.key}={each.value}" for each in cookies.values())},
            max_size=None,
            open_timeout=PATIENCE,
        )
        self._reader = asyncio.create_task(self._read())
        await self._ask("", visible, self._rerun())
        return time.monotonic() - begin

    async def click(self, key: str, visible: Callable[[], bool]) -> float:
        """Press the button of this key; seconds until its run is over and `visible()`."""
        widget = self.widgets[key]
        return await self._ask(widget.fragment, visible, self._rerun(widget.fragment, pressed=widget.id))

    async def use(self, key: str, value: Any, visible: Callable[[], bool], whole: bool = False) -> float:
        """Give a widget another value; as `click`. whole: the answer is a run of the whole page."""
        widget = self.widgets[key]
        widget.value = value
        return await self._ask("" if whole else widget.fragment, visible, self._rerun(widget.fragment))

    async def go(self, path: str, visible: Callable[[], bool]) -> float:
        """Switch to another page of the app; seconds until it is drawn and `visible()`."""
        self._stop_timers()
        self.query = ""
        return await self._ask("", visible, self._rerun(page=self.pages[path]))

    async def tick(self) -> None:
        """What the timers send, now."""
        for fragment in self._timers:
            await self._send(self._rerun(fragment, timer=True))

    async def close(self) -> None:
        self._stop_timers()
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            await self._socket.close()

    def _load(self, files: bool) -> SimpleCookie:
        """The page and its files, read as a browser does and thrown away; returns the cookies of a new browser."""
        cookies = SimpleCookie()
        with urllib.request.urlopen(f"{self.address}/{self.path}", timeout=PATIENCE) as answer:
            text = answer.read().decode()
        with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=PATIENCE) as answer:
            for given in answer.headers.get_all("Set-Cookie"):
                cookies.load(given)
        wanted = re.findall(r'(?:src|href)="\./(static/[^"]+)"', text) if files else []
        for name in [*wanted, *(["_stcore/bidi-components/rnnviz.plotly/plotly.min.js"] if files else [])]:
            with (
                suppress(urllib.error.HTTPError),  # the picture's files are known once a page has been drawn
                urllib.request.urlopen(f"{self.address}/{name}", timeout=PATIENCE) as answer,
            ):
                while answer.read(1 << 18):
                    pass
        return cookies

    async def _ask(self, fragment: str, visible: Callable[[], bool], message: BackMsg) -> float:
        self._waiting = waiting = Waiting(fragment, visible, asyncio.get_running_loop().create_future())
        begin, ticks = time.monotonic(), self.ticks
        try:
            await self._send(message)
            async with asyncio.timeout(PATIENCE):
                await waiting.answered
        except TimeoutError:
            part = "its answer" if not waiting.finished else "the change"
            says = ", ".join(f"{label}: {text}" for label, text in self.metrics.items())
            raise TimeoutError(
                f"no sign of {part} for {PATIENCE:.0f} seconds; asks every {[*self.timers()]} s; "
                f"{self.ticks - ticks} answers since; page: {self.query} {says}"
            ) from None
        finally:
            self._waiting = None
        return time.monotonic() - begin

    def _rerun(self, fragment: str = "", pressed: str = "", page: str = "", timer: bool = False) -> BackMsg:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.fragment_id, state.is_auto_rerun = self.query, fragment, timer
        state.page_script_hash = page or self.page
        state.page_name = "" if state.page_script_hash else self.path
        state.cached_message_hashes.extend(self._cache)
        context = state.context_info
        context.timezone, context.locale, context.color_scheme = "Europe/Berlin", "en-GB", "light"
        context.url = f"{self.address}/{self.path}"
        for widget in self.widgets.values():
            if widget.value is None and widget.id != pressed:
                continue
            given = state.widget_states.widgets.add(id=widget.id)
            if widget.id == pressed:
                given.trigger_value = True
            elif isinstance(widget.value, list):
                getattr(given, widget.field).data.extend(widget.value)
            else:
                setattr(given, widget.field, widget.value)
        return message

    async def _send(self, message: BackMsg) -> None:
        assert self._socket is not None
        self._heard = False
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for data in self._socket:
                assert isinstance(data, bytes)
                self.received += len(data)
                self._take(ForwardMsg.FromString(data))
        except ConnectionClosed as error:
            self.errors.append(f"the connection was lost: {error}")
        except Exception:  # noqa: BLE001 - whatever it was, it must not pass for a silent server
            self.errors.append(traceback.format_exc())

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        run, waiting = set(message.metadata.run.fragment_ids), self._waiting
        answers = waiting is not None and (waiting.fragment in run if waiting.fragment else not run)
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._show(message.delta.new_element, message.delta.fragment_id)
            if message.metadata.cacheable:
                self._cache[message.hash] = message.delta.new_element, message.delta.fragment_id, self._runs
        elif kind == "ref_hash" and message.ref_hash not in self._cache:
            self.errors.append("the server named a message that this browser does not keep any more")
        elif kind == "ref_hash":
            element, fragment, _ = self._cache[message.ref_hash]
            self._cache[message.ref_hash] = element, fragment, self._runs
            self._show(element, fragment)
        elif kind == "new_session":
            self._heard = True
            if not run:
                self._pages += 1
                self._stop_timers()
                self._keep = message.new_session.config.max_cached_message_age
            if waiting is not None and waiting.started and not waiting.finished and not answers:
                self.lost, waiting.finished = self.lost + 1, True
            if waiting is not None and answers:
                waiting.started = True
        elif kind == "script_finished":
            self._finish(message.script_finished, run)
            # A busy server may tell of a fragment's run as "early"; or of none, and the next run shows its change.
            if waiting is not None and waiting.fragment:
                waiting.finished |= answers and waiting.started or waiting.visible()
            elif waiting is not None:
                waiting.finished |= answers and waiting.started and message.script_finished in DONE
        elif kind == "auto_rerun":
            self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop_timer(fragment)
        elif kind == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
            self.page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "session_event":
            self.errors.append(f"the script could not be read: {message.session_event}")
        if waiting is not None and waiting.finished and not waiting.answered.done() and waiting.visible():
            waiting.answered.set_result(None)

    def _show(self, element: Element, fragment: str) -> None:
        kind = element.WhichOneof("type")
        inside = getattr(element, kind) if kind else None
        if kind == "exception":
            self.errors.append(f"{inside.type}: {inside.message}")
        elif kind == "alert" and inside.format == Alert.ERROR:
            self.errors.append(f"alert: {inside.body}")
        elif kind == "metric":
            self.metrics[inside.label] = inside.body
            self.on_metric(inside.label, inside.body)
        elif kind == "bidi_component" and (name := NAME.search(inside.bytes[:4000])):
            key = name[1].decode()
            if self.pictures.get(key) != inside.bytes:
                self.pictures[key] = inside.bytes
                self.on_picture(key)
        elif kind in WIDGETS:
            name, value = first_value(kind, inside)
            key = inside.id.split("-", 2)[-1]
            known = self.widgets.get(key)
            if known is not None and known.id == inside.id and not getattr(inside, "set_value", False):
                value = known.value
            self.widgets[key] = Widget(inside.id, name, value, fragment, self._pages, texts(inside))

    def _finish(self, status: int, run: set[str]) -> None:
        self.ticks += bool(run & set(self._timers))
        if status not in DONE:
            return
        if not run:  # what this run of the page did not draw is gone
            self.widgets = {key: widget for key, widget in self.widgets.items() if widget.page == self._pages}
        if not self._heard:
            return
        self._runs += 1
        for key, (_, fragment, seen) in list(self._cache.items()):
            if self._runs - seen > self._keep and (not run or fragment in run):
                del self._cache[key]

    def _start_timer(self, fragment: str, interval: float) -> None:
        if self._timers.get(fragment, (None,))[0] != interval:
            self._stop_timer(fragment)
            self._timers[fragment] = interval, asyncio.create_task(self._tick(fragment, interval))

    async def _tick(self, fragment: str, interval: float) -> None:
        """As a browser's setInterval: at its times, whether or not the last answer is there."""
        at = time.monotonic()
        with suppress(ConnectionClosed):
            while True:
                at = max(at + interval, time.monotonic() - interval)
                await asyncio.sleep(max(0.0, at - time.monotonic()))
                await self._send(self._rerun(fragment, timer=True))

    def _stop_timer(self, fragment: str) -> None:
        if fragment in self._timers:
            self._timers.pop(fragment)[1].cancel()

    def _stop_timers(self) -> None:
        for fragment in list(self._timers):
            self._stop_timer(fragment)

    def timers(self) -> Iterator[float]:
        """The intervals at which this tab asks."""
        return (interval for interval, _ in self._timers.values())
