"""The losses, by name: which of torch's functions each is, and for which targets. No torch is imported here.

With output y, target y* and error e = y - y*, a loss is the mean, over everything that counts, of

    mse             e²                                        gradient by y: 2e
    mae             |e|                                       sign e
    huber           e²/2 where |e| <= δ, δ (|e| - δ/2) beyond  e, held between -δ and δ; here δ = 1
    cross_entropy   -ln p_k, p = softmax(y), k the class      p, less 1 at k

So one far outlier dominates the gradient of the squared error, and cannot dominate the others'.

Source: Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning, section 10.6; Huber (1964),
Robust estimation of a location parameter.
"""

from __future__ import annotations

from dataclasses import dataclass

from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.registry import Registry

TASKS_OWN = "task"  # the setting that leaves the choice to the task


@dataclass(frozen=True)
class Loss:
    """label: the name a reader sees. function: of torch.nn.functional, of outputs and targets.

    targets: `"numbers"`, as many as there are outputs, or `"classes"`, one of as many classes as there are
    outputs. limit: a loss so many times what it was at first has diverged: the outputs are about 30 times as
    far off then. Squared errors grow with their square, the others in proportion, Huber's first so, then so.
    """

    label: str
    function: str
    targets: str
    limit: float


LOSSES: Registry[Loss] = Registry(
    "loss",
    {
        "mse": Loss("mean squared error", "mse_loss", "numbers", 1000.0),
        "mae": Loss("mean absolute error", "l1_loss", "numbers", 30.0),
        "huber": Loss("Huber loss", "huber_loss", "numbers", 100.0),
        "cross_entropy": Loss("cross-entropy", "cross_entropy", "classes", 30.0),
    },
)


def fitting_losses(own: str) -> tuple[str, ...]:
    """The losses for the same kind of targets as `own`, which is among them."""
    return tuple(name for name, loss in LOSSES.items() if loss.targets == LOSSES[own].targets)


def effective_loss(config: ExperimentConfig, own: str) -> str:
    """The name of the loss that is trained: the configuration's, or where it leaves that to the task, `own`.

    Raises ConfigError where the configuration's does not fit the task's targets.
    """
    if config.loss == TASKS_OWN:
        return own
    fitting = fitting_losses(own)
    if config.loss not in fitting:
        valid = ", ".join((TASKS_OWN, *fitting))
        targets = LOSSES[own].targets
        raise ConfigError(f"loss is {config.loss!r}, but the targets here are {targets}; expected one of {valid}.")
    return config.loss
