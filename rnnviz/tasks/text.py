"""Characters of Python's own source."""

from __future__ import annotations

import hashlib
import string
import sysconfig
from functools import lru_cache
from pathlib import Path

import numpy as np

from rnnviz.data.errors import DataError
from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.characters import encode, frequency_loss, labels
from rnnviz.tasks.windows import Split

MODULES = """
    base64 bdb bz2 calendar cmd code codecs compileall configparser contextlib csv dataclasses dis filecmp
    fileinput fractions ftplib functools gettext graphlib gzip hashlib heapq lzma mimetypes modulefinder
    numbers operator os pkgutil plistlib poplib posixpath pprint pstats pyclbr queue random runpy selectors
    shlex shutil site smtplib socket socketserver statistics tabnanny tempfile textwrap threading timeit
    tokenize trace traceback types uuid warnings weakref webbrowser
"""
LIMIT = 1_500_000  # characters
TRAIN_SHARE = 0.9
VOCABULARY = "\t\n" + "".join(sorted(string.ascii_letters + string.digits + string.punctuation + " "))


class Text(Task):
    """Predict the next character of Python source code.

    Trial: each sequence is a piece of the source of Python's standard library, T characters long. After every
    character the net must say which comes next. Brackets, quotes and indentation reach over many time steps.

    Shapes: inputs (B, T) tokens; targets (B, T) classes, the characters one time step later: tab, newline,
    the 95 printable ASCII characters, and one class for all others. Loss: cross entropy in nats. Metric:
    accuracy. The files stand in alphabetical order; of the characters that no test keeps back, the first 90 % train.
    Baseline: guessing every character by its frequency, about 3.2 nats, measured on the held-out part.
    Paper: Karpathy, Johnson & Fei-Fei (2015).

    The text is that of the running interpreter, so `corpus_fingerprint()` names it in a link.
    """

    name = "text"
    label = "Text: Python source"
    summary = "Predict the next character of Python's own standard library."
    shape = "seq→seq"
    uses = ("length", "data", "test_fraction")
    source = "Karpathy, Johnson & Fei-Fei (2015), Visualizing and understanding recurrent networks"
    causal = True
    defaults = {
        "cell": "lstm",
        "length": 100,
        "hidden_size": 128,
        "batch_size": 32,
        "learning_rate": 5e-3,
        "forget_bias": 1.0,
    }

    loss = "cross_entropy"
    metric = "accuracy"
    tokens = True
    input_size = output_size = len(VOCABULARY) + 1
    labels = input_labels = labels(VOCABULARY)
    baseline_words = "guessing every character by its frequency"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.split, self.baseline = _prepared(config.test_fraction)
        self.split.check(config.length, "the text", "characters")
        if config.data and config.data != corpus_fingerprint():
            self.notice = (
                f"This experiment was made with another Python's standard library (text {config.data}); this "
                f"interpreter's is {corpus_fingerprint()}, so the numbers will differ a little."
            )

    @classmethod
    def fingerprint(cls, data=None):
        return corpus_fingerprint()

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        windows = self.split.windows(rng, size, self.time_steps, split).astype(np.int64)
        return Batch(windows[:, :-1], windows[:, 1:])


@lru_cache(maxsize=1)
def corpus() -> str:
    """The source files one after the other, in the order of MODULES, at most LIMIT characters.

    Raises DataError where this interpreter's standard library has no source files.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    files = [file for name in MODULES.split() if (file := folder / f"{name}.py").is_file()]
    text = "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)[:LIMIT]
    if len(text) < LIMIT // 10:
        raise DataError(
            f"The text task reads the source of Python's standard library, but this Python comes with only "
            f"{len(files)} of the {len(MODULES.split())} files it needs: use a full installation of Python."
        )
    return text


@lru_cache(maxsize=1)
def corpus_fingerprint() -> str:
    """16 hex digits of the SHA-256 of the corpus."""
    return hashlib.sha256(corpus().encode()).hexdigest()[:16]


@lru_cache(maxsize=4)
def _prepared(test_fraction: float) -> tuple[Split, float]:
    tokens = encode(corpus(), VOCABULARY)
    split = Split.cut(tokens, TRAIN_SHARE * (1 - test_fraction), test_fraction)
    return split, frequency_loss(split.train, split.heldout, Text.output_size)
