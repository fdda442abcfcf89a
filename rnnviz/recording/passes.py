"""The hooks on one recurrent module, and what they copy of every pass.

Nothing is computed here and nothing of the model's is changed: copies are taken, references to gradients
are added up, and the state of the random generator is read, never set.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from rnnviz.cells import Cell
from rnnviz.recording.errors import RefusedOption, named
from rnnviz.recording.find import Found, cell_of, refuse_dtype
from rnnviz.recording.layout import Layout, copied, data_of, twin

NO_GRAD = "the forward pass ran with gradients switched off (torch.no_grad or inference_mode)"
NOTHING_REQUIRES_GRAD = "nothing in this pass requires a gradient"
NOT_WANTED = "record was called with gradients=False"
NO_LOSS = "no loss reached this pass before the block ended (was backward called inside it?)"


@dataclass(eq=False)
class Pass:
    """What is left of one call of a recurrent module. L layers (directions counted), B, T, H as in Trace.

    weights: torch's names -> copies. inputs, output: copies in the inner layout (see Layout).
    initial: state -> (L, B, H), caller's order. grads: `output` (inner layout) and, by state name, of the
    final states (L, B, H): what arrived from outside, added up. why_no_grads: why there are none.
    grad_mode: whether gradients were on. random_state: of the generator before the pass, where dropout was
    active. written: whether the output was written in place.
    """

    path: str
    cell: Cell
    fused: str | None
    num_layers: int
    bidirectional: bool
    training: bool
    dropout: float
    layout: Layout
    weights: dict[str, Tensor]
    inputs: Tensor
    initial: dict[str, Tensor]
    output: Tensor
    grad_mode: bool
    random_state: Tensor | None
    why_no_grads: str | None
    grads: dict[str, Tensor] = field(default_factory=dict)
    written: bool = False
    _watched: tuple[Tensor, int] | None = None
    _handles: list[RemovableHandle] = field(default_factory=list)

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def layer_names(self) -> tuple[str, ...]:
        suffixes = ("", "_reverse")[: self.directions]
        return tuple(f"l{k}{suffix}" for k in range(self.num_layers) for suffix in suffixes)

    def watch(self, output: Tensor, finals: dict[str, Tensor]) -> None:
        """From now on add up the gradients that arrive at the output and the final states."""
        if not output.is_inference():
            watched = output.detach()  # shares the version counter, not the graph
            self._watched = watched, watched._version
        if self.why_no_grads is None:
            targets = {"output": (output, self.layout.inner)}
            targets |= {name: (final, self.layout.states) for name, final in finals.items()}
            for name, (tensor, arranged) in targets.items():
                self._handles.append(tensor.register_hook(self._adder(name, arranged)))

    def _adder(self, name: str, arranged: Callable[[Any], Tensor]) -> Callable[[Tensor], None]:
        def add(grad: Tensor) -> None:
            grad = arranged(copied(grad))
            self.grads[name] = self.grads[name] + grad if name in self.grads else grad

        return add

    def close(self) -> None:
        """Stop listening; note whether the output was written in place meanwhile."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        if self._watched is not None:
            output, version = self._watched
            self.written = output._version != version
            self._watched = None
        if self.why_no_grads is None and not self.grads:
            self.why_no_grads = NO_LOSS


class Listener:
    """Hooks on one module for as long as the block lasts. passes: the last `keep` passes, oldest first.

    A deep copy of the model made inside the block carries the hooks with it; they ignore the copy's calls.
    """

    def __init__(self, found: Found, gradients: bool, keep: int) -> None:
        self.path = found.path
        self.module: Any = found.module
        self.gradients, self.keep = gradients, keep
        self.passes: list[Pass] = []
        self.dropped = 0
        self._random_state: Tensor | None = None
        self._handles = [
            self.module.register_forward_pre_hook(self._before, with_kwargs=True),
            self.module.register_forward_hook(self._after, with_kwargs=True),
        ]

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()
        for one in self.passes:
            one.close()

    def __deepcopy__(self, memo: dict[int, Any]) -> Listener:
        return self

    def _before(self, module: Any, args: tuple, kwargs: dict[str, Any]) -> None:
        if module is not self.module:
            return
        given, _ = _arguments(args, kwargs)
        data = data_of(given)
        if not isinstance(data, Tensor):
            return  # the module's own error says more
        refuse_dtype(self.path, data)
        if torch.is_autocast_enabled(data.device.type):
            raise RefusedOption(
                f"{named(self.path)} is called under autocast, which recording does not cover: "
                "run the recorded pass outside torch.autocast."
            )
        self._random_state = _random_state(data.device) if _drops(module) else None

    def _after(self, module: Any, args: tuple, kwargs: dict[str, Any], result: Any) -> None:
        if module is not self.module:
            return
        cell = cell_of(module)
        assert cell is not None
        given, hx = _arguments(args, kwargs)
        output, finals = result[0], _by_state(cell, result[1])
        layout = Layout.of(given, module.batch_first)
        output = data_of(output)
        one = Pass(
            path=self.path,
            cell=cell,
            fused=getattr(module, "mode", None) if isinstance(module, nn.RNNBase) else None,
            num_layers=module.num_layers,
            bidirectional=module.bidirectional,
            training=module.training,
            dropout=float(module.dropout) if _drops(module) else 0.0,
            layout=layout,
            weights=self._shared(_weights(module)),
            inputs=layout.inner(twin(data_of(given))),
            initial=_initial(cell, layout, hx, finals),
            output=layout.inner(copied(output)),
            grad_mode=torch.is_grad_enabled(),
            random_state=self._random_state,
            why_no_grads=self._why_no_grads(output),
        )
        one.watch(output, finals)
        self.passes.append(one)
        if len(self.passes) > self.keep:
            self._drop()

    def _why_no_grads(self, output: Tensor) -> str | None:
        if not self.gradients:
            return NOT_WANTED
        if not torch.is_grad_enabled():
            return NO_GRAD
        return None if output.requires_grad else NOTHING_REQUIRES_GRAD

    def _shared(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Copies of the weights: those of the last pass where they are still equal, value for value."""
        last = self.passes[-1].weights if self.passes else {}
        if last.keys() == weights.keys() and all(_same(last[name], weights[name]) for name in last):
            return last
        return {name: twin(weight) for name, weight in weights.items()}

    def _drop(self) -> None:
        self.passes.pop(0).close()
        self.dropped += 1
        if self.dropped == 1:
            warnings.warn(
                f"{named(self.path)} was called more than keep={self.keep} times: only the last "
                f"{self.keep} passes are kept. Give record(..., keep=...) a larger number to keep more.",
                stacklevel=2,
            )


def _arguments(args: tuple, kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """The input and the initial states (None where none were given) of a call of a recurrent module."""
    given = args[0] if args else kwargs.get("input")
    return given, args[1] if len(args) > 1 else kwargs.get("hx")


def _by_state(cell: Cell, states: Any) -> dict[str, Tensor]:
    return dict(zip(cell.states, states if isinstance(states, (tuple, list)) else (states,), strict=True))


def _initial(cell: Cell, layout: Layout, hx: Any, finals: dict[str, Tensor]) -> dict[str, Tensor]:
    """state -> (L, B, H): copies of what was given; zeros where nothing was."""
    if hx is None:
        return {name: copied(torch.zeros_like(layout.states(final))) for name, final in finals.items()}
    return {name: layout.states(twin(state)) for name, state in _by_state(cell, hx).items()}


def _weights(module: Any) -> dict[str, Tensor]:
    """The tensors that the pass used, by torch's names.

    Taken from torch's own list after the pass: asking a parametrised module for `weight_hh_l0` again could
    change it (spectral norm takes a power iteration at each look).
    """
    names = [
        f"{kind}_l{k}{suffix}"
        for k in range(module.num_layers)
        for suffix in (("", "_reverse") if module.bidirectional else ("",))
        for kind in ("weight_ih", "weight_hh", *(("bias_ih", "bias_hh") if module.bias else ()))
    ]
    used = getattr(module, "_flat_weights", None)
    return dict(zip(names, used, strict=True)) if used else {name: getattr(module, name) for name in names}


def _same(one: Tensor, other: Tensor) -> bool:
    return one.requires_grad == other.requires_grad and torch.equal(one, other)


def _drops(module: Any) -> bool:
    """Whether dropout between layers is active."""
    return module.training and module.dropout > 0 and module.num_layers > 1


def _random_state(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()
