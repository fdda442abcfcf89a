"""What a network costs: parameters, and multiply-adds per time step of one sequence.

A layer with K = chunks * H rows and D inputs has K (D + H) weights and 2 K biases; every weight is used in
one multiply-add per time step. Elementwise operations (about ten per unit) are left out.
"""

from __future__ import annotations

from rnnviz.cells import CELLS


def parameters(
    cell_name: str,
    input_size: int,
    hidden_size: int,
    layers: int = 1,
    directions: int = 1,
    *,
    outputs: int = 0,
    embedding_size: int = 0,
    tokens: bool = False,
    bias: bool = True,
) -> int:
    """Trainable numbers of embedding, recurrent stack and readout.

    input_size: features, or how many tokens there are. outputs: size of the readout (0: none).
    embedding_size: 0 for none; else an embedding table (tokens) or a linear projection with bias (vectors).
    bias: whether the recurrent layers have torch's two bias vectors.
    """
    width = embedding_size or input_size
    biases = 2 if bias else 0
    recurrent = sum(
        rows * (columns + biases) for rows, columns in _matrices(cell_name, width, hidden_size, layers, directions)
    )
    embedding = embedding_size * (input_size + (0 if tokens else 1))
    return recurrent + embedding + outputs * (hidden_size * directions + 1)


def multiply_adds(
    cell_name: str,
    input_size: int,
    hidden_size: int,
    layers: int = 1,
    directions: int = 1,
    *,
    outputs: int = 0,
    embedding_size: int = 0,
    tokens: bool = False,
) -> int:
    """Multiply-adds of all matrix products per time step of one sequence.

    Arguments as for `parameters`. The readout is counted as if applied at every time step; looking a token
    up in an embedding costs none, one-hot tokens are multiplied as any vector.
    """
    width = embedding_size or input_size
    recurrent = sum(rows * columns for rows, columns in _matrices(cell_name, width, hidden_size, layers, directions))
    embedding = 0 if tokens else embedding_size * input_size
    return recurrent + embedding + outputs * hidden_size * directions


def matched_hidden_size(
    cell_name: str,
    like_cell: str,
    like_hidden: int,
    input_size: int,
    layers: int = 1,
    directions: int = 1,
    *,
    outputs: int = 0,
    embedding_size: int = 0,
    tokens: bool = False,
) -> int:
    """The hidden size at which `cell_name` has about as many parameters as `like_cell` of `like_hidden`."""

    def count(name: str, hidden: int) -> int:
        return parameters(
            name,
            input_size,
            hidden,
            layers,
            directions,
            outputs=outputs,
            embedding_size=embedding_size,
            tokens=tokens,
        )

    wanted = count(like_cell, like_hidden)
    hidden = 1
    while count(cell_name, hidden) < wanted:
        hidden += 1
    return min((max(hidden - 1, 1), hidden), key=lambda size: abs(count(cell_name, size) - wanted))


def _matrices(cell_name: str, width: int, hidden_size: int, layers: int, directions: int) -> list[tuple[int, int]]:
    """(rows, columns) of [W_ih W_hh] of every layer and direction."""
    rows = len(CELLS[cell_name].chunks) * hidden_size
    inputs = [width] + [hidden_size * directions] * (layers - 1)
    return [(rows, size + hidden_size) for size in inputs for _ in range(directions)]
