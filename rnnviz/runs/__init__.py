"""Where slices of training execute, and where runs are kept.

The process that serves pages imports this package and never torch.
"""

from __future__ import annotations

from rnnviz.runs.engine import ENGINES as ENGINES
from rnnviz.runs.engine import Engine as Engine
from rnnviz.runs.engine import NotYours as NotYours
from rnnviz.runs.engine import get_engine as get_engine
from rnnviz.runs.limits import LimitError as LimitError
from rnnviz.runs.limits import Limits as Limits
from rnnviz.runs.view import Spec as Spec
from rnnviz.runs.view import View as View
