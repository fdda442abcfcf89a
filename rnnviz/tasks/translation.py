"""Numbers in words, translated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.symbols import END, START, Symbols, cut, padded, to_write

CODES = {"french": "fr", "german": "de"}  # num2words' names of the languages
NUMBERS, HELD_BACK, IRREGULAR = 1000, 200, 21
LONGEST = 80  # characters of a visitor's own text


class Translation(Task):
    """Translate a number, spelled out in English, into French or German.

    Trial: an encoder reads a number from 0 to 999 in English words, one character per time step ("three hundred
    and forty-two"). Then a decoder writes it in the other language ("trois cent quarante-deux",
    "dreihundertzweiundvierzig") and an end symbol. It reads the symbol before at every time step: the right
    one while training, its own when it is judged. German puts the ones before the tens; French counts 70, 80
    and 90 in sixties and twenties.

    Shapes: inputs (B, S) tokens; targets (B, T) classes, the characters and the end symbol, of several lengths.
    Loss: cross entropy. Metric: exact match, every character right and the end in its place.
    The words are num2words'. 200 of the numbers from 21 to 999, drawn once, are held out and never trained on, nor is
    the share that tests, drawn after them; those up to 20 always train, as their words follow from no others.
    Baseline: guessing, evenly, among all numbers that begin as what is written so far: ln 1000 nats a number,
    shared by its symbols.
    Paper: Bahdanau, Cho & Bengio (2015); Cho et al. (2014) for the encoder-decoder.
    """

    name = "translation"
    label = "Translation: number words"
    summary = "Translate a number, spelled out in English, into French or German."
    shape = "encoder–decoder"
    uses = ("language", "test_fraction")
    source = "Bahdanau, Cho & Bengio (2015), Neural machine translation by jointly learning to align and translate"
    defaults = {
        "cell": "gru",
        "hidden_size": 64,
        "embedding_size": 32,
        "batch_size": 64,
        "learning_rate": 5e-3,
        "attention": "additive",
    }

    loss = "cross_entropy"
    metric = "exact_match"
    tokens = True
    start, end = 0, 1
    own = ("A number from 0 to 999", "342", "In words or digits; what it reads is shown below.")
    baseline_words = "guessing among all numbers that begin like this"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.words = _words(config.language)
        self.input_labels, self.labels = self.words.read.labels, self.words.write.labels
        self.input_size, self.output_size = len(self.input_labels), len(self.labels)
        self.time_steps, self.target_steps = self.words.sources.shape[1], self.words.targets.shape[1]
        self.baseline = math.log(NUMBERS) / self.words.target_lengths[parts(0)["heldout"]].mean()

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        numbers = parts(self.config.test_fraction)[split]
        chosen = rng.choice(numbers, size) if split == "train" else numbers[:size]
        words = self.words
        sources, lengths = words.sources[chosen], words.source_lengths[chosen]
        written = to_write(words.targets[chosen], words.target_lengths[chosen])
        return Batch(cut(sources, lengths), lengths=lengths, **written)

    def encode(self, text: str) -> np.ndarray:
        """(S,) tokens of a number from 0 to 999, in digits or in English words, or of any text of their characters.

        Raises ValueError, with a sentence for the reader, where it cannot be read.
        """
        text = " ".join(text.lower().split())
        if text.isascii() and text.isdigit():
            if len(text) > 9 or int(text) >= NUMBERS:
                raise ValueError(f"{text[:12]} is out of range: the numbers here are 0 to {NUMBERS - 1}.")
            text = self.words.english[int(text)]
        elif any(character in "0123456789" for character in text):
            raise ValueError(f"“{text[:12]}” is no whole number from 0 to {NUMBERS - 1} in digits alone.")
        if not 0 < len(text) <= LONGEST:
            raise ValueError(f"The text has {len(text)} characters; expected 1 to {LONGEST}.")
        return self.words.read.encode(text)

    def decode(self, tokens) -> str:
        """The text that tokens of the decoder stand for, up to its end symbol."""
        return self.words.write.decode(tokens)

    def decode_input(self, tokens) -> str:
        """The text that tokens of the source stand for."""
        return self.words.read.decode(tokens)

    def translation(self, tokens) -> str | None:
        """The right translation of a source, or None where it is no number from 0 to 999."""
        english = self.words.english
        text = self.decode_input(tokens)
        return self.words.foreign[english.index(text)] if text in english else None


@dataclass(frozen=True, eq=False)
class Words:
    """All numbers in words, by number: as texts, and as tokens (1000, longest) with their lengths."""

    english: tuple[str, ...]
    foreign: tuple[str, ...]
    read: Symbols
    write: Symbols
    sources: np.ndarray
    source_lengths: np.ndarray
    targets: np.ndarray
    target_lengths: np.ndarray


@lru_cache(maxsize=len(CODES))
def _words(language: str) -> Words:
    from num2words import num2words

    english = tuple(num2words(number, lang="en") for number in range(NUMBERS))
    foreign = tuple(num2words(number, lang=CODES[language]) for number in range(NUMBERS))
    read = Symbols(sorted(set("".join(english))), "character")
    write = Symbols([START, END, *sorted(set("".join(foreign)))], "character")
    sources, source_lengths = padded([read.encode(text) for text in english])
    targets, target_lengths = padded([write.encode([*text, END]) for text in foreign])
    return Words(english, foreign, read, write, sources, source_lengths, targets, target_lengths)


@lru_cache(maxsize=4)
def parts(test_fraction: float) -> dict[str, np.ndarray]:
    """The numbers of each split: 200 held out and those that test, in the order in which they were drawn; the
    others train, in order."""
    order = np.random.default_rng(0).permutation(np.arange(IRREGULAR, NUMBERS))
    heldout, test = np.split(order[: HELD_BACK + int(NUMBERS * test_fraction)], [HELD_BACK])
    train = np.setdiff1d(np.arange(NUMBERS), [*heldout, *test])
    return {"train": train, "heldout": heldout, "test": test}
