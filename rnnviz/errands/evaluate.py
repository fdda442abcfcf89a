"""The errand `evaluate`: a run on sequences it was trained on, on held-out and test ones, and where it goes wrong."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import numpy as np

from rnnviz.analysis.word_errors import exact_match, word_error_rate
from rnnviz.data.arranging import PARTS
from rnnviz.errands import Arrays, Result, Words, progress
from rnnviz.errands.judging import Judge, Judged, cannot_run_free, joined, trained_on
from rnnviz.evaluation import scores
from rnnviz.evaluation.gap import mean_loss
from rnnviz.evaluation.residuals import residuals
from rnnviz.run import Run
from rnnviz.tasks.base import PROBE_SIZE, Batch, Task

CURVE_SECONDS = 12.0  # for the losses at earlier steps; those that there is no time for are left out
CURVE_SEQUENCES = 500
WRONG = 40  # sequences that a decoder wrote wrongly, to be shown
FORECASTS = 200  # windows over which a forecast is judged


def evaluate(words: Words, arrays: Arrays) -> Result:
    """words: nothing. arrays: `run`, a saved run. Gives, in words: step, kind, parts (name -> loss, error, sequences,
    and the scores; own: those of scaled columns, in their own units), unit, wrong, no_forecast, curves (names of
    parts); in arrays: what `_details`, `_curves` and `forecast` say."""
    run = Run.from_bytes(arrays["run"].tobytes())
    progress(0.02, "Preparing the data")
    judge = Judge(run)
    task = judge.task
    parts: dict[str, list[Batch]] = {
        "train": trained_on(task, run.step, judge.room),
        "heldout": [task.heldout(judge.room)],
    }
    if (test := task.test(judge.room)) is not None:
        parts["test"] = [test]
    told: dict[str, Any] = {"step": run.step, "kind": scores.kind_of(task), "parts": {}, "unit": _unit(task)}
    found: dict[str, np.ndarray] = {}
    for k, (name, batches) in enumerate(parts.items()):
        progress(0.05 + 0.4 * k / len(parts), f"Judging the {PARTS[name]} sequences")
        judged = [judge.judge(batch) for batch in batches]
        texts = [_texts(task, judge, batch) for batch in batches] if told["kind"] == scores.WRITTEN else []
        apart = None if name == "train" else task.apart(batches[0], name)
        told["parts"][name] = asdict(mean_loss(*joined(judged), apart)) | {
            "scores": _scores(task, judged, texts, told),
            "own": _own(task, judged),
        }
        if name == "heldout":
            found |= _details(task, judged[0], texts, told)
    found |= _curves(run, task, parts, told)
    progress(0.95, "Forecasting")
    found |= _forecast(run, judge, told)
    return told, found


def _unit(task: Task) -> str:
    """What is written or forecast, one at a time: a "character", "word", "symbol" or "token"."""
    if "unit" in task.uses:
        return task.config.unit.removesuffix("s")
    single = sum(len(label) == 1 for label in task.labels)
    return "character" if 2 * single > len(task.labels) else "token"


def _answered(judged: Judged) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets (M,) or (M, O) and outputs (M, O) of all that is judged, and where that is: (N,) or (N, T) bool."""
    batch = judged.batch
    where = judged.counted if batch.judged is None else batch.judged
    if where is None:  # one output a sequence
        where = np.ones(len(batch.targets), bool)
    return batch.targets[where], judged.outputs[where], where


def _all(judged: list[Judged]) -> tuple[np.ndarray, np.ndarray]:
    """Targets and outputs of all that is judged in several batches."""
    targets, outputs, _ = zip(*map(_answered, judged), strict=True)
    return np.concatenate(targets), np.concatenate(outputs)


Texts = tuple[list[str], list[str]]  # what should be written, and what a decoder writes on its own


def _scores(task: Task, judged: list[Judged], texts: list[Texts], told: dict[str, Any]) -> dict[str, float]:
    kind = told["kind"]
    targets, outputs = _all(judged)
    if kind == scores.NUMBERS:
        return scores.over_outputs(scores.number_scores(targets, outputs))
    losses, counts = joined(judged)
    cross_entropy = float(losses @ counts / counts.sum()) if task.loss == "cross_entropy" else float("nan")
    if kind == scores.CLASSES:
        return scores.class_scores(targets, outputs.argmax(-1))
    language = scores.language_scores(cross_entropy, told["unit"])
    if kind == scores.TOKENS:
        return {"accuracy": scores.class_scores(targets, outputs.argmax(-1))["accuracy"]} | language
    right, wrote = ([text for pair in texts for text in pair[k]] for k in (0, 1))
    return {"exact_match": exact_match(right, wrote), "word_error_rate": word_error_rate(right, wrote)} | language


def _own(task: Task, judged: list[Judged]) -> dict[str, dict[str, float]]:
    """MAE and RMSE of each column whose scaling can be undone, by its name, in its own units."""
    if not task.scales:
        return {}
    each = scores.number_scores(*_all(judged))
    return {
        column: {name: float(size * each[name][k]) for name in ("mae", "rmse")}
        for k, (column, size) in enumerate(task.scales.items())
    }


def _texts(task: Task, judge: Judge, batch: Batch) -> Texts:
    return [_text(task, row) for row in batch.targets], [_text(task, row) for row in judge.written(batch)]


def _text(task: Task, tokens: np.ndarray) -> str:
    if hasattr(task, "decode"):
        return str(task.decode(tokens))
    ended = np.flatnonzero(tokens == task.end)
    return " ".join(task.labels[k] for k in tokens[: ended[0] if len(ended) else None])


def _details(task: Task, judged: Judged, texts: list[Texts], told: dict[str, Any]) -> dict[str, np.ndarray]:
    """Of the held-out part. Classes: the fields of `ByClass`; answers and sure, their probabilities, (N,) or (N, T), -1
    and 0 where none is judged; sure_bins, right_bins, count_bins: `Calibration`. Numbers: each_mae and the like, (O,)
    for each output, then targets and outputs (N, O), or last, by_time and correlation as in `Residuals`."""
    kind = told["kind"]
    targets, outputs, where = _answered(judged)
    if kind in (scores.CLASSES, scores.TOKENS):
        chances = scores.chances(outputs)
        answers = np.nan_to_num(chances, nan=-1.0).argmax(-1)
        found = {
            name: np.asarray(each) for name, each in vars(scores.by_class(targets, answers, task.output_size)).items()
        }
        given = np.full(where.shape, -1, np.int32)
        given[where] = answers
        sure = np.zeros(where.shape, np.float32)
        sure[where] = np.nan_to_num(chances.max(-1))
        found |= {"answers": given, "sure": sure}
        if np.isfinite(chances).all():
            curve = scores.calibration(targets, chances)
            told["calibration_error"] = curve.error
            found |= {"sure_bins": curve.sure, "right_bins": curve.right, "count_bins": curve.counts}
        return found
    if kind == scores.NUMBERS:
        each = scores.number_scores(targets, outputs)
        found = {f"each_{name}": values for name, values in each.items()}
        if judged.outputs.ndim == 2:
            return found | {"targets": targets, "outputs": outputs}
        left = residuals(judged.batch.targets, judged.outputs, judged.counted)
        told["noise"] = float(left.noise)
        return found | {"last": left.last, "by_time": left.by_time, "correlation": left.correlation}
    ((right, wrote),) = texts
    read = [task.decode_input(row) if hasattr(task, "decode_input") else "" for row in judged.batch.inputs]
    wrong = [row for row in zip(read, right, wrote, strict=True) if row[1] != row[2]]
    told["wrong"] = [list(map(str, row)) for row in wrong[:WRONG]]
    return {}


def _curves(run: Run, task: Task, parts: dict[str, list[Batch]], told: dict[str, Any]) -> dict[str, np.ndarray]:
    """curves: (parts, K) mean losses at curve_steps (K,), of which the run keeps weights, all on the same sequences,
    dropout off."""
    few = {name: _few(batches) for name, batches in parts.items()}
    known = {snapshot.step: snapshot.weights for snapshot in run.snapshots if snapshot.step <= run.step} | {
        run.step: run.weights
    }
    rows: dict[int, list[float]] = {}
    began = time.monotonic()
    for step in _spread(sorted(known)):
        if rows and time.monotonic() - began > CURVE_SECONDS:
            break
        progress(0.45 + 0.5 * len(rows) / len(known), f"Looking back at step {step:,}")
        judge = Judge(run, known[step], task)
        judged = {name: [judge.judge(batch) for batch in batches] for name, batches in few.items()}
        rows[step] = [mean_loss(*joined(each)).value for each in judged.values()]
    steps = sorted(rows)
    curves = np.array([rows[step] for step in steps])
    told["curves"] = list(few)
    return {"curve_steps": np.array(steps, np.int64), "curves": curves.T.copy()}


def _few(batches: list[Batch]) -> list[Batch]:
    """At most CURVE_SEQUENCES of the sequences of batches, evenly spread."""
    share = min(1.0, CURVE_SEQUENCES / sum(len(batch.inputs) for batch in batches))
    sizes = [(batch, len(batch.inputs)) for batch in batches]
    counts = [max(1, int(share * size)) for _, size in sizes]
    return [batch.some(np.arange(count) * size // count) for (batch, size), count in zip(sizes, counts, strict=True)]


def _spread(steps: list[int]) -> list[int]:
    """The last, the first, then those between, the coarse before the fine."""
    order, wanted = [steps[-1]], [(0, len(steps) - 1)]
    order += [steps[0]] if len(steps) > 1 else []
    while wanted:
        low, high = wanted.pop(0)
        middle = (low + high) // 2
        if low < middle < high:
            order.append(steps[middle])
            wanted += [(low, middle), (middle, high)]
    return order


def _forecast(run: Run, judge: Judge, told: dict[str, Any]) -> dict[str, np.ndarray]:
    """The second half of held-out windows, forecast from the first, and how the error grows with the distance."""
    batch = judge.task.heldout(FORECASTS)
    told["no_forecast"] = cannot_run_free(judge.task, batch, judge.model.directions)
    return {} if told["no_forecast"] else forecast(judge, batch)


def forecast(judge: Judge, batch: Batch) -> dict[str, np.ndarray]:
    """truth: (P, T + 1, D) of P windows. forecast: (P, T + 1 - C, D) of what follows their first C time steps.
    horizon: (T + 1 - C,) root mean square errors over all windows; repeated: of repeating the last value; average: of
    always guessing the mean of what was read."""
    series = np.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)
    known = batch.inputs.shape[1] // 2
    said = judge.forecast(series[:, :known], series.shape[1] - known)
    true = series[:, known:]
    guess = series[:, known - 1 : known]
    average = series[:, :known].mean(axis=(0, 1))
    rms = {
        name: np.sqrt(np.mean((each - true) ** 2, axis=(0, 2)))
        for name, each in (("horizon", said), ("repeated", guess), ("average", average))
    }
    return {"truth": series[:PROBE_SIZE], "forecast": said[:PROBE_SIZE], **rms}
