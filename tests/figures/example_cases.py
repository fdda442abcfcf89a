"""Calls of the pictures of examples, for the tests that hold for all figures."""

from __future__ import annotations

import numpy as np

from rnnviz.figures import examples


def cards(time=20):
    """name -> a function without arguments that builds the figure."""
    rng = np.random.default_rng(0)
    walk = rng.normal(size=(time, 3)).cumsum(axis=0)
    return {
        "said": lambda: examples.said([("a <b> %{x} long " * 9, "<i>yes"), ("short", "no")], "Which?"),
        "written": lambda: examples.written(["def f():", "    return <b>1</b>"], "What comes next?"),
        "tagged": lambda: examples.tagged([[("<b>", "noun"), ("so", "verb")], [("<b>", "verb")]], "Which?"),
        "letters": lambda: examples.letters([("ACGT" * (time // 4), "yes"), ("GATTACA", "no")], "Which?", [(2, 9)]),
        "curves": lambda: examples.curves(walk, ["one", "<b>two", "a very long name"], "What comes next?"),
        "images": lambda: examples.images([walk, walk[:, :2]], ["one", "<i>two"], "Which?"),
        "paths": lambda: examples.paths([walk[:, :2], -walk[:, :2]], ["one", "<i>two"], "Which?"),
    }
