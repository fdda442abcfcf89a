"""The house rules, as tests: who may import whom, how large files may be, what never appears."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(ROOT.glob("rnnviz/**/*.py"))
PAGES = sorted(ROOT.glob("pages/*.py"))

TORCH_FREE = ["registry", "glossary", "config", "trace", "run", "data", "cells", "tasks", "analysis", "figures"]
TORCH_FREE += ["evaluation", "sizes", "breakpoints", "start", "runfile", "embedding", "weights"]
# package -> the packages of ours it must not reach for
FORBIDDEN = {
    "registry": {"config", "trace", "cells", "tasks", "data", "analysis", "figures", "model", "runs", "app"},
    "config": {"trace", "cells", "tasks", "data", "analysis", "figures", "model", "runs", "app"},
    "trace": {"cells", "tasks", "data", "analysis", "figures", "model", "runs", "app"},
    "cells": {"analysis", "figures", "tasks", "data", "model", "recording", "training", "runs", "app"},
    "analysis": {"figures", "tasks", "data", "model", "recording", "training", "runs", "app"},
    "evaluation": {"figures", "model", "recording", "training", "trainer", "errands", "runs", "app"},
    "figures": {"tasks", "model", "recording", "training", "runs", "app"},
    "tasks": {"analysis", "figures", "model", "recording", "training", "runs", "app"},
    "data": {"analysis", "figures", "tasks", "model", "recording", "training", "runs", "app"},
    "weights": {"analysis", "figures", "tasks", "model", "recording", "training", "runs", "app"},
    "model": {"recording", "training", "runs", "app", "figures", "analysis"},
    "recording": {"training", "runs", "app", "figures", "analysis"},
    "training": {"runs", "app", "figures"},
    "sizes": {"figures", "model", "recording", "training", "trainer", "runs", "app"},
    "runs": {"app", "figures"},
}


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import statement, wherever it stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def area(path: Path) -> str:
    return path.relative_to(ROOT / "rnnviz").parts[0].removesuffix(".py")


@pytest.mark.parametrize("package", TORCH_FREE)
def test_imports_neither_torch_nor_streamlit(package):
    """A fresh interpreter imports every module of the package and looks at what came along."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES
        if area(path) == package
    ]
    assert modules, package
    code = "import sys\n" + "\n".join(f"import {name}" for name in modules)
    code += "\nprint(sorted({'torch', 'streamlit'} & set(sys.modules)), 'plotly' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"[] {package == 'figures'}"


def test_importing_the_package_is_light():
    code = "import sys, rnnviz; print(sorted({'torch', 'streamlit', 'numpy', 'plotly'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path):
    names = imported(path)
    for other in FORBIDDEN.get(area(path), ()):
        bad = {name for name in names if re.match(rf"rnnviz\.{other}(\.|$)", name)}
        assert not bad, f"{area(path)} must not import {other}"
    if area(path) != "app":
        assert not any(name.split(".")[0] == "streamlit" for name in names)
    if area(path) not in {"app", "figures"}:
        assert not any(name.split(".")[0] == "plotly" for name in names)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_pages_are_short_and_hold_no_maths(path):
    text = path.read_text()
    assert len(text.splitlines()) < 60
    assert not {name.split(".")[0] for name in imported(path)} & {"torch", "numpy", "plotly", "math"}
    first = [node for node in ast.parse(text).body if not isinstance(node, (ast.Import, ast.ImportFrom, ast.Expr))][0]
    assert isinstance(first, ast.Assign) and ast.unparse(first).startswith("settings = begin("), ast.unparse(first)


@pytest.mark.parametrize("path", [*SOURCES, *PAGES, ROOT / "app.py"], ids=lambda p: str(p.relative_to(ROOT)))
def test_house_rules(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    assert not re.search(r"except +(Base)?Exception|except *:", text)
    assert not re.search(r"""cell(_name|_type|\.name)? *(==|in) *["'(\[]""", text)
    assert not re.search(r"\bimport pickle\b|weights_only *= *False|allow_pickle *= *True", text)
    assert not re.search(r"unsafe_allow_html *= *True", text)
