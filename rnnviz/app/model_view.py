"""What the page Your model shows: reading a file of weights, what was found in it, and what it is to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from rnnviz.app import controls, errands, kept, session
from rnnviz.app.frame import page
from rnnviz.app.model_feeds import feeds, usual
from rnnviz.app.results import result
from rnnviz.app.words import literal
from rnnviz.cells import CELLS
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data import bounds
from rnnviz.data.errors import DataError
from rnnviz.start import Start
from rnnviz.tasks import TASKS
from rnnviz.weights import TORCH, Readout, Stack, find_readouts, find_stacks, kind, read_safetensors

KEY = "your model"
_REFUSED = "your model refused"  # among the visitor's results: the last file that cannot be shown, and why
TYPES = ["safetensors", "pt", "pth", "bin", "ckpt"]
NARROW, WIDE = 160, 340  # pixels
SAVE = """# a file for this page, from your own training script
torch.save(model.state_dict(), "model.pt")

# or without torch's own format
safetensors.torch.save_file(model.state_dict(), "model.safetensors")"""


@dataclass(frozen=True, eq=False)
class Found:
    """What a file holds: its stacks, for each the linear layers that fit on it, and why others cannot be shown."""

    name: str
    stacks: tuple[Stack, ...]
    readouts: tuple[tuple[Readout, ...], ...]
    refused: tuple[str, ...]


def upload() -> Found | None:
    """The file picker, and what was found in the file in hand; None where there is none, or it is on its way."""
    limit_mb = bounds.limit_mb()
    file = st.file_uploader(
        f"Weights of a model, as safetensors or as torch saves a state_dict, up to {limit_mb} MB. They stay in your "
        "session, and nothing in the file is executed.",
        type=TYPES,
        max_upload_size=limit_mb,
        key="weights file",
    )
    results = session.visitor().results
    version, found = results.get(KEY, (None, None))
    if file is None or version == file.file_id:
        return found
    wrong, why = results.get(_REFUSED, (None, ""))
    try:
        if wrong == file.file_id:  # it is read once, not at every click
            raise DataError(why)
        weights = _read(file, limit_mb)
        if weights is None:
            return None
        stacks, refused = find_stacks(weights)
    except DataError as error:
        results[_REFUSED] = file.file_id, str(error)
        st.error(literal(str(error)), icon=":material/error:")
        return None
    found = Found(file.name, stacks, tuple(find_readouts(weights, stack) for stack in stacks), refused)
    results[KEY] = file.file_id, found
    errands.forget(KEY)
    return found


def how() -> None:
    """Where there is no file yet: how to make one, and what needs none."""
    st.info(
        "Any nn.RNN, nn.LSTM or nn.GRU will do, alone or inside a larger model: layers, directions and sizes follow "
        "from the names and shapes of its weights, and every page then looks inside it.",
        icon=":material/deployed_code:",
    )
    st.code(SAVE, language="python")
    st.caption("In a notebook, `rnnviz.record(model)` looks inside a model of any size while it runs: see the README.")


def _read(file: Any, limit_mb: int) -> dict[str, np.ndarray] | None:
    content = file.getvalue()
    if kind(file.name, content, limit_mb) != TORCH:
        return read_safetensors(file.name, content)
    words = {"name": file.name}
    errand = errands.ask(KEY, file.file_id, "weights", words, lambda: {"file": np.frombuffer(content, np.uint8)})
    return dict(errand.arrays) if errands.show(KEY, errand, "plain numbers of it") else None


def confirm(found: Found) -> int:
    """What was found, in words and as a table; which of several stacks is looked at."""
    for sentence in found.refused:
        st.warning(literal(sentence), icon=":material/block:")
    number = 0
    if len(found.stacks) > 1:
        number = st.selectbox(
            "There are several stacks: look at",
            range(len(found.stacks)),
            format_func=lambda k: _place(found.stacks[k]),
            key=f"stack of {found.name}",
            width=WIDE,
        )
    stack = found.stacks[number]
    st.markdown(_words(stack))
    st.dataframe(_table(stack), hide_index=True, height="content", width="content")
    return number


def choose(found: Found, number: int, settings: ExperimentConfig) -> None:
    """What a file leaves open, and the ways into the network; or the reason why it cannot be shown."""
    stack, cell = found.stacks[number], found.stacks[number].cells[0]
    several = f", {_place(stack)}" * (len(found.stacks) > 1)  # weights in hand are told apart by their names
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        if len(stack.cells) > 1:
            cell = st.selectbox(
                CELLS[cell].form[0],
                stack.cells,
                format_func=lambda name: CELLS[name].form[1],
                help="The weights do not say which.",
                key=f"cell of {found.name} {number}",
                width=NARROW,
            )
        readouts = [*found.readouts[number], None]  # None: a new one
        place = st.selectbox(
            "Readout",
            range(len(readouts)),
            format_func=lambda k: _readout_words(readouts[k]),
            help="A file does not say which linear layer reads the stack; these have a column for each unit of it.",
            key=f"readout of {found.name} {number}",
            width=WIDE,
        )
        readout, data = readouts[place], session.visitor().data
        try:
            which = found, number, cell, place
            start = result(f"{KEY} start", which, lambda: _start(found.name + several, stack, cell, readout))
            seen = start.fingerprint, settings, data and (data.name, data.fingerprint)
            fitting = result(f"{KEY} feeds", seen, lambda: feeds(start, settings, data))
        except ConfigError as error:
            st.error(
                f"{literal(str(error))} In Python, `rnnviz.record` looks into models of any size.",
                icon=":material/error:",
            )
            return
        feed = fitting[
            st.selectbox(
                "It reads",
                range(len(fitting)),
                format_func=lambda k: fitting[k].label,
                index=usual(fitting, readout),
                help="Whatever has as many features. Data of your own come from the page Your data.",
                key=f"feed {start.fingerprint} {len(fitting)}",
                width=WIDE,
            )
        ]
    if readout is not None and len(readout.weight) != feed.outputs:
        st.caption(
            f"The readout ({literal(_readout_words(readout))}) does not fit the {feed.outputs} wanted here: a new, "
            "untrained one stands in."
        )
    scaling = feed.settings.scaling
    if TASKS[feed.settings.task].needs_data and data is not None and data.numbers and scaling != "none":
        st.caption(
            f"Its numbers go in with **{scaling}** scaling. If yours learned from raw ones, set Scaling to none on the "
            "page Your data."
        )
    config = feed.settings.with_(
        **start.settings, start=start.fingerprint, dropout=0.0, freeze="nothing", readout="kept"
    )
    with st.container(horizontal=True, gap="small"):
        if st.button("Look inside", type="primary", icon=":material/biotech:"):
            _go(start, config, "gates.py" if CELLS[cell].gates else "hidden_states.py")
        if st.button("Train it further", icon=":material/play_arrow:"):
            _go(start, config, "train.py")


def _start(name: str, stack: Stack, cell: str, readout: Readout | None) -> Start:
    """Raises ConfigError where the stack is larger than the app trains."""
    weights = {f"rnn.{own}": array for own, array in stack.weights.items()}
    if readout is not None:
        missing = np.zeros(len(readout.weight), readout.weight.dtype)
        weights |= {"readout.weight": readout.weight, "readout.bias": missing if readout.bias is None else readout.bias}
    return Start(name, weights, cell, stack.hidden_size, stack.num_layers, stack.bidirectional)


def _go(start: Start, config: ExperimentConfig, file: str) -> None:
    session.visitor().bring(start)
    kept.unlink()
    controls.take(config)
    st.switch_page(page(file))


def _words(stack: Stack) -> str:
    layers = "1 layer" if stack.num_layers == 1 else f"{stack.num_layers} layers"
    name = " or ".join(CELLS[cell].label for cell in stack.cells)
    words = (
        f"**{name}** at {literal(_place(stack))}: {layers} of {stack.hidden_size} hidden units"
        f"{' in both directions' * stack.bidirectional}, {stack.input_size} feature{'s' * (stack.input_size != 1)} at "
        f"every time step, {stack.parameters:,} weights."
    )
    return words if stack.bias else f"{words} It has no biases: zeros stand in for them, which training would change."


def _place(stack: Stack) -> str:
    return stack.path or "the top of the file"


def _readout_words(readout: Readout | None) -> str:
    if readout is None:
        return "A new one, untrained"
    outputs = f"{len(readout.weight)} output{'s' * (len(readout.weight) != 1)}"
    return f"{readout.path or 'the linear layer'}, {outputs}{', without bias' * (readout.bias is None)}"


def _table(stack: Stack) -> dict[str, list[Any]]:
    """A row for every layer and direction: the shapes of its weights."""
    table: dict[str, list[Any]] = {name: [] for name in ("Layer", "Reads from", "W_ih", "W_hh", "Biases")}
    for layer in stack.layers:
        number, _, reverse = layer.partition("_")
        table["Layer"].append(int(number[1:]))
        table["Reads from"].append("the end" if reverse else "the start")
        for name in ("ih", "hh"):
            table[f"W_{name}"].append(" × ".join(map(str, stack.weights[f"weight_{name}_{layer}"].shape)))
        table["Biases"].append(f"2 × {len(stack.weights[f'bias_ih_{layer}'])}" if stack.bias else "none")
    return table
