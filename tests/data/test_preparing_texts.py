"""Texts as tokens: what a unit is, what is learned of the training part, and which label goes with which text."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from pipeline_cases import column, prepared, table

from rnnviz.data.characters import UNKNOWN
from rnnviz.data.dataset import Dataset
from rnnviz.data.tokens import MOST, Vocabulary, stand_apart, units

RHYME = "Twinkle, twinkle, little star,\nHow I wonder what you are!\n"


def test_words_are_in_lower_case_and_marks_stand_alone():
    assert units(RHYME, "words")[:7] == ["twinkle", ",", "twinkle", ",", "little", "star", ","]
    assert units("Don't stop—now", "words") == ["don't", "stop", "—", "now"]


@pytest.mark.parametrize(
    ("text", "apart", "found"),
    [
        ("C4 D4,E4; G#4\nA4", True, ["C4", "D4", "E4", "G#4", "A4"]),
        ("ACGT\nTTA\n", False, list("ACGTTTA")),
        ("A C G", True, ["A", "C", "G"]),
    ],
)
def test_symbols_are_what_stands_apart_or_else_single_letters(text, apart, found):
    assert stand_apart(text) == apart and units(text, "symbols", apart) == found


def test_a_vocabulary_holds_the_most_frequent_units_of_the_training_part():
    words = [f"w{k}" for k in range(1500) for _ in range(1 + (k < 900))]
    fitted = Vocabulary.fit([words[:900], words[900:]], "words")
    often = {word for word, count in Counter(words).items() if count == 2}
    assert len(fitted.symbols) == MOST["words"] and often < set(fitted.symbols)
    assert fitted.encode(["w0", "never"]).tolist() == [fitted.symbols.index("w0"), len(fitted.symbols)]
    assert fitted.labels[-1] == UNKNOWN and fitted.decode([0, len(fitted.symbols)]).endswith(UNKNOWN)


@pytest.mark.parametrize("unit", ["characters", "words", "symbols"])
def test_a_text_is_cut_in_time_and_its_tokens_spell_it(unit):
    text = RHYME * 10
    pipeline, made = prepared(Dataset.of_text("t", text), unit=unit, test_fraction=0.1)
    whole = list(units(text, unit, True))
    sizes = {name: len(part.inputs) for name, part in made.parts.items()}
    assert sizes == {"train": int(len(whole) * 0.8), "heldout": sizes["heldout"], "test": int(len(whole) * 0.1)}
    tokens = np.concatenate([part.inputs for part in made.parts.values()])
    assert [pipeline.learned.vocabulary.symbols[token] for token in tokens] == whole
    np.testing.assert_array_equal(made.parts["train"].targets, made.parts["train"].inputs)
    assert made.input_labels == made.labels and not made.whole


def test_words_of_the_held_out_part_alone_are_unknown():
    _, made = prepared(Dataset.of_text("t", "a b c d " * 20 + "new words at end " * 4), unit="words")
    assert made.input_labels == ("a", "b", "c", "d", UNKNOWN)
    assert (made.parts["heldout"].inputs == 4).sum() == 16 and (made.parts["train"].inputs < 4).all()


def labelled(count=30):
    """Texts that say their number, with a label that can be read off it."""
    texts = [f"{k} " * (1 + k % 3) for k in range(count)]
    codes = np.array([k % 3 - 1 for k in range(count)])  # every third has none
    return table(column("text", np.arange(count), "text", texts), column("kind", codes, "category", ("b", "a")))


def test_every_text_keeps_its_label_and_is_in_one_part():
    pipeline, made = prepared(labelled(), "uploaded_class", unit="words", train_fraction=0.6, test_fraction=0.2)
    seen = []
    for part in made.parts.values():
        for p, (first, last) in enumerate(zip(part.bounds[:-1], part.bounds[1:], strict=True)):
            text = pipeline.learned.vocabulary.decode(part.inputs[first:last])
            if UNKNOWN not in text:
                number = int(text.split()[0])
                seen.append(number)
                wanted = ("", "b", "a")[number % 3]
                assert (made.labels[part.targets[p]] if part.targets[p] >= 0 else "") == wanted
                assert last - first == 1 + number % 3
    assert made.labels == ("a", "b") and len(seen) == len(set(seen)) == 18  # of what trains every word is known
    assert [len(part.bounds) - 1 for part in made.parts.values()] == [18, 6, 6]


def test_five_texts_are_not_cut_and_four_are():
    texts = ["abcdefghij" * 3] * 5
    for count, whole in ((5, True), (4, False)):
        data = table(column("text", np.arange(count), "text", texts[:count]))
        _, made = prepared(data)
        sizes = np.diff(made.parts["heldout"].bounds)
        assert made.whole == whole and sizes.tolist() == ([30] if whole else [6] * 4)


def test_cells_are_tokens_where_each_row_has_a_label():
    words = ["the", "can", "can", "rust"] * 6
    tags = ["det", "noun", "verb", "verb"] * 6
    levels, kinds = ("can", "rust", "the"), ("det", "noun", "verb")
    data = table(
        column("word", [levels.index(word) for word in words], "text", levels),
        column("tag", [kinds.index(tag) for tag in tags], "category", kinds),
        column("sentence", np.repeat(np.arange(6), 4)),
    )
    _, made = prepared(data, "uploaded_steps", columns=(0,), sequence_column=2)
    part = made.parts["train"]
    assert made.whole and np.diff(part.bounds).tolist() == [4] * 4
    assert [made.input_labels[token] for token in part.inputs[:4]] == words[:4]
    assert [made.labels[place] for place in part.targets[:4]] == tags[:4]


def test_the_longest_texts_go_in_and_numbers_of_a_review_do_not():
    data = table(
        column("id", np.arange(60), "text", [f"id{k}" for k in range(60)]),
        column("stars", np.arange(60) % 5),
        column("say", np.arange(60), "text", [f"a much longer remark {k}" for k in range(60)]),
        column("kind", np.arange(60) % 2, "category", ("ill", "well")),
    )
    pipeline, made = prepared(data, "uploaded_class")
    assert pipeline.roles.inputs == ("say",) and pipeline.roles.label == "kind" and made.vocabulary is not None
