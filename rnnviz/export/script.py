"""A script that makes a run again without the app, and says whether its weights are the same bit for bit."""

from __future__ import annotations

import hashlib
import pprint
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from rnnviz.config import ExperimentConfig, defaults
from rnnviz.run import Change

# Everything that varies is a Python literal, written by repr: a name from a file cannot become code.
TEMPLATE = '''"""Makes a run of rnnviz again: the same settings, the same seed, the same numbers.

    pip install -r requirements.txt    # of rnnviz; then, in its folder or where it is installed:
    python {file}

{data_words}"""

from rnnviz.export.remake import again

# What differs from the defaults of rnnviz.config.ExperimentConfig.
SETTINGS = {settings}

# (step, setting, value): changed while the run went on, in this order.
CHANGES = {changes}

STEPS = {steps}
WEIGHTS = {digest!r}  # SHA-256 of the weights that the app had there
DATA = {data!r}  # a saved run that holds what it was trained on

if __name__ == "__main__":
    again(SETTINGS, CHANGES, STEPS, WEIGHTS, DATA)
'''
OWN_DATA = "It was trained on data, or from weights, that are in {data} and not here: keep the two side by side.\n"


def script(
    config: ExperimentConfig,
    changes: Sequence[Change],
    steps: int,
    weights: Mapping[str, np.ndarray] | None = None,
    data: str = "",
    file: str = "remake.py",
) -> str:
    """The text of the script.

    config: as the run began. weights: those at `steps`, for the script to compare with; None: it does not compare.
    data: name of the file of a saved run with the uploaded data and the weights it started from; "" where it needs
    none.
    """
    usual = defaults()
    settings = {name: value for name, value in asdict(config).items() if value != usual[name]}
    return TEMPLATE.format(
        file=file,
        data_words=OWN_DATA.format(data=data) if data else "",
        settings=pprint.pformat(settings, sort_dicts=False, width=100),
        changes=pprint.pformat([(change.step, change.field, change.after) for change in changes], width=100),
        steps=steps,
        digest=digest(weights) if weights is not None else "",
        data=data,
    )


def digest(weights: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and bytes of arrays, whatever their order."""
    found = hashlib.sha256()
    for name in sorted(weights):
        array = np.ascontiguousarray(weights[name])
        found.update(f"{name} {array.dtype.str} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()
