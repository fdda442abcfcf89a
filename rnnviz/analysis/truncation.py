"""Truncated back-propagation through time: the same forward pass, and a gradient that crosses no cut.

Time is cut before the time steps k, 2k, 3k, ...: what lies between two cuts is a window. Values pass a cut as they
are; the gradient of a state does not (Williams & Peng 1990, Neural Computation 2(4), in the form that trainers use:
the state is detached every k time steps). A reverse layer is cut at the same places. Within a time step the gradient
still passes down from layer to layer.

Since nothing crosses a cut, the windows of a layer are sequences of their own: they are laid side by side, as more
sequences of k time steps, and go back together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from rnnviz.analysis.norms import require_gradients
from rnnviz.cells.backward import input_gradient, total_gradients
from rnnviz.cells.layer import Layer, computed_order, layer_of
from rnnviz.trace import Trace


@dataclass(frozen=True, eq=False)
class TruncatedGradients:
    """L layers, B sequences, T time steps, H units, in original time.

    total: state -> (L, B, T, H), dLoss/dstate_t. passed: state -> (L, B, T, H), the part of it that came along the
    recurrent edge from the time step after (of a reverse layer: before). entering: (L, B, T, H), the rest of
    dLoss/dh_t: from the readout, the final states, or the layers above. down: per layer (B, T, .), what it passes to
    its input, dropout between the layers included.
    """

    total: Mapping[str, np.ndarray]
    passed: Mapping[str, np.ndarray]
    entering: np.ndarray
    down: tuple[np.ndarray, ...]


def truncated_gradients(trace: Trace, window: int) -> TruncatedGradients:
    """The gradients of a Trace if its recurrent edges were cut every `window` time steps.

    `window` of T or more gives the full gradients. Raises ValueError for a window under 1, or without gradients.
    """
    if window < 1:
        raise ValueError(f"window is {window}; a window holds at least 1 time step.")
    require_gradients(trace)
    assert trace.output_grads is not None and trace.final_state_grads is not None
    layers, _, time, units = trace.size
    found: list[_Back] = []
    arriving = trace.output_grads
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged network has infinite gradients: values
        for depth in reversed(range(len(trace.layer_inputs))):
            dropout = trace.dropout_masks[depth]
            here = []
            for direction in range(trace.directions):
                index = depth * trace.directions + direction
                own = arriving[..., direction * units : (direction + 1) * units]
                final = {name: array[index] for name, array in trace.final_state_grads.items()}
                here.append(_back(layer_of(trace, index), own, final, min(window, time), dropout))
            found = here + found
            arriving = sum((each.down for each in here[1:]), start=here[0].down)
    assert len(found) == layers
    return TruncatedGradients(
        total={name: np.stack([each.total[name] for each in found]) for name in trace.states},
        passed={name: np.stack([each.passed[name] for each in found]) for name in trace.states},
        entering=np.stack([each.entering for each in found]),
        down=tuple(each.down for each in found),
    )


@dataclass(frozen=True)
class _Back:
    """One layer of TruncatedGradients: state -> (B, T, H), (B, T, H), (B, T, D)."""

    total: dict[str, np.ndarray]
    passed: dict[str, np.ndarray]
    entering: np.ndarray
    down: np.ndarray


def _back(
    layer: Layer, output_grads: np.ndarray, final: Mapping[str, np.ndarray], window: int, dropout: np.ndarray | None
) -> _Back:
    """One layer. output_grads: (B, T, H) in original time; final: state -> (B, H); dropout: (B, T, D) or None."""
    folds = _Folds(layer, window)
    windows = folds.layer
    last, row = np.divmod(layer.last + folds.before, window)[0], np.arange(layer.mask.shape[1])
    ends = {}
    for name, gradient in final.items():  # enters in the window that holds the sequence's last computed step
        ends[name] = np.zeros((folds.count, *gradient.shape), gradient.dtype)
        ends[name][last, row] = gradient
        ends[name] = ends[name].reshape(-1, gradient.shape[-1])
    own = folds.fold(computed_order(output_grads, layer.reverse))
    total = total_gradients(windows, own.swapaxes(0, 1), ends)
    entering = {name: np.zeros_like(array) for name, array in total.items()}
    entering["h"] += own
    for name, gradient in ends.items():
        entering[name][windows.last, np.arange(len(gradient))] += gradient
    for (reader, name), factor in windows.local.within.items():
        entering[name] += total[reader] * factor
    back = {name: folds.unfold(array) for name, array in total.items()}
    below = layer.to_original(folds.unfold(input_gradient(windows, total)))
    return _Back(
        total={name: layer.to_original(array) for name, array in back.items()},
        passed={name: layer.to_original(back[name] - folds.unfold(entering[name])) for name in back},
        entering=layer.to_original(folds.unfold(entering["h"])),
        down=below if dropout is None else below * dropout,
    )


class _Folds:
    """A layer's windows, side by side as sequences: T time steps become `count` times `window`, filled up with padding.

    layer: the windows as one Layer in computation order. before: padding ahead of the first computed step, which a
    reverse layer has: its windows end where those of a forward layer do.
    """

    def __init__(self, layer: Layer, window: int) -> None:
        time = len(layer.mask)
        self.time, self.window, self.count = time, window, -(-time // window)
        extra = self.count * window - time
        self.before = extra if layer.reverse else 0
        self.after = extra - self.before
        self.layer = replace(
            layer,
            reverse=False,  # time already runs as it is computed
            inputs=self.fold(layer.inputs),
            mask=self.fold(layer.mask),
            states={name: self.fold(array) for name, array in layer.states.items()},
            gates={name: self.fold(array) for name, array in layer.gates.items()},
            initial={name: self.fold(array, "edge")[0] for name, array in layer.previous.items()},
        )

    def fold(self, array: np.ndarray, mode: str = "constant") -> np.ndarray:
        """(T, B, ...) -> (window, count * B, ...), filled up with zeros, or with the value at the edge."""
        sides = [(self.before, self.after), *[(0, 0)] * (array.ndim - 1)]
        padded = np.pad(array, sides, mode=mode)  # type: ignore[call-overload]
        windows = padded.reshape(self.count, self.window, *array.shape[1:]).swapaxes(0, 1)
        return np.ascontiguousarray(windows).reshape(self.window, -1, *array.shape[2:])

    def unfold(self, array: np.ndarray) -> np.ndarray:
        """(window, count * B, ...) -> (T, B, ...)."""
        apart = array.reshape(self.window, self.count, -1, *array.shape[2:]).swapaxes(0, 1)
        whole = apart.reshape(self.count * self.window, -1, *array.shape[2:])
        return whole[self.before : self.before + self.time]
