"""What the README says is so: its example prints what stands below it, its pictures exist."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_the_example_prints_what_stands_below_it():
    code, printed = re.search(r"```python\n(.*?)```\s*```text\n(.*?)```", README, re.DOTALL).groups()
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    assert out.getvalue() == printed


def test_three_lines_in_a_notebook_are_a_figure_of_that_model():
    setup, cell = (ast.parse(code) for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL)[:2])
    lines = [node for node in cell.body if not isinstance(node, ast.ImportFrom)]
    assert sum(len(ast.unparse(node).splitlines()) for node in lines) == 3
    names: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(setup, "README.md", "exec"), names)
    shown = ast.parse(f"figure = {ast.unparse(cell.body[-1])}").body  # a notebook shows what its last line gives
    exec(compile(ast.Module(cell.body[:-1] + shown, []), "README.md", "exec"), names)
    model, x, figure = names["model"], names["x"], names["figure"]
    output = model(x)[0]
    before = torch.cat([torch.zeros(2, 1, 8), output[:, :-1]], dim=1)
    a = x @ model.weight_ih_l0.T + model.bias_ih_l0 + before @ model.weight_hh_l0.T + model.bias_hh_l0
    expected = a[..., 8:16].sigmoid()[0].T.detach()
    np.testing.assert_allclose(figure.data[0].z, expected, rtol=1e-5, atol=1e-6)


def test_its_pictures_exist():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures and all((ROOT / name).is_file() for name in pictures)


def test_its_variables_exist():
    source = "".join(path.read_text() for path in ROOT.glob("rnnviz/**/*.py"))
    fields = (ROOT / "rnnviz/runs/limits.py").read_text()
    for variable in re.findall(r"`(RNNVIZ_[A-Z_]+)`", README):
        assert variable in source or re.search(rf"^    {variable[7:].lower()}: int", fields, re.MULTILINE), variable
