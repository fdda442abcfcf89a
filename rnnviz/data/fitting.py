"""What scikit-learn learns of the training part: how numbers are scaled, which words and classes there are.

Its estimators are fitted and let go; what is kept are plain numbers and names, so that a pipeline can be saved and
applied without it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnviz.data.dataset import Column
from rnnviz.data.decoding import shown
from rnnviz.data.errors import DataError

MOST_CLASSES = 200
LIMIT = 1e6  # of scaled numbers: beyond it only rows after a jump can lie, and float32 must hold them
SCALED = {"standard": "standardised", "minmax": "0 to 1", "robust": "median 0, middle half 1", "none": ""}


def scale(values: np.ndarray, how: str, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(offset, scale), each (K,), of (N, K) numbers, NaN where one is missing: (x - offset) / scale is what goes in.

    how: "standard" (mean 0, deviation 1), "minmax" (0 to 1), "robust" (median 0, middle half of the values 1 wide)
    or "none". A column that is constant is only shifted. Raises DataError, naming the column that cannot be scaled.
    """
    empty = np.isnan(values).all(axis=0)
    if empty.any():
        name = names[int(np.argmax(empty))]
        raise DataError(
            f"Column '{shown(name)}' has no value in the training part: leave it out, or make that part larger."
        )
    if how == "none" or not values.shape[1]:
        return np.zeros(values.shape[1]), np.ones(values.shape[1])
    from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

    with np.errstate(over="ignore", invalid="ignore"):
        if how == "minmax":
            fitted = MinMaxScaler().fit(values)
            offset, width = fitted.data_min_, 1 / fitted.scale_
        elif how == "robust":
            fitted = RobustScaler().fit(values)
            offset, width = fitted.center_, fitted.scale_
        else:
            fitted = StandardScaler().fit(values)
            offset, width = fitted.mean_, fitted.scale_
    wrong = ~(np.isfinite(offset) & np.isfinite(width))
    if wrong.any():
        name = names[int(np.argmax(wrong))]
        raise DataError(f"Column '{shown(name)}' holds numbers too large to be scaled: divide them, or leave it out.")
    return offset, width


def levels(column: Column) -> tuple[str, ...]:
    """The different words of a column of categories, sorted."""
    from sklearn.preprocessing import OneHotEncoder

    known = np.array([word for word in column.words() if word], object)
    if not len(known):
        raise DataError(
            f"Column '{shown(column.name)}' has no value in the training part: leave it out, or make that part larger."
        )
    return tuple(OneHotEncoder().fit(known[:, None]).categories_[0])


def classes(column: Column) -> tuple[str, ...]:
    """The names of the different labels in a column, sorted; numbers by value. Raises DataError beyond 200."""
    from sklearn.preprocessing import LabelEncoder

    values = column.values[~column.gaps]
    found = LabelEncoder().fit(values if column.kind in ("number", "time") else _words(column)).classes_
    if not 2 <= len(found) <= MOST_CLASSES:
        many = f"{len(found):,} different labels" if len(found) != 1 else "one label only"
        raise DataError(
            f"Column '{shown(column.name)}' has {many} in the training part; expected 2 to {MOST_CLASSES}: choose "
            "another label, or make that part larger."
        )
    return tuple(class_name(each) for each in found)


def class_name(value: object) -> str:
    """What a label is called: a word is, a number as it is written."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def places(column: Column, names: Sequence[str]) -> np.ndarray:
    """(N,) place of each row's word, or number, among `names`; -1 where it is missing or none of them."""
    place = {name: k for k, name in enumerate(names)}
    if column.kind in ("number", "time"):
        different, back = np.unique(column.values, return_inverse=True)
        found = [-1 if np.isnan(value) else place.get(class_name(float(value)), -1) for value in different]
        return np.array(found, np.int64)[back.reshape(-1)]
    return np.array([*(place.get(level, -1) for level in column.levels), -1], np.int64)[column.values]


def _words(column: Column) -> np.ndarray:
    return np.array([word for word in column.words() if word], object)
