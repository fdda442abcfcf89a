"""The cells: one textbook page each. To add one, write its file and list it here."""

from __future__ import annotations

from rnnviz.cells.base import Cell as Cell
from rnnviz.cells.base import LocalJacobian as LocalJacobian
from rnnviz.cells.description import Description as Description
from rnnviz.cells.description import Equation as Equation
from rnnviz.cells.description import describe as describe
from rnnviz.cells.gru import GRU
from rnnviz.cells.gru_before import GRUBefore
from rnnviz.cells.janet import Janet
from rnnviz.cells.lstm import LSTM
from rnnviz.cells.lstm_coupled import LSTMCoupled
from rnnviz.cells.lstm_no_forget import LSTMNoForget
from rnnviz.cells.vanilla import VanillaRelu, VanillaTanh
from rnnviz.registry import Registry

CELLS: Registry[Cell] = Registry(
    "cell",
    {
        "rnn_tanh": VanillaTanh(),
        "rnn_relu": VanillaRelu(),
        "lstm": LSTM(),
        "gru": GRU(),
        "gru_before": GRUBefore(),
        "lstm_no_forget": LSTMNoForget(),
        "lstm_coupled": LSTMCoupled(),
        "janet": Janet(),
    },
)
