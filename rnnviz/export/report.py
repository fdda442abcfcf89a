"""A report of a run: one HTML file with its figures, its numbers and its recording, that opens without a server."""

from __future__ import annotations

import html
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rnnviz import __version__
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig, defaults
from rnnviz.figures import FIGURES
from rnnviz.figures.gates import gate_traces
from rnnviz.figures.gradient_norms import flow_over_training, grad_norms_figure
from rnnviz.figures.prediction import predictions_figure, words_for
from rnnviz.figures.states import state_heatmap
from rnnviz.figures.training import grad_norm_figure, loss_figure, metric_figure
from rnnviz.glossary import lookup
from rnnviz.run import Change, History
from rnnviz.tasks import Task
from rnnviz.trace import Trace

ASSETS = Path(__file__).resolve().parents[2] / "assets"
Drawn = tuple[str, str, Any]  # entry of FIGURES, key, figure


def report(
    task: Task,
    config: ExperimentConfig,
    step: int,
    history: History,
    trace: Trace,
    *,
    title: str = "",
    link: str = "",
    changes: tuple[Change, ...] = (),
    sequence: int = 0,
) -> str:
    """The text of the HTML file.

    task, config: as they are now. history: up to `step`; trace: recorded there. title: given by the visitor. link:
    remakes the experiment in the app. sequence: of the trace, that the figures show. What may come from a file or a
    visitor stands in it as text. The recording is in the file whole, as `Trace.save` writes it.
    """
    figures = list(_figures(task, history, trace, sequence))
    head = title or f"{task.label}, {CELLS[config.cell].label}, seed {config.seed}"
    parts = {
        "title": html.escape(head),
        "subtitle": html.escape(f"{task.summary} Step {step:,}. rnnviz {__version__}."),
        "link": _link(link),
        "numbers": _table(_numbers(task, step, history)),
        "settings": _table(_settings(config)),
        "changes": _changes(changes),
        "figures": "\n".join(map(_figure, figures)),
        "data": _script("figures", {key: json.loads(figure.to_json()) for _, key, figure in figures}),
        "trace": _script("trace", {"name": f"trace-{step}.safetensors", "bytes": b64encode(trace.to_bytes()).decode()}),
        "plotly": _plotly(),
        "theme": (ASSETS / "plot" / "theme.js").read_text("utf-8").replace("export function", "function"),
        "program": (ASSETS / "report" / "report.js").read_text("utf-8"),
        "style": (ASSETS / "report" / "report.css").read_text("utf-8"),
    }
    page = (ASSETS / "report" / "report.html").read_text("utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], page)


def recording(page: str) -> bytes:
    """The recording in a report, as `Trace.load` reads it. Raises ValueError where there is none."""
    found = re.search(r'<script type="application/json" id="trace">(.*?)</script>', page, re.DOTALL)
    if found is None:
        raise ValueError("This is no report of rnnviz: it holds no recording.")
    return b64decode(json.loads(found[1])["bytes"])


def _figures(task: Task, history: History, trace: Trace, sequence: int) -> Iterator[Drawn]:
    makers: dict[str, tuple[str, Callable[[], Any]]] = {
        "loss": ("loss", lambda: loss_figure(history, task.baseline, task.baseline_words, loss=task.loss)),
        "metric": ("metric", lambda: metric_figure(history, task.metric)),
        "grad-norm": ("grad_norm", lambda: grad_norm_figure(history)),
        "flow-over-training": ("flow_over_training", lambda: flow_over_training(history)),
        "predictions": (words_for(trace), lambda: predictions_figure(trace, sequence)),
        "grad-norms": ("grad_norms", lambda: grad_norms_figure(trace)),
    }
    if task.metric == task.loss:
        del makers["metric"]
    for key, (name, make) in makers.items():
        yield name, key, make()
    for layer, name in enumerate(trace.layer_names):
        yield "state", f"state-{name}", state_heatmap(trace, "h", layer, sequence, False)
    for layer, name in enumerate(trace.layer_names if trace.gates else ()):
        yield "gates", f"gates-{name}", gate_traces(trace, layer, sequence)


def _figure(drawn: Drawn) -> str:
    name, key, figure = drawn
    explained = FIGURES[name]
    words = f"{figure.words} {explained.how_to_read}"
    return (
        f'<figure><div class="chart" id="{html.escape(key)}" role="img" aria-label="{html.escape(words)}" '
        f'style="height: {int(figure.height)}px"></div><figcaption>{html.escape(_plain(explained.how_to_read))} '
        f"<span>What would be surprising: {html.escape(_plain(explained.surprising))}</span></figcaption></figure>"
    )


def _numbers(task: Task, step: int, history: History) -> dict[str, str]:
    found = {"Step": f"{step:,}"}
    if len(history.loss):
        found["Training loss"] = f"{history.loss[-1]:.6g}"
    if len(history.checked):
        found |= {"Held-out loss": f"{history.heldout_loss[-1]:.6g}"}
        found |= {f"Held-out {lookup(task.metric).label}": f"{history.metric[-1]:.6g}"}
    if task.baseline is not None:
        found[f"Baseline: {task.baseline_words}"] = f"{task.baseline:.6g}"
    return found


def _settings(config: ExperimentConfig) -> dict[str, str]:
    usual = defaults()
    return {
        name.replace("_", " "): str(value)
        for name, value in asdict(config).items()
        if value != usual[name] or name in ("task", "cell", "hidden_size", "learning_rate", "optimiser", "seed")
    }


def _table(rows: Mapping[str, str]) -> str:
    cells = (f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in rows.items())
    return f"<table>{''.join(cells)}</table>"


def _changes(changes: tuple[Change, ...]) -> str:
    rows = {f"Step {each.step:,}: {each.field.replace('_', ' ')}": f"{each.before} → {each.after}" for each in changes}
    return f"<h2>Changed on the way</h2>{_table(rows)}" if rows else ""


def _script(name: str, value: Any) -> str:
    """JSON for the page's own program; "<" is written so that nothing in it can end the script."""
    text = json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def _plotly() -> str:
    """plotly.js, from the plotly package, without importing that."""
    spec = find_spec("plotly")
    assert spec is not None and spec.submodule_search_locations
    return (Path(spec.submodule_search_locations[0]) / "package_data" / "plotly.min.js").read_text("utf-8")


def _link(address: str) -> str:
    if not address.startswith(("http://", "https://")):
        return ""
    return f'<p>The experiment: <a href="{html.escape(address)}">{html.escape(address)}</a></p>'


def _plain(markdown: str) -> str:
    return re.sub(r"[*`]", "", markdown)
