"""One table of settings: field of the configuration, name in the link, control, and when it changes anything.

The link is the source of truth. A control that is used writes the link (and the visitor's settings), then the
page runs and reads them; a page that is switched to finds an empty link and writes the settings back. Streamlit
can tie a control to the link itself (`bind="query-params"`), but then settings that the page at hand draws no
control for would fall out of the link, and a change of task could not set several of them.

Defaults are the task's: `?task=sine` means the sine task with the settings that work for it, and only what
differs from those is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from rnnviz.cells import CELLS
from rnnviz.config import (
    ATTENTIONS,
    CATEGORIES,
    CLIPS,
    FROZEN,
    LANGUAGES,
    MISSING_VALUES,
    PRECISIONS,
    READOUTS,
    SCALINGS,
    UNITS,
    ConfigError,
    ExperimentConfig,
)
from rnnviz.initialisation import INITS
from rnnviz.losses import LOSSES, TASKS_OWN, fitting_losses
from rnnviz.optimisers import OPTIMISERS
from rnnviz.shapes import SHAPES
from rnnviz.tasks import TASKS

Config = ExperimentConfig
Predicate = Callable[[Config], bool]
Choices = Callable[[Config], Mapping[str, str]]
LONGEST = 5000  # characters of one setting in a link: the numbers of a thousand columns
NONE = "none"  # in a link: no value; also the empty tuple
POWERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
RATES = tuple(float(f"{d}e{e}") for e in range(-5, 1) for d in (1, 2, 5))


@dataclass(frozen=True)
class Row:
    """One setting.

    field: of ExperimentConfig, which also holds the bounds. key: its name in a link. group: the heading it is
    drawn under. kind: "choice", "integer", "number", "optional" (a number or nothing), "scale" (a slider over
    `steps`), "toggle", or "" for a setting that has no control here. choices: value -> label, for a
    configuration. applies: whether the setting changes anything in a configuration.
    """

    field: str
    key: str
    label: str
    help: str
    group: str
    kind: str = ""
    choices: Choices | None = None
    steps: tuple[float, ...] = ()
    step: float = 1
    applies: Predicate = lambda config: True
    wide: bool = False

    @property
    def bounds(self) -> tuple[float, float]:
        return _FIELDS[self.field].metadata["low"], _FIELDS[self.field].metadata["high"]

    @property
    def text(self) -> type:
        """The type of one value: str, bool, int, float; tuple for a tuple of int."""
        return float if "float" in str(_FIELDS[self.field].type) else type(_FIELDS[self.field].default)


_FIELDS = {f.name: f for f in fields(ExperimentConfig)}


def task_uses(name: str) -> Predicate:
    return lambda config: name in TASKS[config.task].uses


def random(config: Config) -> bool:
    """Whether recurrent weights are drawn: those of a start are as they were."""
    return not config.start


def cell_reads(name: str) -> Predicate:
    return lambda config: random(config) and CELLS[config.cell].bias_setting == name


def encodes(config: Config) -> bool:
    return SHAPES[TASKS[config.task].shape].encodes


def optimiser_reads(name: str) -> Predicate:
    return lambda config: name in OPTIMISERS[config.optimiser].uses


def labels(registry: Mapping[str, Any]) -> Choices:
    return lambda config: {name: entry.label for name, entry in registry.items()}


def fitting_inits(config: Config) -> dict[str, str]:
    return {name: init.label for name, init in INITS.items() if init.fits(CELLS[config.cell])}


def losses(config: Config) -> dict[str, str]:
    own = TASKS[config.task].loss
    usual = {TASKS_OWN: f"the task's {LOSSES[own].label}"}
    return usual | {name: LOSSES[name].label for name in fitting_losses(own)}


def words(*names: str) -> Choices:
    return lambda config: {name: name for name in names}


def _gaps(config: ExperimentConfig) -> dict[str, str]:
    shown = {"interpolate": "fill in", "drop": "drop rows", "mask": "0, and say where"}
    return {name: shown[name] for name in MISSING_VALUES}


ROWS = (
    Row("task", "task", "Task", "What the network learns. Changing it brings the settings that work for it.",
        "Task", "choice", labels(TASKS), wide=True),
    Row("length", "T", "Length T", "Time steps of a sequence (copy memory: of the delay).",
        "Task", "integer", step=10, applies=task_uses("length")),
    Row("language", "to", "Into", "The language that is translated into.",
        "Task", "choice", words(*LANGUAGES), applies=task_uses("language")),
    Row("input_scale", "scale", "Input scale", "Factor on the inputs. Large ones saturate tanh and the gates.",
        "Task", "number", step=0.1, applies=task_uses("input_scale")),
    Row("input_size", "D", "Inputs D", "Random numbers that go in at every time step.",
        "Task", "integer", applies=task_uses("input_size")),
    Row("output_size", "O", "Outputs O", "Random numbers that are wanted at every time step.",
        "Task", "integer", applies=task_uses("output_size")),
    Row("train_fraction", "train", "Training part", "The first part of the series trains, the rest is held out.",
        "Task", "number", step=0.05, applies=task_uses("train_fraction")),
    Row("cell", "cell", "Cell", "The recurrent cell.",
        "Model", "choice", labels(CELLS), wide=True),
    Row("hidden_size", "H", "Hidden units", "Size of the hidden state h.",
        "Model", "scale", steps=POWERS, wide=True),
    Row("num_layers", "layers", "Layers", "Recurrent layers, each reading the one below.",
        "Model", "integer"),
    Row("dropout", "dropout", "Dropout", "Share of values set to zero between layers while training.",
        "Model", "number", step=0.05, applies=lambda config: config.num_layers > 1),
    Row("embedding_size", "E", "Embedding", "Size of a learned projection of the inputs; 0: none "
        "(characters go in one-hot).",
        "Model", "integer", step=4),
    Row("bidirectional", "both", "Both directions", "A second network reads the sequence from its end.",
        "Model", "toggle", wide=True,
        applies=lambda config: not TASKS[config.task].causal or config.bidirectional),
    Row("attention", "attention", "Attention", "How the decoder looks back at the source: additive scores "
        "(Bahdanau), scaled dot products (Luong), or not at all.",
        "Model", "choice", words(*ATTENTIONS), wide=True, applies=encodes),
    Row("init", "init", "Initialisation", "How the recurrent weights begin.",
        "Start", "choice", fitting_inits, wide=True, applies=random),
    Row("spectral_radius", "rho", "Spectral radius ρ", "Largest absolute eigenvalue of W_hh at the start: "
        "gradients shrink below 1 and grow above it.",
        "Start", "number", step=0.05, applies=lambda config: random(config) and INITS[config.init].uses_radius),
    Row("forget_bias", "bf", "Forget bias", "Effective bias of the forget gate f at the start (torch's two biases "
        "added). High keeps the past. Empty: as initialised.",
        "Start", "optional", step=0.5, applies=cell_reads("forget_bias")),
    Row("update_bias", "bz", "Update bias", "Effective bias of the GRU's z at the start. High keeps the past. "
        "Empty: as initialised.",
        "Start", "optional", step=0.5, applies=cell_reads("update_bias")),
    Row("learning_rate", "lr", "Learning rate", "Size of an optimiser step.",
        "Training", "scale", steps=RATES, wide=True),
    Row("loss", "loss", "Loss", "What training lowers. Far outliers pull hardest on the squared error.",
        "Training", "choice", losses, wide=True,
        applies=lambda config: len(fitting_losses(TASKS[config.task].loss)) > 1),
    Row("optimiser", "opt", "Optimiser", "How a gradient becomes a step.",
        "Training", "choice", labels(OPTIMISERS)),
    Row("batch_size", "B", "Batch size", "Sequences in one step.",
        "Training", "integer", step=8),
    Row("momentum", "mom", "Momentum", "How much of the previous step is kept.",
        "Training", "number", step=0.1, applies=optimiser_reads("momentum")),
    Row("clip", "clip", "Clipping", "Limits the gradient before a step: its norm as a whole, or each component.",
        "Training", "choice", words(*CLIPS)),
    Row("clip_at", "at", "Clip at", "The largest gradient norm, or component, that is let through.",
        "Training", "number", step=0.5, applies=lambda config: config.clip != CLIPS[0]),
    Row("weight_decay", "wd", "Weight decay", "How strongly weights are pulled towards 0 (L2).",
        "Training", "number", step=0.001),
    Row("patience", "patience", "Patience", "Early stopping: pauses after so many held-out checks in a row without a "
        "better loss, and says which step was best. 0: it never does.",
        "Training", "integer"),
    Row("precision", "dtype", "Precision", "Number format of the whole computation.",
        "Training", "choice", words(*PRECISIONS)),
    Row("seed", "seed", "Seed", "Decides weights, batches and dropout. Same link, same numbers.",
        "Training", "integer"),
    Row("data", "data", "Data", "Fingerprint of the corpus or of uploaded data.",
        "Data", applies=task_uses("data")),
    Row("start", "start", "Start from", "Fingerprint of the weights that training begins with.",
        "Start", applies=lambda config: bool(config.start)),
    Row("freeze", "freeze", "Freeze", "Which weights training leaves as they are, bit for bit. Recurrent layers that "
        "are random and frozen make a reservoir, which the readout alone learns to read.",
        "Start", "choice", words(*FROZEN)),
    Row("readout", "readout", "Readout", "Whether the readout it began with is kept, or begins anew.",
        "Start", "choice", words(*READOUTS), applies=lambda config: bool(config.start)),
    Row("columns", "cols", "Columns", "Columns of an uploaded table that go in.",
        "Data", applies=task_uses("columns")),
    Row("targets", "targets", "Targets", "Columns of an uploaded table to predict.",
        "Data", applies=task_uses("targets")),
    Row("label_column", "label", "Label", "Column that holds the label.",
        "Data", applies=task_uses("label_column")),
    Row("sequence_column", "by", "Sequences by", "Column whose values tell the sequences apart.",
        "Data", applies=task_uses("sequence_column")),
    Row("time_column", "time", "Time index", "Column that holds the time of each row.",
        "Data", applies=task_uses("time_column")),
    Row("test_fraction", "test", "Test part", "The last part of the data, which neither trains nor decides anything.",
        "Data", "number", step=0.05, applies=task_uses("test_fraction")),
    Row("missing", "gaps", "Missing values", "Fill gaps on the line between their neighbours (for a forecast, with the "
        "last value, as a line would tell what comes), drop rows that have one, or fill with 0 and tell the network "
        "where.",
        "Data", "choice", _gaps, applies=task_uses("missing")),
    Row("scaling", "scaling", "Scaling", "How numbers are scaled, by what is known of the training part alone.",
        "Data", "choice", words(*SCALINGS), applies=task_uses("scaling")),
    Row("categories", "words", "Categories", "How a column of words goes in.",
        "Data", "choice", words(*CATEGORIES), applies=task_uses("categories")),
    Row("resample", "every", "Seconds between rows", "Rows are averaged to this spacing in time; 0: as they are.",
        "Data", "number", step=1, applies=task_uses("resample")),
    Row("stride", "stride", "Stride", "Rows between the starts of two training windows.",
        "Data", "integer", applies=task_uses("stride")),
    Row("horizon", "ahead", "Horizon", "How many rows ahead are predicted.",
        "Data", "integer", applies=task_uses("horizon")),
    Row("unit", "token", "Tokens", "What one token of a text is.",
        "Data", "choice", words(*UNITS), applies=task_uses("unit")),
)  # fmt: skip
BY_FIELD: Mapping[str, Row] = {row.field: row for row in ROWS}
KEYS = frozenset(row.key for row in ROWS)


def base(task: str, seed: int = 0) -> Config:
    """The settings that work for a task: what a link means where it says nothing."""
    return Config(task=task, seed=seed).with_(**TASKS[task].defaults)


def from_query(query: Mapping[str, str]) -> tuple[Config, list[str]]:
    """The configuration that a link asks for, and a sentence on everything in it that could not be had.

    Never raises: what is unreadable, unknown or out of bounds is left at the task's setting. Names that are
    no setting are somebody else's.
    """
    notices: list[str] = []
    start = Config()
    task = query.get(BY_FIELD["task"].key, start.task)
    if task not in TASKS:
        notices.append(f"The link asks for task {_quoted(task)}; there is none of that name. This is {start.task}.")
        task = start.task
    config = base(task)
    for row in ROWS:
        if row.key not in query or row.field == "task":
            continue
        try:
            config = config.with_(**{row.field: _read(row, query[row.key])})
        except ConfigError as error:
            notices.append(f"The link sets {row.label} to {_quoted(query[row.key])}. {_expected(error)}")
        except ValueError:
            notices.append(f"The link sets {row.label} to {_quoted(query[row.key])}, which is no value for it.")
    return consistent(config, notices)


def consistent(config: Config, notices: list[str]) -> tuple[Config, list[str]]:
    """Choices that exist and fit together: an unknown or unfitting name falls back, with a sentence."""
    fallback = base(config.task)
    for row in ROWS:
        value = getattr(config, row.field)
        if row.choices is None or value in row.choices(config):
            continue
        valid = row.choices(config)
        default = getattr(fallback, row.field)
        default = default if default in valid else next(iter(valid))
        names = ", ".join(valid)
        notices.append(f"{row.label} cannot be {_quoted(value)} here; it is {default}. Possible: {names}.")
        config = config.with_(**{row.field: default})
    return config, notices


def to_query(config: Config) -> dict[str, str]:
    """The link of a configuration: its task, and what differs from the task's settings.

    The task is always there: a page that finds none of the keys was switched to, not linked to.
    """
    usual = base(config.task)
    query = {BY_FIELD["task"].key: config.task}
    for row in ROWS:
        value = getattr(config, row.field)
        if row.field != "task" and value != getattr(usual, row.field):
            query[row.key] = _write(value)
    return query


def link(config: Config, page_address: str, more: Mapping[str, str] | None = None) -> str:
    """The whole address that remakes the experiment on the page at `page_address`; `more`: the page's own choices."""
    return f"{page_address.split('?')[0].split('#')[0]}?{urlencode({**to_query(config), **(more or {})})}"


def changed(config: Config, field: str, value: Any) -> Config:
    """The configuration after one control was used. Another task brings its settings; the seed stays."""
    if field == "task":
        return base(value, config.seed)
    return consistent(config.with_(**{field: value}), [])[0]


def _write(value: Any) -> str:
    if value is None or value == ():
        return NONE
    if isinstance(value, bool):
        return str(int(value))
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _read(row: Row, text: str) -> Any:
    """The value that a link's text stands for. Raises ValueError."""
    if len(text) > LONGEST:
        raise ValueError("too long")
    if text == NONE and row.kind == "optional":
        return None
    if row.text is tuple:
        return () if text == NONE else tuple(int(part) for part in text.split(","))
    if row.text is bool:
        if text not in ("0", "1"):
            raise ValueError("neither 0 nor 1")
        return text == "1"
    if row.text is str and row.choices is None and not re.fullmatch(r"\w{0,64}", text):
        raise ValueError("not a fingerprint")
    return row.text(text)


def _expected(error: ConfigError) -> str:
    """The second half of a ConfigError: the first repeats what was given."""
    return str(error).rpartition("; ")[2].capitalize()


def _quoted(text: str) -> str:
    """A short piece of a link, with nothing in it that a page could take for mark-up."""
    safe = re.sub(r"[^\w .,+-]", "?", text[:24])
    return f'"{safe}"'
