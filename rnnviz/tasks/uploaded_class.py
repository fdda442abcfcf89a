"""One class for each sequence of what a visitor brought."""

from __future__ import annotations

from rnnviz.tasks.uploaded import COMMON, Prepares


class UploadedClass(Prepares):
    """Say what class a sequence of your own data belongs to.

    Trial: one sequence after another, such as a recording, a name or a remark, is read to its end; then the
    net must give its class, which a column of labels holds. A sequence is the rows of a file, the rows that one
    value of a column shares, one row of a column of texts, or, in a table of numbers without either, one row, whose
    columns are its time steps. Whole sequences train or are held out, drawn at random.

    Shapes: inputs (B, T, D), or (B, T) tokens, of several lengths, T at most; of longer sequences the first T
    time steps. Targets: targets (B,) classes; labels that the training part does not have do not count. Loss: cross
    entropy. Metric: accuracy. Baseline: guessing each class by its frequency in training, measured on the
    held-out part.
    """

    name = "uploaded_class"
    label = "Your own data: a class per sequence"
    summary = "Say which class a sequence of your data belongs to, after reading all of it."
    shape = "seq→vec"
    uses = (*COMMON, "label_column")
    defaults = {"cell": "lstm", "length": 100, "hidden_size": 32, "batch_size": 32, "learning_rate": 5e-3}

    loss = "cross_entropy"
    metric = "accuracy"
    baseline_words = "guessing every class by its frequency"
    whole = True
