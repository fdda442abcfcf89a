"""What else could do it: other methods on the split of a run, judged as the run is.

Persistence, linear models, counts, support vectors and nets without recurrence: scikit-learn's where it has them,
a few lines of torch where not. `contest` fits them and puts them in one table beside the run. To add one, write
its file and list it here, by the class it is; nothing heavy is imported before that.
"""

from __future__ import annotations

from rnnviz.registry import Registry

RIVALS: Registry[str] = Registry(
    "rival",
    {
        "constant": "rnnviz.rivals.constant:Constant",
        "persistence": "rnnviz.rivals.persistence:Persistence",
        "linear": "rnnviz.rivals.linear:Linear",
        "ngram": "rnnviz.rivals.ngram:NGram",
        "bag": "rnnviz.rivals.bag:Bag",
        "svm": "rnnviz.rivals.svm:SupportVectors",
        "mlp": "rnnviz.rivals.networks:FeedForward",
        "cnn": "rnnviz.rivals.networks:Convolution",
        "transformer": "rnnviz.rivals.networks:Transformer",
    },
)
