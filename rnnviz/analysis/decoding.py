"""What a decoder writes, from the weights in its Trace: with the right symbols given, greedily, by beam search.

Teacher forcing gives the decoder the right symbol of the time step before, whatever it said itself; running free
it reads what it wrote. Greedy decoding writes the likeliest symbol each time. Beam search (Sutskever, Vinyals &
Le 2014) keeps the `width` likeliest beginnings instead; those that write the end symbol are put aside, and
ordered by

    score = (1/T) Σ_t ln p(y_t | y_1 ... y_t-1, source)        T symbols, the end symbol among them,

the mean per symbol, since the sum alone would prefer what is short. It stops when `width` have ended and no
beginning could still end with a better score than the best, were all its symbols to come certain. The model is
that of `rnnviz.seq2seq`, of which the Trace of a decoder holds every weight; each time step is the cell's own
`step`, in numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz.analysis.stack import checked, embedded, run_stack
from rnnviz.cells import CELLS
from rnnviz.cells.layer import layer_weights
from rnnviz.trace import Trace

WIDEST = 256
States = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Written:
    """One sequence as a decoder wrote it: T symbols, L layers, H units, O classes, S source positions.

    tokens: (T,) what was written, the end symbol included; under teacher forcing what should have been.
    previous: (T,) what was read. outputs: (T, O). log_probabilities: (T,) ln p of `tokens`.
    states: name -> (L, T, H). attention: (T, S), or None. ended: whether the last token is the end symbol.
    """

    tokens: np.ndarray
    previous: np.ndarray
    outputs: np.ndarray
    log_probabilities: np.ndarray
    states: Mapping[str, np.ndarray]
    attention: np.ndarray | None
    ended: bool

    @property
    def likeliest(self) -> np.ndarray:
        """(T,) the likeliest token each time; with teacher forcing not always the one that was read next."""
        return np.argmax(_log_softmax(self.outputs), axis=-1)

    @property
    def score(self) -> float:
        """Mean ln p per symbol."""
        return float(self.log_probabilities.mean())

    @property
    def notice(self) -> str:
        """What a reader must be told about it, or nothing."""
        if not np.isfinite(self.outputs).all():
            return "The decoder's outputs are not finite numbers, so what it writes means nothing."
        if not self.ended:
            return f"The decoder did not write its end symbol: it was cut after {len(self.tokens)} symbols."
        return ""


def forced(trace: Trace, source: np.ndarray, targets: Sequence[int], start: int, end: int) -> Written:
    """Teacher forcing: the decoder reads `start`, then every one of `targets` (T,) but the last.

    trace: of a decoder, as `Trainer.observe` makes it. source: (S,) tokens for an encoder, or (D,) numbers of
    the vector that it starts from. Raises ValueError for a Trace without a decoder, an empty source or target,
    tokens that are not there.
    """
    decoder = _Decoder(trace, source)
    if not len(targets):
        raise ValueError("The target has no symbols; expected at least one.")
    path, states = _Path(start), decoder.initial
    for target in checked(targets, len(decoder.own["readout.weight"])).tolist():
        outputs, states, attention = decoder.step([path.token], states)
        path = path.then(target, outputs[0], {name: state[:, 0] for name, state in states.items()}, attention, 0)
    return path.written(end)


def greedy(trace: Trace, source: np.ndarray, start: int, end: int, most: int) -> Written:
    """The likeliest symbol each time, until the end symbol or `most` symbols. Arguments and errors as of `forced`."""
    _check(most, 1)
    decoder = _Decoder(trace, source)
    path, states = _Path(start), decoder.initial
    while path.length < most and not (path.length and path.token == end):
        outputs, states, attention = decoder.step([path.token], states)
        token = int(_log_softmax(outputs[0]).argmax())
        path = path.then(token, outputs[0], {name: state[:, 0] for name, state in states.items()}, attention, 0)
    return path.written(end)


def beam(trace: Trace, source: np.ndarray, start: int, end: int, most: int, width: int) -> list[Written]:
    """At most `width` sequences, the best score first; those that were cut at `most` symbols come last.

    Arguments and errors as of `forced`; ValueError for a width that is not 1 to 256.
    """
    _check(most, width)
    decoder = _Decoder(trace, source)
    alive, states = [_Path(start)], decoder.initial
    ended: list[_Path] = []
    while alive and alive[0].length < most and not (len(ended) >= width and _settled(ended, alive, most)):
        outputs, states, attention = decoder.step([path.token for path in alive], states)
        totals = np.array([path.total for path in alive])[:, None] + _log_softmax(outputs)
        best = np.argsort(-totals, axis=None, kind="stable")[:width]
        parents, tokens = np.unravel_index(best, totals.shape)
        found = []
        for parent, token in zip(parents.tolist(), tokens.tolist(), strict=True):
            own = {name: state[:, parent] for name, state in states.items()}
            found.append(alive[parent].then(token, outputs[parent], own, attention, parent))
        going = np.flatnonzero(tokens != end)
        ended += [path for path in found if path.token == end]
        alive = [found[k] for k in going]
        states = {name: state[:, parents[going]] for name, state in states.items()}
    ranked = [sorted(paths, key=lambda path: -path.score) for paths in (ended, alive)]
    return [path.written(end) for path in (ranked[0] + ranked[1])[:width]]


class _Path:
    """A beginning of a sequence: its last token, what led to it, and the path before."""

    def __init__(self, token: int, before: _Path | None = None, total: float = 0.0, seen: tuple[Any, ...] = ()) -> None:
        self.token, self.before, self.total, self.seen = token, before, total, seen
        self.length: int = before.length + 1 if before else 0

    @property
    def score(self) -> float:
        return self.total / self.length

    def then(self, token: int, outputs: np.ndarray, states: States, attention: np.ndarray | None, row: int) -> _Path:
        """One symbol more. outputs (O,) and states name -> (L, H) that gave it; attention (B, S), its row `row`."""
        chance = float(_log_softmax(outputs)[token])
        looked = None if attention is None else attention[row]
        return _Path(token, self, self.total + chance, (outputs, chance, states, looked))

    def written(self, end: int) -> Written:
        path, steps = self, []
        while path.before:
            steps.append(path)
            path = path.before
        steps.reverse()
        outputs, chances, states, looked = zip(*(step.seen for step in steps), strict=True)
        return Written(
            tokens=np.array([step.token for step in steps]),
            previous=np.array([step.before.token for step in steps if step.before]),
            outputs=np.stack(outputs),
            log_probabilities=np.array(chances),
            states={name: np.stack([each[name] for each in states], axis=1) for name in states[0]},
            attention=None if looked[0] is None else np.stack(looked),
            ended=self.token == end,
        )


class _Decoder:
    """The decoder of a Trace before one source: its initial states and its next step."""

    def __init__(self, trace: Trace, source: np.ndarray) -> None:
        self.trace, self.own, self.cell = trace, trace.model_weights, CELLS[trace.cell]
        self.layers = [layer_weights(trace.weights, name) for name in trace.layer_names]
        self.memory = np.zeros((0, 0))  # (S, H), of an encoder
        source = np.asarray(source)
        if trace.encoder is not None:
            self.initial = self._read(trace.encoder, source)
        elif "begin.h.weight" in self.own:
            self.initial = self._begin(source)
        else:
            raise ValueError("This Trace is of no decoder that could write: it has neither an encoder nor a beginning.")

    def step(self, tokens: Sequence[int], states: States) -> tuple[np.ndarray, States, np.ndarray | None]:
        """B tokens read and states name -> (L, B, H) -> outputs (B, O), new states, attention (B, S) or None."""
        with np.errstate(over="ignore", invalid="ignore"):  # weights may be huge
            x = embedded(self.trace, self.own.get("embed.weight"), tokens)
            new = []
            for k, weights in enumerate(self.layers):
                after, _ = self.cell.step(x, {name: state[k] for name, state in states.items()}, weights)
                new.append(after)
                x = after["h"]
            outputs, attention = self._say(x)
        return outputs, {name: np.stack([each[name] for each in new]) for name in states}, attention

    def _say(self, h: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """The equations of `rnnviz.seq2seq`: h (B, H) -> outputs (B, O), attention (B, S) or None."""
        attention = None
        if "combine.weight" in self.own:
            m = self.memory
            if "attention.score.weight" in self.own:
                query, key = h @ self.own["attention.query.weight"].T, m @ self.own["attention.key.weight"].T
                scores = np.tanh(query[:, None] + key) @ self.own["attention.score.weight"][0]
            else:
                scores = h @ m.T / np.sqrt(h.shape[-1], dtype=h.dtype)
            attention = np.exp(_log_softmax(scores)).astype(h.dtype)
            h = np.tanh(self._linear("combine", np.concatenate([attention @ m, h], axis=-1)))
        return self._linear("readout", h), attention

    def _read(self, encoder: Trace, source: np.ndarray) -> States:
        """Run the encoder over tokens (S,), keep its states as memory, and make the initial states of its last."""
        x, finals = run_stack(encoder, embedded(encoder, self.own.get("embed_source.weight"), source))
        states = {name: np.stack([each[name] for each in finals]) for name in self.cell.states}
        if encoder.directions == 2:
            x = self._linear("join.h", x)
            pairs = {name: np.concatenate([state[::2], state[1::2]], axis=-1) for name, state in states.items()}
            states = {name: self._linear(f"join.{name}", pair) for name, pair in pairs.items()}
        self.memory = x
        return states

    def _begin(self, source: np.ndarray) -> States:
        wanted = self.own["begin.h.weight"].shape[1:]
        if source.shape != wanted:
            raise ValueError(f"The source has shape {source.shape}; expected {wanted}.")
        x = source.astype(self.own["begin.h.weight"].dtype)
        made = {name: np.tanh(self._linear(f"begin.{name}", x)) for name in self.cell.states}
        return {name: state.reshape(len(self.layers), 1, -1) for name, state in made.items()}

    def _linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.own[f"{name}.weight"].T + self.own[f"{name}.bias"]


def _settled(ended: list[_Path], alive: list[_Path], most: int) -> bool:
    """Whether no beginning that is alive can come to a better score than the best that has ended."""
    return max(path.score for path in ended) >= max(path.total for path in alive) / most


def _log_softmax(outputs: np.ndarray) -> np.ndarray:
    """ln p over the last axis, float64; of outputs that are not finite, -inf."""
    with np.errstate(over="ignore", invalid="ignore"):
        wide = outputs.astype(np.float64)
        wide = wide - wide.max(axis=-1, keepdims=True)
        chances = wide - np.log(np.exp(wide).sum(axis=-1, keepdims=True))
    found: np.ndarray = np.where(np.isnan(chances), -np.inf, chances)
    return found


def _check(most: int, width: int) -> None:
    if most < 1:
        raise ValueError(f"most is {most}; expected at least 1 symbol.")
    if not 1 <= width <= WIDEST:
        raise ValueError(f"width is {width}; expected 1 to {WIDEST}.")
