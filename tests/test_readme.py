"""What the README says is so: its example prints what stands below it, its pictures exist."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_the_example_prints_what_stands_below_it():
    code, printed = re.search(r"```python\n(.*?)```\s*```text\n(.*?)```", README, re.DOTALL).groups()
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    assert out.getvalue() == printed


def test_its_pictures_exist():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures and all((ROOT / name).is_file() for name in pictures)


def test_its_variables_exist():
    source = "".join(path.read_text() for path in ROOT.glob("rnnviz/**/*.py"))
    fields = (ROOT / "rnnviz/runs/limits.py").read_text()
    for variable in re.findall(r"`(RNNVIZ_[A-Z_]+)`", README):
        assert variable in source or re.search(rf"^    {variable[7:].lower()}: int", fields, re.MULTILINE), variable
