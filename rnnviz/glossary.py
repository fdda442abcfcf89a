"""Every quantity that is shown: its symbol, its name in the code, its label, its unit, its meaning.

Axis titles, tooltips and colours are looked up here, so that a symbol means one thing everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from rnnviz.registry import Registry


@dataclass(frozen=True)
class Entry:
    """One quantity.

    symbol: as a reader sees it (`"hₜ"`), empty where the field has none. name: as the code spells it.
    label: the standard term, lower case. unit: of its values; empty for pure numbers without bounds.
    meaning: one or two sentences. kind: what sort of quantity it is, which decides its colour
    (`rnnviz.figures.theme.COLOURS`). bounds: the values it can take, where they are bounded.
    """

    symbol: str
    name: str
    label: str
    unit: str
    meaning: str
    kind: str = "ink"
    bounds: tuple[float, float] | None = None


GATE, SIGNED = (0.0, 1.0), (-1.0, 1.0)

_ENTRIES = (
    # what is inside a cell
    Entry("xₜ", "x", "input", "", "What the recurrent stack reads at time step t."),
    Entry("hₜ", "h", "hidden state", "", "What a layer passes on: upwards, and to its own next time step."),
    Entry("cₜ", "c", "cell state", "",
          "The LSTM's memory: some of it is kept, some of the candidate is added. It has no bounds.", "cell"),
    Entry("aₜ", "a", "pre-activation", "",
          "The weighted sum before tanh or the logistic function is applied."),
    Entry("iₜ", "i", "input gate", "0 to 1",
          "How much of the candidate enters the cell state.", "lets in", GATE),
    Entry("fₜ", "f", "forget gate", "0 to 1",
          "How much of the cell state is kept. Near 1 keeps it.", "keeps", GATE),
    Entry("gₜ", "g", "candidate", "-1 to 1", "The new content that the LSTM may add.", "candidate", SIGNED),
    Entry("oₜ", "o", "output gate", "0 to 1", "How much of the cell state is shown as h.", "output", GATE),
    Entry("rₜ", "r", "reset gate", "0 to 1",
          "How much of the past the candidate sees. As in torch, it acts after the recurrent product.",
          "reset", GATE),
    Entry("zₜ", "z", "update gate", "0 to 1",
          "How much of the hidden state is kept. As in torch, near 1 keeps the past; some texts write it the "
          "other way round.", "keeps", GATE),
    Entry("nₜ", "n", "candidate", "-1 to 1", "The new content that the GRU blends in.", "candidate", SIGNED),
    Entry("yₜ", "outputs", "output", "",
          "What the readout makes of the hidden state. Not the output gate o."),
    Entry("", "targets", "target", "", "What the output should be."),
    Entry("αₜₛ", "attention", "attention", "0 to 1",
          "How much the decoder looks at source position s when it writes at time step t. Over s it sums to 1.",
          "ink", GATE),
    Entry("p", "probability", "probability", "0 to 1", "Softmax of the outputs.", "ink", GATE),
    Entry("W_ih", "weight_ih", "input weights", "",
          "From the input to every gate, in torch's order of blocks."),
    Entry("W_hh", "weight_hh", "recurrent weights", "", "From the previous hidden state to every gate."),
    Entry("b_ih, b_hh", "bias", "biases", "",
          "torch has two bias vectors; what acts is their sum, the effective bias."),
    # training
    Entry("L", "loss", "loss", "",
          "What training lowers. The training loss is of one batch, so it is noisy."),
    Entry("L", "heldout_loss", "held-out loss", "", "The loss on sequences that training never sees."),
    Entry("", "baseline", "baseline", "", "The loss of the best guess that looks at no input."),
    Entry("", "mse", "mean squared error", "squared target units", "Mean of (output - target)²."),
    Entry("", "mae", "mean absolute error", "target units",
          "Mean of |output - target|. However far off an output is, it pulls equally hard."),
    Entry("", "huber", "Huber loss", "squared target units",
          "Half the squared error up to an error of 1, |error| - ½ beyond: far outliers pull no harder than that."),
    Entry("", "cross_entropy", "cross-entropy", "nats",
          "Mean of -ln of the probability given to the right class."),
    Entry("", "accuracy", "accuracy", "share right, 0 to 1", "Share of right answers.", "ink", GATE),
    Entry("", "exact_match", "exact match", "share right, 0 to 1",
          "Share of sequences that the decoder, reading what it wrote itself, writes without a mistake.", "ink", GATE),
    Entry("", "word_error_rate", "word error rate", "errors per word",
          "Words to substitute, insert or delete to set right what was written, per word that should be there."),
    Entry("", "balanced_accuracy", "balanced accuracy", "mean share right, 0 to 1",
          "Mean over the classes of the share of right answers: rare classes count as much as frequent ones.",
          "ink", GATE),
    Entry("F₁", "f1", "macro F1", "0 to 1",
          "Harmonic mean of precision and recall, in each class; the mean over classes.", "ink", GATE),
    Entry("", "perplexity", "perplexity", "tokens",
          "e to the cross-entropy: among how many equally likely tokens the network is as unsure."),
    Entry("", "bits_per_character", "bits per character", "bits", "The cross-entropy in bits, of a text read by "
          "characters."),
    Entry("", "bits_per_token", "bits per token", "bits", "The cross-entropy in bits."),
    Entry("", "rmse", "root mean squared error", "target units", "Root of the mean of (output - target)²."),
    Entry("", "nrmse", "normalised RMSE", "standard deviations",
          "The root mean squared error over the standard deviation of the targets: 1 for always guessing their mean."),
    Entry("R²", "r2", "R²", "share, at most 1",
          "The share of the targets' variance that the outputs explain; below 0 the mean would be a better guess."),
    Entry("", "calibration_error", "calibration error", "0 to 1",
          "How far the probability given to an answer lies from the share of such answers that are right, on average.",
          "ink", GATE),
    Entry("‖dL/dθ‖", "grad_norm", "gradient norm", "",
          "Length of the gradient over all parameters, before clipping."),
    Entry("", "clip", "gradient clipping", "",
          "A gradient longer than the limit is shortened to it; its direction stays."),
    Entry("", "learning_rate", "learning rate", "", "How far one step goes along the (adapted) gradient."),
    Entry("", "momentum", "momentum", "", "How much of the last update is repeated in the next."),
    Entry("", "step", "step", "steps",
          "One update of the weights by the optimiser. A time step is something else."),
    Entry("", "seed", "seed", "", "Decides the first weights and every batch. Same seed, same numbers."),
    Entry("", "batch_size", "batch size", "sequences", "Sequences per step."),
    # sizes and axes
    Entry("t", "time_step", "time step", "",
          "Position in the sequence, counted from 0. Index t is after reading xₜ."),
    Entry("s", "loss_step", "time step of the loss", "",
          "Where a part of the loss enters; its gradient flows back from s."),
    Entry("T", "length", "length", "time steps", "Time steps in a sequence."),
    Entry("", "unit", "unit", "", "One component of a state vector."),
    Entry("", "layer", "layer", "",
          "One recurrent layer; each direction of a bidirectional layer counts as one."),
    Entry("", "sequence", "sequence", "", "One of the few held-out sequences that the figures show."),
    Entry("H", "hidden_size", "hidden size", "units", "Units per layer."),
    Entry("", "mask", "padding", "", "Time steps past a sequence's end. They hold no values."),
    Entry("", "parameters", "parameters", "", "Weights and biases that training changes."),
    Entry("", "multiply_adds", "multiply-adds", "per time step",
          "Multiplications followed by an addition, one sequence."),
    Entry("", "seconds_per_step", "time per step", "ms", "Measured wall time of one training step."),
    # gradients and dynamics
    Entry("‖dL/dhₜ‖", "state_grads", "gradient norm", "",
          "Length of the total derivative of the loss by hₜ: through the readout at t and through every later "
          "time step."),
    Entry("‖dL/dcₜ‖", "cell_grads", "gradient norm", "",
          "Length of the total derivative of the loss by the cell state, the path through hₜ included."),
    Entry("‖dLₛ/dhₜ‖", "flow", "gradient norm", "",
          "Length of the derivative, by hₜ, of the part of the loss that enters at time step s."),
    Entry("‖dLₛ/dcₜ‖", "cell_flow", "gradient norm", "", "The same by the cell state cₜ."),
    Entry("|dL/dxₜ|", "saliency", "saliency", "", "Size of the derivative of the loss by the input."),
    Entry("dhₜ/dhₜ₋₁", "jacobian", "state Jacobian", "",
          "How the state answers to a small change of the one before. For the LSTM over h and c together."),
    Entry("", "factor", "factor per time step", "",
          "By how much the gradient norm is multiplied for one time step back."),
    Entry("ρ", "spectral_radius", "spectral radius", "",
          "Largest absolute eigenvalue of W_hh. Not the spectral norm."),
    Entry("‖W_hh‖₂", "spectral_norm", "spectral norm", "",
          "Largest singular value of W_hh. Not the spectral radius."),
    Entry("", "saturated_fraction", "saturation", "share of values, 0 to 1",
          "Gates below 0.1 or above 0.9; tanh units beyond 0.9 in absolute value.", "ink", GATE),
    Entry("-1/ln f", "timescale", "memory timescale", "time steps",
          "Time steps in which a gate held at f lets the memory fall to 1/e."),
    Entry("r", "correlation", "correlation", "-1 to 1",
          "How closely a unit goes with a quantity, on a straight line; with two classes as 0 and 1 it is the "
          "point-biserial correlation.", "ink", SIGNED),
    Entry("η", "correlation_ratio", "correlation ratio", "0 to 1",
          "How far the means of a unit over several classes lie apart, as a share of its whole spread.", "ink", GATE),
    Entry("PC", "principal_component", "principal component", "",
          "A direction in which states spread, the widest first."),
    Entry("b_f", "forget_bias", "forget bias", "",
          "Effective bias of the forget gate: torch's two biases added."),
    Entry("b_z", "update_bias", "update bias", "",
          "Effective bias of the GRU's update gate: torch's two biases added."),
    Entry("", "bptt", "back-propagation through time", "", "The chain rule over the unrolled network."),
    Entry("q", "q", "speed", "", "½‖F(h) - h‖²: near 0 at a fixed point."),
)  # fmt: skip

GLOSSARY: Registry[Entry] = Registry("quantity", {entry.name: entry for entry in _ENTRIES})


def lookup(name: str) -> Entry:
    """The entry of a quantity; a bare entry for names (of a new cell's gates) that the glossary lacks."""
    return GLOSSARY[name] if name in GLOSSARY else Entry(name, name, name, "", "")


def axis_title(name: str, unit: str | None = None) -> str:
    """`"Hidden state hₜ"`, `"Forget gate fₜ (0 to 1)"`. unit: in place of the entry's own."""
    entry = lookup(name)
    unit = entry.unit if unit is None else unit
    words = [entry.label[:1].upper() + entry.label[1:]] + [entry.symbol] * (entry.symbol not in ("", entry.label))
    return " ".join(words) + (f" ({unit})" if unit else "")


def tooltip(name: str) -> str:
    """Symbol, label and meaning in one line of plain text."""
    entry = lookup(name)
    return f"{axis_title(name)}: {entry.meaning}" if entry.meaning else axis_title(name)
