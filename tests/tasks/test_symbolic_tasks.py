"""Words to tag, names to place, DNA to search: each against rules or lists that were not used to make them."""

from __future__ import annotations

from collections import Counter, defaultdict
from importlib.metadata import version

import numpy as np
import pytest
from faker import Faker
from test_tasks_registry import SERIES, made

from rnnviz.config import ConfigError
from rnnviz.tasks.dna import BASES, TATA, likelihoods
from rnnviz.tasks.names import LANGUAGES, romanised
from rnnviz.tasks.tagging import ACTS, BOTH, DOUBLE, sentence

OBJECTS = {"the", "a", "her", "them"}  # words that an object may begin with


def parsed(words: list[str]) -> list[str]:
    """Parts of speech by looking at neighbours alone, from the end to the beginning."""
    tags: list[str] = []
    for k in reversed(range(len(words))):
        word, before, after = words[k], words[k - 1] if k else "", words[k + 1] if k + 1 < len(words) else ""
        later = tags[::-1]
        if word in DOUBLE:
            verb = before in ("they", "we", "to") or (before in BOTH and after in OBJECTS)
            tags.append("verb" if verb else "noun")
        elif word in BOTH:
            tags.append("adjective" if after in DOUBLE and later[0] == "noun" else "noun")
        elif word in ACTS:
            tags.append("verb")
        elif word == "her":
            tags.append("determiner" if after in BOTH or after in DOUBLE else "pronoun")
        elif word == "to":
            tags.append("particle" if after in DOUBLE else "preposition")
        elif word == "before":
            tags.append("adverb" if after == "." else "conjunction" if "verb" in later else "preposition")
        else:
            rest = {"the": "determiner", "a": "determiner", "because": "conjunction", ".": "stop"}
            tags.append(rest.get(word, "pronoun"))
    return tags[::-1]


def test_tags_are_those_of_a_second_parser_and_no_sentence_has_two_readings():
    rng, readings = np.random.default_rng(0), {}
    for _ in range(20_000):
        words, tags = map(list, zip(*sentence(rng), strict=True))
        assert parsed(words) == tags, words
        assert readings.setdefault(tuple(words), tags) == tags
    assert max(map(len, readings)) == made("tagging", SERIES).time_steps
    begins = {words[:4]: tags[1:3] for words, tags in readings.items()}
    assert begins["the", "old", "man", "sleeps"] == ["adjective", "noun"]
    assert begins["the", "old", "man", "her"] == begins["the", "old", "man", "the"] == ["noun", "verb"]


def test_who_reads_forwards_cannot_know_and_who_reads_both_ways_can():
    """The best guess from a word and all before it; words of one kind may stand for each other."""
    rng, by_past, by_word = np.random.default_rng(1), defaultdict(Counter), defaultdict(Counter)
    kinds = {word: kind for kind in (BOTH, DOUBLE, ACTS, ("they", "we")) for word in kind}
    for _ in range(20_000):
        past: tuple = ()
        for word, tag in sentence(rng):
            past = (*past, kinds.get(word, word))
            by_past[past][tag] += 1
            by_word[word][tag] += 1
    best = {name: share_of_best(counts) for name, counts in (("past", by_past), ("word", by_word))}
    assert best["past"] == pytest.approx(0.841, abs=0.01) and best["word"] == pytest.approx(0.77, abs=0.02)


def share_of_best(counts) -> float:
    return sum(max(each.values()) for each in counts.values()) / sum(sum(each.values()) for each in counts.values())


def test_no_sentence_is_in_two_parts():
    task = made("tagging", SERIES, batch_size=512)
    train, held, test = (
        {task.decode_input(row[:length]) for row, length in zip(batch.inputs, batch.lengths, strict=True)}
        for batch in (task.batch(0), task.heldout(2000), task.test(2000))
    )
    assert len(train) > 400 and min(len(held), len(test)) > 1000
    assert not train & held and not train & test and not held & test


def test_every_name_is_of_one_language_and_of_one_split():
    task, names = made("names", SERIES, batch_size=512), {}
    for split, batches in (("train", [task.batch(k) for k in range(100)]), ("heldout", [task.heldout(5000)])):
        for batch in batches:
            for row, length, language in zip(batch.inputs, batch.lengths, batch.targets, strict=True):
                found = names.setdefault(task.decode_input(row[:length]), (split, int(language)))
                assert found == (split, language)
    share = np.mean([split == "heldout" for split, _ in names.values()])
    assert share == pytest.approx(0.2, abs=0.01) and len(names) > 6000
    assert len(np.unique(task.heldout(150).targets)) == len(LANGUAGES) >= 12  # any first few are a mixture
    with_test = made("names", SERIES, test_fraction=0.5)
    assert len(with_test.test(5000).inputs) == pytest.approx(len(names) / 2, rel=0.05)


def test_names_are_fakers_own():
    assert version("Faker") == "40.54.0"  # another version has other names
    task = made("names", SERIES)
    batch = task.heldout(5000)
    rows = zip(batch.inputs, batch.lengths, batch.targets, strict=True)
    ours = {(task.decode_input(row[:length]), task.labels[language]) for row, length, language in rows}
    for language, (locale, _) in LANGUAGES.items():
        fake = Faker(locale)
        fake.seed_instance(0)
        theirs = {romanised(fake.last_name()) for _ in range(800)}
        mine = {name for name, of in ours if of == language}
        assert len(mine & theirs) > 20, language


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Łukaszewski", "lukaszewski"),
        ("Παπαδόπουλος", "papadopoulos"),
        ("Щербаков", "shcherbakov"),
        ("Müller  Weiß", "muller weiss"),
        ("Søren", "soren"),
        ("Чайковский", "chaikovskii"),
        ("Đurić", "duric"),
        ("O'Brien-Núñez", "o'brien-nunez"),
    ],
)
def test_names_are_romanised(name, letters):
    assert romanised(name) == letters
    task = made("names", SERIES)
    assert task.decode_input(task.encode(name)) == letters


def test_a_name_that_cannot_be_read_is_answered_in_a_sentence():
    task = made("names", SERIES)
    with pytest.raises(ValueError, match="The name has 0 letters; expected 1 to 16"):
        task.encode("  ")
    with pytest.raises(ValueError, match="“王” is not in the vocabulary"):
        task.encode("王")


def boxes_of(task, size=20_000):
    return task.sample(np.random.default_rng(0), size, "train")


def test_boxes_have_the_counted_frequencies_at_each_place():
    batch = boxes_of(made("dna", SERIES, length=len(TATA)))
    for reverse in (False, True):
        boxes = batch.inputs[batch.targets == (not reverse)]
        boxes = boxes[:, ::-1] if reverse else boxes
        found = np.stack([(boxes == base).mean(axis=0) for base in range(4)], axis=1)
        np.testing.assert_allclose(found, TATA / 389, atol=0.015)
    assert (TATA.sum(axis=1) == 389).all() and "".join(BASES[k] for k in TATA.argmax(1)) == "TATAAAAG"


def test_only_the_order_tells_the_classes_apart():
    batch = boxes_of(made("dna", SERIES))
    counts = np.stack([(batch.inputs == base).sum(axis=1) for base in range(4)], axis=1)
    difference = counts[batch.targets == 1].mean(axis=0) - counts[batch.targets == 0].mean(axis=0)
    assert np.abs(difference).max() < 0.15  # of ten each
    assert batch.targets.mean() == pytest.approx(0.5, abs=0.01)


def test_who_knows_the_frequencies_finds_nine_boxes_in_ten():
    batch = boxes_of(made("dna", SERIES), 4000)
    forwards, backwards = (likelihoods(batch.inputs, reverse).sum(axis=1) for reverse in (False, True))
    assert ((forwards > backwards) == batch.targets).mean() == pytest.approx(0.9, abs=0.02)
    row = batch.inputs[0, 3:11]
    assert likelihoods(batch.inputs)[0, 3] == pytest.approx(np.prod([4 * TATA[k, b] / 389 for k, b in enumerate(row)]))


def test_dna_too_short_for_a_box():
    with pytest.raises(ConfigError, match="length is 7; a TATA box needs at least 8 time steps"):
        made("dna", SERIES, length=7)
