"""What the preview says about columns."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.data import read
from rnnviz.data.dataset import Column
from rnnviz.data.summary import Summary, moment


def test_each_kind_in_a_line():
    rows = "\n".join(f"2024-01-{k + 1:02},{k},{'ab'[k % 2]},n{k}" for k in range(9))
    data = read([("t.csv", f"day,x,w,note\n{rows}\n2024-01-10 12:30,,,\n".encode())])
    assert [(s.name, s.kind, s.holds, s.gaps) for s in map(Summary.of, data.table)] == [
        ("day", "dates", "2024-01-01 to 2024-01-10 12:30:00", 0),
        ("x", "numbers", "0 to 8, mean 4", 1),
        ("w", "categories", "2 different: a (5), b (4)", 1),
        ("note", "texts", "9 different, 2 to 2 characters", 1),
    ]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (Column("x", "number", np.full(3, 2.5)), "2.5, constant"),
        (Column("x", "number", np.full(3, np.nan)), "nothing"),
        (Column("x", "category", np.arange(4, dtype=np.int32), tuple("abcd")), "4 different: a (1), b (1), c (1), …"),
        (Column("x", "text", np.zeros(1, np.int64), ("<b>",)), "1 different, 3 to 3 characters"),
    ],
)
def test_what_is_special(column, words):
    assert Summary.of(column).holds == words


def test_moments_far_away_are_no_trouble():
    assert moment(-62135596800.0) == "0001-01-01" and moment(4.6e12).startswith("147738")
