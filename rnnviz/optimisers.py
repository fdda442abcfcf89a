"""The optimisers: torch's own, by name, and which settings each one reads. No torch is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rnnviz.config import ExperimentConfig
from rnnviz.registry import Registry


@dataclass(frozen=True)
class Optimiser:
    """label: the name a reader sees. path: the class in torch. uses: the configuration's fields it reads, named as
    its own arguments are (weight decay is added to the gradient: L2).

    settings: keyword arguments that never change; implementations are chosen for small nets on a CPU.
    """

    label: str
    path: str
    uses: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def options(self, config: ExperimentConfig) -> dict[str, Any]:
        """Keyword arguments for the class, learning rate included."""
        own = {name: getattr(config, name) for name in self.uses if name != "learning_rate"}
        return {"lr": config.learning_rate, **own, **self.settings}


_ALL = ("learning_rate", "weight_decay")

OPTIMISERS: Registry[Optimiser] = Registry(
    "optimiser",
    {
        "sgd": Optimiser("SGD", "torch.optim.SGD", (*_ALL, "momentum"), {"fused": True}),
        "rmsprop": Optimiser("RMSprop", "torch.optim.RMSprop", (*_ALL, "momentum"), {"foreach": True}),
        "adam": Optimiser("Adam", "torch.optim.Adam", _ALL, {"fused": True}),
    },
)
