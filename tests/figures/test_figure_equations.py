"""Equations carry the colours of the curves, and stay the same equations."""

from __future__ import annotations

import re

import pytest

from rnnviz.cells import CELLS
from rnnviz.figures.equations import colour_symbols, coloured, folded

COLOURED = re.compile(r"\\textcolor\{(#[0-9A-F]{6})\}\{((?:[^{}]|\{[^{}]*\})*)\}")


@pytest.mark.parametrize("name", CELLS)
def test_taking_the_colours_away_leaves_the_equations(name):
    for line, equation in zip(coloured(CELLS[name]), CELLS[name].equations, strict=True):
        assert COLOURED.sub(r"\2", line.latex) == folded(equation.latex)
        assert (line.quantity, line.words) == (equation.quantity, equation.words)


def test_the_cell_state_line_of_the_lstm():
    line = next(line for line in coloured(CELLS["lstm"], dark=True) if line.quantity == "c")
    assert line.latex == (
        r"\textcolor{#CC79A7}{c_t} = \textcolor{#D55E00}{f_t} \odot \textcolor{#CC79A7}{c_{t-1}} + "
        r"\textcolor{#009E73}{i_t} \odot \textcolor{#56B4E9}{g_t}"
    )


def test_wide_lines_are_broken_before_an_outermost_plus():
    wide = {name: [e.quantity for e in CELLS[name].equations if folded(e.latex) != e.latex] for name in CELLS}
    assert {name: lines for name, lines in wide.items() if lines} == {"gru": ["n"], "gru_before": ["n"]}
    (candidate,) = (e.latex for e in CELLS["gru"].equations if e.quantity == "n")
    assert folded(candidate) == (
        r"\begin{aligned} n_t = {}& \tanh(W_{in} x_t + b_{in} \\ & + r_t \odot (W_{hn} h_{t-1} + b_{hn})) \end{aligned}"
    )
    assert folded("y_t = " + "a_t b_t " * 10) == "y_t = " + "a_t b_t " * 10


def test_the_past_has_one_colour_in_both_cells():
    gru = next(line for line in coloured(CELLS["gru"]) if line.quantity == "h").latex
    assert COLOURED.findall(gru)[0] == ("#D55E00", "z_t") and "{h_{t-1}}" not in gru


@pytest.mark.parametrize(
    ("latex", "wanted"),
    [
        (r"\tanh(c_t)", r"\tanh(\textcolor{#CC79A7}{c_t})"),
        (r"W_{hi} h_{t-1} + b_i", r"W_{hi} h_{t-1} + b_i"),
        (r"h_t = \max(a_t, 0)", r"h_t = \max(a_t, 0)"),
        (r"\sin_t", r"\sin_t"),
    ],
)
def test_only_symbols_with_a_time_index_are_coloured(latex, wanted):
    assert colour_symbols(latex) == wanted
