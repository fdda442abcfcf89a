"""How the recurrent weights begin. Pure numpy, so that menus and figures can read it without torch.

Every entry starts from torch's default, uniform in +-1/sqrt(H), and replaces what it is about. Matrices are
set chunk by chunk: each gate of W_hh is one H x H matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rnnviz.cells.base import Cell
from rnnviz.config import ExperimentConfig
from rnnviz.registry import Registry

STREAM = 2**31 + 1  # of random numbers: no training step and no held-out set draws from it
SMALL = 0.001  # Le et al. (2015): standard deviation of the IRNN's input weights

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Layer:
    """What an initialisation looks at and changes.

    weights: `weight_ih` (K, D), `weight_hh` (K, H), `bias_ih` and `bias_hh` (K).
    first: whether it reads the input.
    """

    cell: Cell
    config: ExperimentConfig
    weights: Weights
    first: bool
    rng: np.random.Generator

    @property
    def units(self) -> int:
        return self.weights["weight_hh"].shape[1]

    def rows(self, chunk: str) -> slice:
        """The rows of one chunk in W_ih, W_hh and both biases."""
        return self.cell.rows(chunk, self.units)

    def matrices(self, draw: Callable[[], np.ndarray]) -> None:
        """Set each chunk of W_hh to a matrix (H, H) of its own."""
        for chunk in self.cell.chunks:
            self.weights["weight_hh"][self.rows(chunk)] = draw()

    def biases(self, values: dict[str, np.ndarray | float]) -> None:
        """Effective biases, one per chunk: torch adds b_ih and b_hh, so b_ih takes the value and b_hh is 0."""
        for name in ("bias_ih", "bias_hh"):
            self.weights[name][:] = 0
        for chunk, value in values.items():
            self.weights["bias_ih"][self.rows(chunk)] = value


@dataclass(frozen=True)
class Initialisation:
    """An entry: the name a reader sees, what it does in words, and the function that does it, in place."""

    label: str
    words: str
    apply: Callable[[Layer], None]
    needs_gate: bool = False
    uses_radius: bool = False

    def fits(self, cell: Cell) -> bool:
        """Whether the cell has what this initialisation sets; where not, it changes nothing."""
        return not self.needs_gate or cell.keeps is not None


def default(layer: Layer) -> None:
    """Leave torch's own: every weight and bias uniform in +-1/sqrt(H)."""


def orthogonal(layer: Layer) -> None:
    """W_hh = rho Q, Q orthogonal, drawn uniformly: all singular values are rho (Saxe et al. 2013, 1312.6120)."""

    def draw() -> np.ndarray:
        q, r = np.linalg.qr(layer.rng.standard_normal((layer.units, layer.units)))
        return layer.config.spectral_radius * q * np.sign(np.diag(r))  # signs make the draw uniform

    layer.matrices(draw)


def gaussian(layer: Layer) -> None:
    """W_hh with independent Gaussian entries, rescaled so that its largest absolute eigenvalue is rho."""

    def draw() -> np.ndarray:
        w = layer.rng.standard_normal((layer.units, layer.units))
        return w * (layer.config.spectral_radius / np.abs(np.linalg.eigvals(w)).max())

    layer.matrices(draw)


def identity(layer: Layer) -> None:
    """W_hh = rho I, biases 0, input weights N(0, .001^2): the IRNN of Le, Jaitly and Hinton (2015, 1504.00941).

    Their nets have one layer. Above the first, input weights stay at torch's default: a second factor of
    .001 would leave nothing of the input.
    """
    layer.matrices(lambda: layer.config.spectral_radius * np.eye(layer.units))
    if layer.first:
        layer.weights["weight_ih"][:] = SMALL * layer.rng.standard_normal(layer.weights["weight_ih"].shape)
    layer.biases({})


def chrono(layer: Layer) -> None:
    """Biases that remember for up to T time steps (Tallec and Ollivier 2018, arXiv 1804.11188).

    b_keep = ln u with u uniform in [1, T-1], b_lets_in = -b_keep, every other bias 0; T is the task's length.
    A gate with bias b keeps for 1 + e^b time steps. A cell without such a gate stays at torch's default.
    """
    if layer.cell.keeps is None:
        return
    keep = np.log(layer.rng.uniform(1.0, max(layer.config.length - 1, 2), layer.units))
    values: dict[str, np.ndarray | float] = {layer.cell.keeps: keep}
    if layer.cell.lets_in:
        values[layer.cell.lets_in] = -keep
    layer.biases(values)


INITS: Registry[Initialisation] = Registry(
    "initialisation",
    {
        "default": Initialisation("torch's default", "Uniform in ±1/√H.", default),
        "orthogonal": Initialisation(
            "orthogonal", "W_hh is ρ times an orthogonal matrix.", orthogonal, uses_radius=True
        ),
        "gaussian": Initialisation(
            "Gaussian", "W_hh is Gaussian, rescaled to spectral radius ρ.", gaussian, uses_radius=True
        ),
        "identity": Initialisation(
            "identity (IRNN)",
            "W_hh is ρ times the identity, biases 0, small input weights.",
            identity,
            uses_radius=True,
        ),
        "chrono": Initialisation(
            "chrono", "Gate biases spread over memories of 2 to T time steps.", chrono, needs_gate=True
        ),
    },
)


def bias_setting(cell: Cell, config: ExperimentConfig) -> float | None:
    """The effective bias asked for the gate that keeps the past, or None."""
    return getattr(config, cell.bias_setting) if cell.bias_setting else None


def initial_layer(cell: Cell, config: ExperimentConfig, weights: Weights, index: int, first: bool) -> Weights:
    """The initial weights of one recurrent layer (each direction counts as one).

    index: a number that no other layer of the model has. first: whether it reads the inputs of its stack.
    weights: torch's default draw; not changed. The result depends on (config, seed) and the draw alone.
    An effective bias set in the configuration comes last: it wins over chrono's, and every other bias is 0.
    """
    init = INITS[config.init]
    rng = np.random.default_rng([config.seed, STREAM, index])
    copies = {name: array.astype(np.float64) for name, array in weights.items()}
    layer = Layer(cell, config, copies, first, rng)
    init.apply(layer)
    value = bias_setting(cell, config)
    if value is not None and cell.keeps:
        layer.biases({cell.keeps: value})
    return {name: array.astype(weights[name].dtype) for name, array in copies.items()}
