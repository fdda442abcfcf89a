"""How good a trained network is, and how sure one may be of it: numbers only, from arrays, without torch.

What runs a network stands in `rnnviz.errands`: `evaluate`, `seeds` and `walk_forward` give the arrays that these
modules make sense of. Measures are scikit-learn's wherever it has them.
"""
