"""Edit distance, word error rate and exact match by hand-made cases and by the definition."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from rnnviz.analysis.word_errors import edits, exact_match, word_error_rate, words


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("", "", 0),
        ("", "abc", 3),  # three inserted
        ("abc", "", 3),  # three deleted
        ("abc", "abc", 0),
        ("kitten", "sitting", 3),  # Levenshtein's own: k -> s, e -> i, and g
        ("sunday", "saturday", 3),
        ("ab", "ba", 2),
        (["vingt", "et", "un"], ["vingt", "un"], 1),
        ([1, 2, 3], [2, 3, 4], 2),
    ],
)
def test_edits_by_hand(reference, hypothesis, expected):
    assert edits(reference, hypothesis) == expected == edits(hypothesis, reference)


def test_edits_by_the_definition():
    """All ways to undo the last symbol, tried one by one."""

    @cache
    def least(r, h):
        if not r or not h:
            return len(r) + len(h)
        return min(least(r[:-1], h) + 1, least(r, h[:-1]) + 1, least(r[:-1], h[:-1]) + (r[-1] != h[-1]))

    rng = np.random.default_rng(0)
    for _ in range(60):
        one, other = ("".join(rng.choice(list("abc"), rng.integers(0, 7))) for _ in range(2))
        assert edits(one, other) == least(one, other)


def test_word_error_rate_is_of_all_words_together():
    references = ["quarante-deux", "sept cent un", "un"]
    hypotheses = ["quarante-trois", "sept cents un et un", "un"]
    assert words(references[0]) == ["quarante", "deux"]
    # one substituted of 2; one substituted and two inserted of 3; none of 1
    assert word_error_rate(references, hypotheses) == pytest.approx((1 + 3 + 0) / (2 + 3 + 1))
    assert word_error_rate(["un"], ["deux trois quatre"]) == 3
    assert word_error_rate(["zweiundvierzig"], [""]) == 1
    with pytest.raises(ValueError, match="no words"):
        word_error_rate([""], ["un"])
    with pytest.raises(ValueError, match="shorter"):
        word_error_rate(["un", "deux"], ["un"])


def test_exact_match():
    assert exact_match(["a b", "c", "d-e"], ["a b", "C", "d e"]) == pytest.approx(1 / 3)
    assert np.isnan(exact_match([], []))
