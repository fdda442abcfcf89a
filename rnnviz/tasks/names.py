"""From which language is a name?"""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache
from importlib import import_module
from zlib import crc32

import numpy as np

from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.symbols import Symbols, padded

LANGUAGES = {  # its surnames in Faker: the locale, and the name of the list
    "Croatian": ("hr_HR", "last_names"),
    "Dutch": ("nl_NL", "last_names"),
    "English": ("en_GB", "last_names"),
    "Estonian": ("et_EE", "last_names_est"),
    "Finnish": ("fi_FI", "last_names"),
    "French": ("fr_FR", "last_names"),
    "German": ("de_DE", "last_names"),
    "Greek": ("el_GR", "last_names"),
    "Irish": ("ga_IE", "last_names"),
    "Italian": ("it_IT", "last_names"),
    "Polish": ("pl_PL", "unisex_last_names"),
    "Russian": ("ru_RU", "last_names"),
    "Slovak": ("sk_SK", "last_names"),
    "Spanish": ("es_ES", "last_names"),
    "Swedish": ("sv_SE", "last_names"),
    "Zulu": ("zu_ZA", "last_names"),
}
LONGEST, MOST, HELD_BACK = 16, 600, 0.2  # letters of a name, names of a language; share of names held back
LETTERS = Symbols(" '-abcdefghijklmnopqrstuvwxyz", "letter")  # a space first: it pads, and no name ends in one
RUSSIAN = dict(zip("абвгдежзийклмнопрстуфхцчшщъыьэюя",
    ["a", "b", "v", "g", "d", "e", "zh", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f",
     "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya"], strict=True))  # fmt: skip
GREEK = dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω",
    ["a", "v", "g", "d", "e", "z", "i", "th", "i", "k", "l", "m", "n", "x", "o", "p", "r", "s", "s", "t", "y", "f",
     "ch", "ps", "o"], strict=True))  # fmt: skip
LATIN = str.maketrans({"ł": "l", "ß": "ss", "ø": "o", "æ": "ae", "đ": "d"} | RUSSIAN | GREEK)


class Names(Task):
    """Say from which of sixteen languages a surname is, from its letters.

    Trial: a surname is read one letter per time step, in small Latin letters without accents (Greek and Russian
    ones romanised): "papadakis", "kowalczyk", "van bruchem". After the last letter the net must name the
    language. Accents would give many of them away; so the endings and the pairs of letters must do.

    Shapes: inputs (B, T) tokens, 26 letters, space, apostrophe and hyphen, of several lengths, 16 at most;
    targets (B,) classes, the languages. Loss: cross entropy. Metric: accuracy. The names are Faker's lists, at
    most 600 of each language, without those that two languages share. One name in five is held back (and fewer
    where some test), by a checksum; in training every language is equally frequent.
    Baseline: guessing, evenly, among all languages: ln 16 nats.
    """

    name = "names"
    label = "Names: which language?"
    summary = "Say from which of sixteen languages a surname is, from its letters alone."
    uses = ("test_fraction",)
    defaults = {"cell": "gru", "hidden_size": 64, "batch_size": 64, "learning_rate": 5e-3}

    loss = "cross_entropy"
    metric = "accuracy"
    tokens = True
    input_size = len(LETTERS.symbols)
    output_size = len(LANGUAGES)
    labels = tuple(LANGUAGES)
    input_labels = LETTERS.labels
    own = ("A surname", "Papadopoulos", "In any of the sixteen languages, or in another; accents are taken off.")
    baseline = math.log(len(LANGUAGES))
    baseline_words = "guessing one of sixteen languages"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.time_steps = LONGEST

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        by_language = _names(split, self.config.test_fraction)
        if split == "train":
            languages = rng.integers(0, len(LANGUAGES), size)
            chosen = [by_language[k][rng.integers(len(by_language[k]))] for k in languages]
        else:  # in the order of their checksums, so that any first few are a mixture
            mixed = sorted((_place(name), name, k) for k, names in enumerate(by_language) for name in names)[:size]
            chosen, languages = [name for _, name, _ in mixed], np.array([k for _, _, k in mixed], np.int64)
        table, lengths = padded([LETTERS.encode(name) for name in chosen])
        return Batch(table, languages, lengths=lengths)

    def encode(self, text: str) -> np.ndarray:
        """(T,) tokens of a name, its accents taken off. Raises ValueError, with a sentence, where it cannot be read."""
        name = romanised(text)
        if not 0 < len(name) <= LONGEST:
            raise ValueError(f"The name has {len(name)} letters; expected 1 to {LONGEST}.")
        return LETTERS.encode(name)

    def decode_input(self, tokens) -> str:
        """The name that tokens stand for."""
        return LETTERS.decode(tokens)


def romanised(name: str) -> str:
    """A name in small Latin letters without accents, as far as its letters are known."""
    apart = unicodedata.normalize("NFD", " ".join(name.lower().split()).replace("ου", "ou").replace("ού", "ou"))
    return "".join(mark for mark in apart if not unicodedata.combining(mark)).translate(LATIN)


@lru_cache(maxsize=12)
def _names(split: str, test_fraction: float) -> tuple[tuple[str, ...], ...]:
    """Names of one split, by language."""
    train = (1 - HELD_BACK) * (1 - test_fraction)
    ends = {"train": (0.0, train), "heldout": (train, 1 - test_fraction), "test": (1 - test_fraction, 1.0)}
    low, high = ends[split]
    return tuple(tuple(name for name in names if low <= _place(name) < high) for names in _all())


def _place(name: str) -> float:
    """Where in [0, 1) a name's checksum lies: that decides which split it is in."""
    return crc32(name.encode()) / 2**32


@lru_cache(maxsize=1)
def _all() -> tuple[tuple[str, ...], ...]:
    """For every language the surnames that it alone has, evenly taken from Faker's alphabetical list."""
    found = []
    for locale, field in LANGUAGES.values():
        provider = import_module(f"faker.providers.person.{locale}").Provider
        names = {romanised(name) for name in getattr(provider, field)}
        found.append({name for name in names if len(name) <= LONGEST and set(name) <= set(LETTERS.symbols)})
    once = [names - set().union(*(other for other in found if other is not names)) for names in found]
    kept = []
    for names in once:
        ordered = sorted(names)
        places = np.linspace(0, len(ordered) - 1, min(MOST, len(ordered))).astype(int)
        kept.append(tuple(ordered[place] for place in places))
    return tuple(kept)
