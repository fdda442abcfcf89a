"""Where slices of training execute: worker processes, or inline in the process that asks.

The process that serves pages imports this package and never torch.
"""

from __future__ import annotations

from rnnviz.runs.engine import ENGINES as ENGINES
from rnnviz.runs.engine import Engine as Engine
from rnnviz.runs.engine import Spec as Spec
from rnnviz.runs.engine import View as View
from rnnviz.runs.engine import get_engine as get_engine
from rnnviz.runs.limits import LimitError as LimitError
from rnnviz.runs.limits import Limits as Limits
