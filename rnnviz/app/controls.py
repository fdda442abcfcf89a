"""Draws the settings of the table as controls. Using one writes the link; the page then runs with it.

A control shows what the visitor's settings say: its value in Streamlit's state is set before it is drawn, but
only where it differs, since setting it always would overrule a hand that is quicker than the server. It is given
as the default too: a browser that draws a control late, after the run that set it, knows no other value, and would
send its own lowest one back.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import streamlit as st

from rnnviz.app import kept, session
from rnnviz.app.settings import BY_FIELD, KEYS, ROWS, Row, changed, from_query, link, to_query
from rnnviz.config import ExperimentConfig
from rnnviz.data.errors import DataError
from rnnviz.tasks import named_data

STAYS = 20.0  # seconds for which a notice is shown
USED = "used"  # where it is said what a control has changed besides its own setting
ECHO = 1.0  # seconds for which a value may come back that the server has replaced


def arrive() -> tuple[ExperimentConfig, list[str]]:
    """The settings of this page run, and notices about the link. A link wins, and in it the run that it names; a
    page switch brings none."""
    visitor = session.visitor()
    opened, notice = kept.open_linked()
    if opened is not None:
        return take(opened), [notice] if notice else []
    given = {key: st.query_params[key] for key in st.query_params if key in KEYS}
    notices: list[str] = []
    if given or visitor.settings is None:
        config, notices = from_query(given)
    else:
        config = visitor.settings
    return take(config), [notice, *notices] if notice else notices


def take(config: ExperimentConfig) -> ExperimentConfig:
    """Make these the visitor's settings and write the link; parameters that are no settings stay.

    Where the task reads data, the settings name them by fingerprint, so that the link does.
    """
    with contextlib.suppress(DataError):  # no corpus here: the page that needs it says so
        config = named_data(config, session.visitor().data)
    session.visitor().change(config)
    kept = {key: st.query_params.get_all(key) for key in st.query_params if key not in KEYS}
    wanted = kept | {key: [value] for key, value in to_query(config).items()}
    if {key: st.query_params.get_all(key) for key in st.query_params} != wanted:
        st.query_params.from_dict(wanted)
    return config


def show_notices(place: str, notices: list[str], icon: str = ":material/link_off:") -> None:
    """Say what there is to say, such as about a link, and go on for a while: the page may soon run again."""
    said = session.visitor().said
    if notices:
        said[place] = time.monotonic(), notices
    since, words = said.get(place, (0.0, []))
    if time.monotonic() - since < STAYS:
        for notice in words:
            st.warning(notice, icon=icon)


def current() -> ExperimentConfig:
    """The visitor's settings now; in a fragment, newer than what the page began with."""
    return session.visitor().settings or arrive()[0]


def controls(
    groups: Sequence[str] = ("Task", "Model", "Start", "Training"),
    *,
    leave_out: Iterable[str] = (),
    fields: Iterable[str] | None = None,
    also: Iterable[str] = (),
) -> ExperimentConfig:
    """Draw the controls that change anything, under their groups' headings, and return the settings.

    groups: which, in order. fields: only these; leave_out: all but these; also: these
    even where they change nothing in the visitor's own experiment. In a fragment, call `st.rerun()`
    when the result differs from what the rest of the page was drawn with.
    """
    config = current()
    for group in groups:
        rows = [
            row
            for row in ROWS
            if row.group == group
            and row.kind
            and row.field not in set(leave_out)
            and (fields is None or row.field in set(fields))
            and (row.applies(config) or row.field in set(also))
        ]
        if not rows:
            continue
        st.markdown(f"###### {group}")
        in_rows(rows, lambda row: control(row, config))
    return config


def in_rows(rows: Iterable[Row], draw: Callable[[Row], None]) -> None:
    """Draw each setting where it belongs: a wide one alone, the others two to a line."""
    narrow: list[Any] = []
    for row in rows:
        if row.wide:
            draw(row)
            narrow = []
            continue
        narrow = narrow or list(st.columns(2, gap="small", vertical_alignment="bottom"))
        with narrow.pop(0):
            draw(row)


def control(row: Row, config: ExperimentConfig) -> None:
    """Draw one setting as its kind of control."""
    key = f"setting {row.key}"
    show(key, value_of(row, config))
    DRAW[row.kind](
        row, config, {"label": row.label, "key": key, "help": row.help, "on_change": _used, "args": (row.field, key)}
    )


def show(key: str, value: Any) -> Any:
    """Have a control show a value; returns it, to be its default."""
    if key in st.session_state and st.session_state[key] != value:
        st.session_state[f"{key} before"] = st.session_state[key], time.monotonic()
        st.session_state[key] = value
    return value


def echoed(key: str) -> bool:
    """Whether a control only says again what it showed before `show` gave it another value.

    A browser sends the values of all controls with every message, and one may have been on its way. Where two
    controls stand for one setting, it would undo what the other has just changed.
    """
    before, since = st.session_state.get(f"{key} before", (None, -ECHO))
    return time.monotonic() - since < ECHO and bool(st.session_state[key] == before)


def value_of(row: Row, config: ExperimentConfig) -> Any:
    """What the control of a setting shows."""
    value = getattr(config, row.field)
    whole = row.text is not float or value is None
    return value if whole else float(value)  # a whole number may stand for one in a configuration, not in a control


def slider(field: str, steps: Sequence[Any]) -> ExperimentConfig:
    """Draw one setting as a slider over `steps` (None: as initialised), for a page that turns on it.

    Shown whether or not the setting changes anything in the visitor's own experiment. Returns the settings.
    """
    config, row = current(), BY_FIELD[field]
    key, value = f"slider {row.key}", getattr(config, field)
    options = sorted({*steps, value}, key=lambda step: float("-inf") if step is None else step)
    st.select_slider(
        row.label,
        options,
        show(key, value),
        key=key,
        format_func=lambda step: "default" if step is None else f"{step:g}",
        help=row.help,
        on_change=_used,
        args=(field, key),
    )
    return config


def _used(field: str, key: str) -> None:
    if echoed(key):
        return
    before = current()
    after = take(changed(before, field, st.session_state[key]))
    if before.start and not after.start:
        words = "Another task begins with random weights. **Undo** brings the chosen ones back."
        session.visitor().said[USED] = time.monotonic(), [words]  # a toast would go with the run that follows


def _choice(row: Row, config: ExperimentConfig, common: dict[str, Any]) -> None:
    assert row.choices is not None
    names = row.choices(config)
    index = list(names).index(value_of(row, config))
    st.selectbox(**common, options=list(names), index=index, format_func=lambda name: names.get(name, name))


def _integer(row: Row, config: ExperimentConfig, common: dict[str, Any]) -> None:
    low, high = row.bounds
    value = value_of(row, config)
    st.number_input(**common, value=value, min_value=int(low), max_value=int(high), step=int(row.step))


def _number(row: Row, config: ExperimentConfig, common: dict[str, Any]) -> None:
    low, high = row.bounds
    bounds: dict[str, Any] = {"min_value": float(low), "max_value": float(high), "step": float(row.step)}
    st.number_input(**common, **bounds, value=value_of(row, config), format="%g")


def _optional(row: Row, config: ExperimentConfig, common: dict[str, Any]) -> None:
    """A control with another default than nothing could not be emptied: so its value is set whenever it is drawn."""
    low, high = row.bounds
    bounds: dict[str, Any] = {"min_value": float(low), "max_value": float(high), "step": row.step}
    st.session_state[common["key"]] = value_of(row, config)
    st.number_input(**common, **bounds, value=None, format="%g", placeholder="default")


def _scale(row: Row, config: ExperimentConfig, common: dict[str, Any]) -> None:
    value = value_of(row, config)
    steps = sorted({*row.steps, value, st.session_state.get(common["key"], value)})
    st.select_slider(**common, options=steps, value=value, format_func=lambda value: f"{value:g}")


def _toggle(row: Row, config: ExperimentConfig, common: dict[str, Any]) -> None:
    st.toggle(**common, value=value_of(row, config))


DRAW = {
    "choice": _choice,
    "integer": _integer,
    "number": _number,
    "optional": _optional,
    "scale": _scale,
    "toggle": _toggle,
}


def page_choice(
    key: str,
    label: str,
    options: Sequence[Any],
    default: Any,
    help: str | None,
    format_func: Callable[[Any], str] = str,
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> Any:
    """A choice that belongs to one page and not to an experiment; in the link under `key` unless it is the default."""
    widget = f"choice {key}"
    asked = {str(option): option for option in options}.get(st.query_params.get(key, ""), default)
    chosen = st.segmented_control(
        label, options, default=st.session_state.get(widget, asked), required=True, key=widget,
        help=help, format_func=format_func, label_visibility=label_visibility, persist_state="session",
        on_change=choose, args=(key, widget, default),
    )  # fmt: skip
    choose(key, widget, default)
    return chosen


def setting_switch(
    field: str,
    settings: ExperimentConfig,
    label: str,
    options: Sequence[str],
    help: str,
    format_func: Callable[[str], str],
    label_visibility: Literal["visible", "collapsed"] = "collapsed",
) -> None:
    """A setting that a page also offers itself, among its own controls. settings: those the page was drawn for."""
    widget = f"switch {field}"
    chosen: str = show(widget, getattr(current(), field))
    st.segmented_control(
        label, options, default=chosen, required=True, key=widget,
        help=help, format_func=format_func, label_visibility=label_visibility,
        on_change=_used, args=(field, widget),
    )  # fmt: skip
    if current() != settings:
        st.rerun()


def choose(key: str, widget: str, default: Any) -> None:
    """Write a page's choice to the link; a link that already says so is left alone."""
    chosen = st.session_state[widget]
    if chosen != default and st.query_params.get(key) != str(chosen):
        st.query_params[key] = str(chosen)
    elif chosen == default and key in st.query_params:
        del st.query_params[key]


def undo_button() -> None:
    """Take the last change of the settings back."""

    def back() -> None:
        earlier = session.visitor().undo()
        if earlier is not None:
            take(earlier)

    st.button("Undo", icon=":material/undo:", on_click=back, disabled=not session.visitor().earlier)


def share() -> None:
    """A small menu with the links to pass on, ready to copy: the experiment, and where one is shown, this very run."""
    with st.popover("Share", icon=":material/link:"):
        more = {key: st.query_params[key] for key in st.query_params if key not in KEYS}
        run = more.pop(kept.RUN, "")
        address = st.context.url or ""
        st.write("This link remakes the experiment, seed included.")
        st.code(link(current(), address, more), language=None, wrap_lines=True)
        if not run:
            return
        spec = session.engine().spec(run)
        if spec is None or spec.data is not None or spec.start is not None:
            st.caption("A run on data or weights of your own cannot be shared: they stay with you.")
            return
        st.write("This one is this very run, as last saved: whoever opens it gets a copy of their own.")
        st.code(link(current(), address, more | {kept.RUN: run}), language=None, wrap_lines=True)
