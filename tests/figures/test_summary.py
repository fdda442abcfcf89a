"""Figures in words: the numbers said are those drawn."""

from __future__ import annotations

import numpy as np
import pytest
from catalogue import catalogue

from rnnviz.figures.summary import MOST, summary
from rnnviz.figures.theme import empty


def test_a_curve_is_told_by_its_range_and_its_ends():
    assert summary([{"name": "loss", "y": [3.0, 0.5, 1.0]}]) == "loss: 3 values from 0.5 to 3, first 3, last 1."


def test_dots_have_no_ends():
    assert summary([{"mode": "markers", "y": np.array([1, 2])}]) == "2 values from 1 to 2."


def test_a_heat_map_is_told_by_its_size_and_range():
    z = np.array([[0.0, np.nan, 2.0], [1.0, -4.0, np.inf]])
    assert summary([{"type": "heatmap", "z": z}]) == "2 rows by 3 columns, values from -4 to 2."


def test_what_has_a_name_in_the_legend_is_told_and_the_rest_is_not():
    data = [{"y": [9, 9]}, {"name": "held out", "y": [1.0]}, {"name": "band", "showlegend": False, "y": [7, 8]}]
    assert summary(data) == "held out: 1."


@pytest.mark.parametrize("values", [[], [None, None], ["a", "b"], [np.nan]])
def test_where_there_are_no_numbers_nothing_is_said(values):
    assert summary([{"name": "x", "y": values}]) == ""


def test_many_curves_are_counted():
    assert summary([{"name": str(k), "y": [k]} for k in range(MOST + 3)]).endswith("And 3 more.")


@pytest.mark.parametrize("name", catalogue())
def test_every_figure_says_its_title_and_what_it_shows(name):
    words = catalogue()[name]().words
    assert words.strip(". ") and not any(mark in words for mark in "<>")


def test_a_figure_with_nothing_to_show_says_so():
    assert empty("Loss", "No step taken yet.").words == "Loss. No step taken yet."
