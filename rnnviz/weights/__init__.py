"""Weights of a model from elsewhere: read without executing anything, and the recurrent stacks found in them.

Files are safetensors, read with numpy alone, or what `torch.save(model.state_dict(), ...)` writes: a zip archive
whose directory and pickle are looked through first (`archive`), and which torch reads with `weights_only=True` in a
process of its own (`torch_file`). What is in them follows from names and shapes (`stacks`).
"""

from __future__ import annotations

from rnnviz.weights.reading import TORCH as TORCH
from rnnviz.weights.reading import kind as kind
from rnnviz.weights.reading import read_safetensors as read_safetensors
from rnnviz.weights.stacks import Readout as Readout
from rnnviz.weights.stacks import Stack as Stack
from rnnviz.weights.stacks import find_readouts as find_readouts
from rnnviz.weights.stacks import find_stacks as find_stacks
