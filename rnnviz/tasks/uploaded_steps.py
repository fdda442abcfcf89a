"""A label for every time step of what a visitor brought."""

from __future__ import annotations

from rnnviz.tasks.uploaded import COMMON, Prepares


class UploadedSteps(Prepares):
    """Give every time step of your own data its label.

    Trial: each sequence is a window of T rows, as of a sensor, or of a column of words. At every time step the
    net must give the label that a column holds in that row. Five sequences or more are not cut: whole ones, drawn
    at random, train or are held out; fewer are each cut in the order of time.

    Shapes: inputs (B, T, D), or (B, T) tokens where a column of words goes in, T at most; targets (B, T) classes.
    Rows without a label, or with one that the training part does not have, do not count. Loss: cross entropy.
    Metric: accuracy. Baseline: guessing each label by its frequency in training, measured on the held-out part.
    """

    name = "uploaded_steps"
    label = "Your own data: a label per time step"
    summary = "Give every row of your table its label, from the rows before and, in both directions, after it."
    shape = "seq→seq"
    uses = (*COMMON, "label_column", "stride")
    defaults = {"cell": "lstm", "length": 30, "hidden_size": 32, "batch_size": 32, "learning_rate": 5e-3}

    loss = "cross_entropy"
    metric = "accuracy"
    baseline_words = "guessing every label by its frequency"
