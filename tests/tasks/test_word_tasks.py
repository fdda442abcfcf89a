"""Translation, caption and sentiment: what is read and written, what is held back, what a visitor may type."""

from __future__ import annotations

import math
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from rnnviz.config import LANGUAGES, ExperimentConfig
from rnnviz.tasks import make_task
from rnnviz.tasks.digits import load_digits
from rnnviz.tasks.symbols import END, START, Symbols
from rnnviz.tasks.translation import CODES

ROOT = Path(__file__).parents[2]


def made(name, **settings):
    return make_task(ExperimentConfig(task=name, **settings))


def texts(task, batch):
    """(source, target) of every sequence, read off the batch."""
    for inputs, length, targets in zip(batch.inputs, batch.lengths, batch.targets, strict=True):
        yield task.decode_input(inputs[:length]), task.decode(targets)


# Spelled as grammars of the languages have it, not as num2words says.
KNOWN = {
    0: ("zero", "zéro", "null"),
    17: ("seventeen", "dix-sept", "siebzehn"),
    21: ("twenty-one", "vingt et un", "einundzwanzig"),
    80: ("eighty", "quatre-vingts", "achtzig"),
    97: ("ninety-seven", "quatre-vingt-dix-sept", "siebenundneunzig"),
    100: ("one hundred", "cent", "einhundert"),
    342: ("three hundred and forty-two", "trois cent quarante-deux", "dreihundertzweiundvierzig"),
    777: ("seven hundred and seventy-seven", "sept cent soixante-dix-sept", "siebenhundertsiebenundsiebzig"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_right(language):
    task = made("translation", language=language)
    for number, (english, *foreign) in KNOWN.items():
        tokens = task.encode(str(number))
        assert task.decode_input(tokens) == english and np.array_equal(task.encode(f" {english.upper()} "), tokens)
        assert task.translation(tokens) == foreign[LANGUAGES.index(language)]
    pairs = dict(texts(task, task.heldout(200)))
    assert len(pairs) == 200
    for english, foreign in pairs.items():
        assert task.translation(task.encode(english)) == foreign
    assert task.translation(task.encode("one hundred hundred")) is None


def test_numbers_held_back_are_never_trained_on_whatever_the_seed():
    trained = set()
    for seed in range(3):
        task = made("translation", seed=seed, batch_size=512)
        trained |= {english for step in range(8) for english, _ in texts(task, task.batch(step))}
    held = [english for english, _ in texts(task, task.heldout(500))]
    assert len(held) == len(set(held)) == 200 and not trained & set(held)
    assert len(trained) > 790  # nearly all the others
    assert {"zero", "eleven", "twenty"} <= trained
    words = " ".join(held).replace("-", " ").split()
    assert set(words) <= set(" ".join(trained).replace("-", " ").split())


def test_every_language_has_a_code_and_num2words_is_pinned():
    assert set(CODES) == set(LANGUAGES)
    assert f"num2words=={version('num2words')} " in (ROOT / "requirements.txt").read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_translation_baseline_is_a_fair_guess_among_what_fits(language):
    """Symbol by symbol: how many of all numbers go on like this, of those that began like this."""
    task = made("translation", language=language)
    targets = [tuple(task.translation(task.encode(str(number)))) + (END,) for number in range(1000)]
    began: dict[tuple, int] = {}
    for target in targets:
        for k in range(len(target) + 1):
            began[target[:k]] = began.get(target[:k], 0) + 1
    losses = []
    for _, text in texts(task, task.heldout(200)):
        target = (*text, END)
        losses += [-math.log(began[target[: k + 1]] / began[target[:k]]) for k in range(len(target))]
    assert task.baseline == pytest.approx(np.mean(losses), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0 characters; expected 1 to 80"),
        ("   ", "0 characters"),
        ("one" * 40, "120 characters"),
        ("1000", "1000 is out of range: the numbers here are 0 to 999"),
        ("9" * 5000, "999999999999 is out of range"),
        ("-1", "“-1” is no whole number from 0 to 999"),
        ("3.5", "“3.5” is no whole number"),
        ("3 hundred", "“3 hundred” is no whole number"),
        ("zwölf", "“ö” is not in the vocabulary. What there is: ␣ - a"),
        ("²", "“²” is not in the vocabulary"),
        ("<b>", "“<” is not"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match="[.]$") as caught:
        made("translation").encode(text)
    assert words in str(caught.value) and len(str(caught.value)) < 200


def test_symbols_end_where_their_end_is():
    symbols = Symbols([START, END, " ", "a"], "character")
    assert symbols.labels == (START, END, "␣", "a")
    assert symbols.decode([0, 3, 2, 3, 1, 3, 3]) == "a a" and symbols.decode([]) == ""
    assert symbols.encode("a a").tolist() == [3, 2, 3]


def test_captions_name_the_digit():
    task = made("caption")
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    images, digits = load_digits()
    batch = task.heldout(397)
    assert np.array_equal(batch.inputs, images[1400:].astype(np.float32))
    assert [task.decode(row) for row in batch.targets] == [names[digit] for digit in digits[1400:]]
    lengths = [len(name) + 1 for name in names]
    assert task.baseline == pytest.approx(10 * math.log(10) / sum(lengths))
    assert task.target_steps == max(lengths) and batch.target_lengths.max() == 6


HALVES = {"slightly": 1, "very": 3, "extremely": 4}
STRENGTH = {"great": 2, "lovely": 2, "good": 1, "nice": 1, "dull": -1, "bad": -1, "awful": -2, "terrible": -2}


def judged(text):
    """What a remark is worth, read off its words by another parser than the one that wrote them."""

    def clause(words):
        *degrees, adjective = [word for word in words if word in {*HALVES, *STRENGTH}]
        sign = -1 if {"not", "never"} & set(words) else 1
        return sign * STRENGTH[adjective] * (HALVES[degrees[0]] if degrees else 2)

    for joint, weight in ((" and ", 1), (" but ", 3), (" , ", 3)):
        if joint in text:
            first, second = text.removeprefix("although ").split(joint)
            return clause(first.split()) + weight * clause(second.split())
    return clause(text.split())


def test_sentiment_is_what_the_words_say_in_their_order():
    task = made("sentiment", batch_size=512)
    batch = task.batch(0)
    remarks = [task.decode_input(row[:length]) for row, length in zip(batch.inputs, batch.lengths, strict=True)]
    for text, target in zip(remarks, batch.targets, strict=True):
        value = judged(text)
        assert value and target == (value > 0)
        assert np.array_equal(task.encode(text), task.encode(text.replace(" , ", ", ").capitalize() + "."))
    assert any("but" in text for text in remarks) and any("although" in text for text in remarks)
    assert 0.4 < batch.targets.mean() < 0.6 and batch.lengths.max() == task.time_steps
    # the same words, the other way round
    one, other = "although the film was good , the food was bad", "although the film was bad , the food was good"
    assert sorted(one.split()) == sorted(other.split()) and judged(one) < 0 < judged(other)


def test_no_remark_is_in_two_parts():
    task = made("sentiment", batch_size=512)
    spelled = {
        split: {task.decode_input(row[:length]) for row, length in zip(batch.inputs, batch.lengths, strict=True)}
        for split, batch in (("train", task.batch(3)), ("heldout", task.heldout(2000)), ("test", task.test(2000)))
    }
    assert len(spelled["heldout"]) > 1000 and not spelled["train"] & (spelled["heldout"] | spelled["test"])
    assert not spelled["heldout"] & spelled["test"]
    singles = [text for text in spelled["heldout"] if len(text.split()) <= 6]
    assert singles  # short ones too, of which there are few


@pytest.mark.parametrize(
    ("text", "words"), [("", "0 words"), ("good " * 41, "41 words; expected 1 to 40"), ("the movie", "“movie” is not")]
)
def test_remarks_that_cannot_be_read_are_refused_in_words(text, words):
    with pytest.raises(ValueError, match="[.]$") as caught:
        made("sentiment").encode(text)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["translation", "caption"])
def test_a_decoder_is_given_what_came_before_and_nothing_else(name):
    task = made(name)
    for batch in (task.batch(3), task.heldout(50)):
        assert (batch.previous[:, 0] == task.start).all() and (batch.targets != task.start).all(1).any()
        assert np.array_equal(batch.previous[:, 1:], batch.targets[:, :-1])
        ends = batch.targets[np.arange(len(batch.targets)), batch.target_lengths - 1]
        assert (ends == task.end).all() and batch.target_lengths.max() == batch.targets.shape[1]
