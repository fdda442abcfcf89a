"""The parts of an evaluation, one shown at a time: confusions, residuals, forecasts, folds, other seeds, mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from rnnviz.app import errands
from rnnviz.app.confusions_view import confusions
from rnnviz.app.controls import page_choice
from rnnviz.app.evaluate_view import label_of, saved
from rnnviz.app.inside import pick, picked
from rnnviz.app.show import picture
from rnnviz.app.words import literal
from rnnviz.evaluation.folds import why_not
from rnnviz.evaluation.scores import CLASSES, NUMBERS, TOKENS, WRITTEN
from rnnviz.figures.confusion import calibration_figure
from rnnviz.figures.forecast import folds_figure, forecast_figure, horizon_figure
from rnnviz.figures.prediction import scatter
from rnnviz.figures.residuals import by_time_figure, correlation_figure, histogram_figure, names_of, residuals_figure
from rnnviz.glossary import lookup, tooltip
from rnnviz.runs.errand import Errand
from rnnviz.tasks import Task

SEEDS, FOLDS = (3, 5, 10), (3, 4, 5)
OTHERS = "other seeds"
Part = Callable[[Errand, Task, str], None]


def draw(errand: Errand, task: Task, job: str) -> None:
    """The menu of parts that this kind of task has, and the one that is chosen."""
    parts = _parts(errand, task)
    names = tuple(parts)
    st.subheader("Where it goes wrong", anchor=False)
    chosen = page_choice("part", "Look at", names, names[0], None, label_visibility="collapsed")
    parts.get(chosen, parts[names[0]])(errand, task, job)


def _parts(errand: Errand, task: Task) -> dict[str, Part]:
    kind = errand.words["kind"]
    found: dict[str, Part] = {}
    if kind in (CLASSES, TOKENS):
        found |= {"Confusions": confusions, "Classes": _classes, "Calibration": _calibration}
    if kind == NUMBERS:
        found |= {"Residuals": _residuals}
        found |= {"Forecast": _forecast} if task.shape == "seq→seq" else {}
        found |= {} if why_not(task) else {"Walk-forward": _walk}
    if kind == WRITTEN:
        found |= {"Mistakes": _mistakes}
    return found | {"Other seeds": _seeds}


def _classes(errand: Errand, task: Task, job: str) -> None:
    """One row a class: precision, recall, F1, how often it occurs."""
    arrays = errand.arrays
    rows = [
        {
            "Class": label,
            "Precision": float(arrays["precision"][k]),
            "Recall": float(arrays["recall"][k]),
            "F1": float(arrays["f1"][k]),
            "Held out": int(arrays["support"][k]),
        }
        for k, label in enumerate(task.labels)
        if arrays["support"][k] or arrays["matrix"][:, k].any()
    ]
    st.dataframe(
        rows,
        hide_index=True,
        height="content" if len(rows) < 14 else 480,
        column_config={
            "Precision": _share("Of the answers with this class, the share that is right."),
            "Recall": _share("Of what is of this class, the share that is found."),
            "F1": st.column_config.NumberColumn(help="Harmonic mean of precision and recall.", format="%.3f"),
            "Held out": st.column_config.NumberColumn(help="How often the class is the right one.", format="localized"),
        },
    )
    st.caption("Click a heading to sort: the classes that are found least often come first by recall.")


def _share(help: str) -> Any:
    return st.column_config.NumberColumn(help=help, format="percent")


def _calibration(errand: Errand, task: Task, job: str) -> None:
    arrays = errand.arrays
    if "sure_bins" not in arrays:
        st.info("The outputs are no finite numbers, so there are no probabilities.", icon=":material/info:")
        return
    error = errand.words["calibration_error"]
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picture(
            "calibration",
            "evaluation calibration",
            (job, errand.words["step"]),
            lambda: calibration_figure(arrays["sure_bins"], arrays["right_bins"], arrays["count_bins"], error),
        )
    with right:
        st.metric("Calibration error", f"{error:.1%}", help=tooltip("calibration_error"))
        mean = float(arrays["sure_bins"] @ arrays["count_bins"] / arrays["count_bins"].sum())
        good = float(arrays["right_bins"] @ arrays["count_bins"] / arrays["count_bins"].sum())
        side = "surer than it is right" if mean > good else "right more often than it is sure"
        st.markdown(
            f"Its answers have a mean probability of **{mean:.1%}** and are right in **{good:.1%}**: it is {side}."
        )


def _output(task: Task, count: int) -> int:
    """Which of several outputs is looked at."""
    names = names_of(task.labels, count)
    if count > 1:
        pick("output", "Output", range(count), names.__getitem__, 260)
    return int(picked("output", range(count)))


def _residuals(errand: Errand, task: Task, job: str) -> None:
    arrays, step = errand.arrays, errand.words["step"]
    several = len(arrays["each_mae"])
    k = _output(task, several)
    name = names_of(task.labels, several)[k]
    seen = (job, step, k)
    _numbers(arrays, k)
    left, right = st.columns(2, gap="medium")
    if "last" not in arrays:  # one answer a sequence
        errors = arrays["targets"] - arrays["outputs"]
        with left:
            picture(
                "points", "evaluation scatter", seen,
                lambda: scatter(arrays["outputs"][:, [k]], arrays["targets"][:, [k]], [name]),
            )  # fmt: skip
        with right:
            picture("residual_histogram", "evaluation histogram", seen, lambda: histogram_figure(errors[:, k]))
        return
    with left:
        picture("residuals", "evaluation residuals", seen, lambda: residuals_figure(arrays["last"][:, k], name))
        picture(
            "residual_correlation", "evaluation correlation", seen,
            lambda: correlation_figure(arrays["correlation"][:, k], errand.words["noise"]),
        )  # fmt: skip
    with right:
        picture("residual_histogram", "evaluation histogram", seen, lambda: histogram_figure(arrays["last"][:, k]))
        picture("error_by_time", "evaluation by time", (job, step), lambda: by_time_figure(arrays["by_time"]))


def _numbers(arrays: Mapping[str, np.ndarray], k: int) -> None:
    with st.container(horizontal=True, gap="medium"):
        for name in ("mae", "rmse", "nrmse", "r2"):
            st.metric(label_of(name), f"{arrays[f'each_{name}'][k]:.4g}", help=tooltip(name))


def _forecast(errand: Errand, task: Task, job: str) -> None:
    words, arrays = errand.words, errand.arrays
    if words["no_forecast"]:
        st.info(literal(words["no_forecast"]), icon=":material/info:")
        return
    windows, _, several = arrays["truth"].shape
    with _row():
        pick("window", "Window", range(windows), lambda k: f"Window {k}", 150)
        k = _output(task, several)
        count = _how_many(errand, job)
    window = int(picked("window", range(windows)))
    more = _more_seeds(errand, job, count)
    ahead = arrays["forecast"][None] if more is None else more.arrays["forecasts"]
    errors = arrays["horizon"][None] if more is None else more.arrays["horizons"]
    seen = (job, words["step"], 1 if more is None else count)
    name = names_of(task.labels, several)[k] if several > 1 else ""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picture(
            "forecast",
            "evaluation forecast",
            (*seen, window, k),
            lambda: forecast_figure(arrays["truth"][window, :, k], ahead[:, window, :, k], name),
        )
    with right:
        guesses = arrays["repeated"], arrays["average"]
        picture("horizon", "evaluation horizon", seen, lambda: horizon_figure(errors, *guesses))
    if more is None:
        st.caption("One network alone cannot say how sure it is. Trained from other seeds, several give a band.")


def _row() -> Any:
    return st.container(horizontal=True, gap="small", vertical_alignment="bottom")


def _how_many(errand: Errand, job: str) -> int:
    """How many networks in all have been asked for; 0 where none have."""
    help = "How many networks in all, from as many seeds, trained for as many steps and judged on the same sequences."
    count = int(page_choice("others", "Seeds", SEEDS, SEEDS[1], help))
    return count * errands.wanted(OTHERS, (job, errand.words["step"], count), f"Train {count - 1} more seeds")


def _more_seeds(errand: Errand, job: str, count: int) -> Errand | None:
    if not count:
        return None
    found = errands.ask(OTHERS, (job, errand.words["step"], count), "seeds", {"seeds": count}, saved(job))
    return found if errands.show(OTHERS, found, "networks from other seeds") else None


def _seeds(errand: Errand, task: Task, job: str) -> None:
    """Whether the numbers above are luck."""
    with _row():
        count = _how_many(errand, job)
    found = _more_seeds(errand, job, count)
    if found is None:
        st.caption("The same experiment from other seeds says how much of the numbers above is luck.")
        return
    arrays, metric = found.arrays, lookup(task.metric).label
    rows = [
        {"Seed": int(arrays["seeds"][k]), "Steps": int(arrays["steps"][k]), "Held-out loss": float(arrays["loss"][k])}
        | ({} if task.metric == task.loss else {f"Held-out {metric}": float(arrays["metric"][k])})
        for k in range(len(arrays["loss"]))
    ]
    quantity = arrays["loss"] if task.metric == task.loss else arrays["metric"]
    with st.container(horizontal=True, gap="medium"):
        for label, value in (("Median", np.median(quantity)), ("Least", quantity.min()), ("Most", quantity.max())):
            st.metric(f"{label} of {len(rows)} seeds: {metric}", f"{value:.4g}")
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config={name: st.column_config.NumberColumn(format="%.4g") for name in rows[0] if "Held" in name},
    )
    _shortened(arrays["steps"], found.words["step"], found.words["asked"] - len(rows))


def _shortened(steps: np.ndarray, wanted: int, lost: int) -> None:
    """What of the work could not be done, in words."""
    if (steps < wanted).any():
        st.caption(f"Some were trained for fewer than {wanted:,} steps: there was no time for more.")
    if lost:
        st.warning(f"{lost} of the networks diverged and are left out.", icon=":material/warning:")


def _walk(errand: Errand, task: Task, job: str) -> None:
    st.markdown(
        "A series can be cut in more than one place. Each fold trains a network of its own on all that lies before, "
        "and judges it on what comes next; the test part is left alone."
    )
    key = "folds"
    with _row():
        count = page_choice(key, "Folds", FOLDS, FOLDS[1], "How often it is cut, by scikit-learn's TimeSeriesSplit.")
        seen = (job, errand.words["step"], count)
        if not errands.wanted(key, seen, f"Train {count} folds"):
            return
    found = errands.ask(key, seen, "walk_forward", {"folds": count}, saved(job))
    if not errands.show(key, found, "the folds"):
        return
    a = found.arrays
    picture("folds", "evaluation folds", seen, lambda: folds_figure(a["train"], a["end"], a["loss"], a["baseline"]))
    _shortened(a["steps"], found.words["step"], 0)


def _mistakes(errand: Errand, task: Task, job: str) -> None:
    """What a decoder wrote on its own where it should have written something else."""
    wrong = errand.words["wrong"]
    if not wrong:
        st.success("It writes every held-out sequence without a mistake.", icon=":material/check_circle:")
        return
    rows = [{"Read": read, "Should be": right, "Wrote": wrote} for read, right, wrote in wrong]
    if not any(row["Read"] for row in rows):
        rows = [{name: row[name] for name in ("Should be", "Wrote")} for row in rows]
    st.caption(f"What it wrote wrongly, reading its own symbols: the first {len(rows)} of the held-out sequences.")
    st.dataframe(rows, hide_index=True, height="content" if len(rows) < 12 else 440)
