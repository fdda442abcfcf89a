"""What every example promises, for all that are listed; how they are judged; the command that trains them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest

from rnnviz import __main__ as command_line
from rnnviz.app.frame import PAGES
from rnnviz.app.settings import from_query, to_query
from rnnviz.figures.examples import HEIGHT
from rnnviz.gallery import EXAMPLES, Example
from rnnviz.gallery.measures import HELDOUT_SIZE, MEASURES
from rnnviz.gallery.pictures import PICTURES
from rnnviz.gallery.trial import tried
from rnnviz.registry import Registry
from rnnviz.tasks import TASKS, make_task
from rnnviz.tasks.base import HIGHER
from rnnviz.training import advance, evaluate, start

USES = {  # the classic uses, and the tasks that stand for them
    "language modelling": "text",
    "translation": "translation",
    "sentiment": "sentiment",
    "tagging": "tagging",
    "names to language": "names",
    "stock prices": "stocks",
    "sensor series": "sensors",
    "spoken digits": "spoken_digits",
    "handwriting by row": "digits_rows",
    "handwriting by pixel": "digits_pixels",
    "gestures": "gestures",
    "DNA motif finding": "dna",
    "video": "video",
    "music": "music",
    "image caption": "caption",
}
every_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)


def test_every_classic_use_has_an_example():
    assert set(USES.values()) == {example.task for example in EXAMPLES.values()}


@every_example
def test_an_example_is_listed_under_its_name_and_names_what_there_is(example):
    assert EXAMPLES[example.name] is example
    assert example.task in TASKS and example.measure in MEASURES and example.picture in PICTURES
    assert example.page in {file for file, *_ in PAGES}
    assert example.lesson.endswith(".") and example.look.endswith(".") and example.title
    assert 0 < example.seconds < 60 and example.steps > 0
    assert bool(example.without) == bool(example.without_words)


@every_example
def test_an_example_survives_being_a_link(example):
    config = example.config(seed=3)
    again, notices = from_query(to_query(config))
    assert again == config and not notices
    assert config.with_(**example.without) != config or not example.without


@every_example
def test_what_is_asked_for_is_better_than_a_guess(example):
    measure = MEASURES[example.measure]
    guess, words = measure.guess(make_task(example.config()))
    assert words
    if example.task == "stocks":  # whose lesson is that a guess is hardly beaten
        assert example.reach == pytest.approx(guess, rel=0.03)
    else:
        assert not measure.reached(guess, example.reach)


@every_example
def test_a_picture_is_of_the_data_and_fits_its_card(example):
    task = make_task(example.config())
    figure = PICTURES[example.picture](task)
    spec = json.loads(figure.to_json())
    assert figure.height == spec["layout"]["height"] == HEIGHT and spec["layout"]["title"]["text"]
    assert spec["data"] or spec["layout"]["annotations"]
    other = make_task(replace(example, changes={**example.changes, "seed": 5}).config(5))
    recorded = json.loads(PICTURES[example.picture](other).to_json()) == spec
    # generated data are others from another seed; recorded data show their own first ones
    assert recorded == np.array_equal(task.probe().inputs, other.probe().inputs)


def texts(example):
    figure = PICTURES[example.picture](make_task(example.config()))
    return [words["text"] for words in json.loads(figure.to_json())["layout"]["annotations"]]


def test_the_sentences_of_tagging_begin_alike_and_are_tagged_otherwise():
    words = texts(EXAMPLES["tagging"])
    pairs = list(zip(words[::2], words[1::2], strict=True))
    stops = [k for k, (word, _) in enumerate(pairs) if word == "."]
    first, second = pairs[: stops[0] + 1], pairs[stops[0] + 1 :]
    assert [word for word, _ in first[:3]] == [word for word, _ in second[:3]]
    assert all(
        one[1] != other[1] and one[1].startswith("<b>") for one, other in zip(first[1:3], second[1:3], strict=True)
    )


def test_boxes_are_framed_where_they_are():
    example = EXAMPLES["dna"]
    spec = json.loads(PICTURES["bases"](make_task(example.config())).to_json())
    answers = [words["text"] for words in spec["layout"]["annotations"]]
    assert answers == ["TATA box", "TATA box", "reversed", "reversed"] and len(spec["layout"]["shapes"]) == 4
    for row, (answer, frame) in enumerate(zip(answers, spec["layout"]["shapes"], strict=True)):
        box = "".join(spec["data"][0]["text"][row][int(frame["x0"] + 0.5) : int(frame["x1"] + 0.5)])
        box = box if answer == "TATA box" else box[::-1]
        assert len(box) == 8 and sum(a == b for a, b in zip(box, "TATAAAAG", strict=True)) >= 5


def test_a_guess_is_what_counting_comes_to():
    task = make_task(EXAMPLES["tagging"].config())
    batch, seen = task.heldout(HELDOUT_SIZE), defaultdict(Counter)
    for row, tags, length in zip(batch.inputs, batch.targets, batch.lengths, strict=True):
        for word, tag in zip(row[:length], tags[:length], strict=True):
            seen[word][tag] += 1
    best = sum(max(each.values()) for each in seen.values()) / batch.lengths.sum()
    assert MEASURES["accuracy"].guess(task)[0] == pytest.approx(best)
    digits = make_task(EXAMPLES["digits_rows"].config())
    assert MEASURES["accuracy"].guess(digits)[0] == max(Counter(digits.heldout(1000).targets.tolist()).values()) / 397
    caption = make_task(EXAMPLES["caption"].config())
    assert MEASURES["exact_match"].guess(caption)[0] == MEASURES["accuracy"].guess(digits)[0]
    stocks = make_task(EXAMPLES["stocks"].config())
    assert MEASURES["rmse"].guess(stocks)[0] ** 2 == pytest.approx(stocks.baseline)


def test_measures_are_what_they_say():
    assert MEASURES["bits"].of(np.log(8), 0.3) == pytest.approx(3) and MEASURES["bits"].reached(3, 3.1)
    assert MEASURES["rmse"].of(0.1, 0.25) == 0.5 and not MEASURES["rmse"].reached(0.5, 0.4)
    assert MEASURES["accuracy"].of(0.1, 0.9) == 0.9 and MEASURES["accuracy"].write(0.987) == "98.7 %"
    assert {name for name, measure in MEASURES.items() if measure.more} == set(HIGHER)
    assert MEASURES["exact_match"].reached(0.9, 0.9) and not MEASURES["exact_match"].reached(0.89, 0.9)


QUICK = Example("quick", "Quick", "tagging", "It is.", 3, "accuracy", 0.0, 1, "tags", "train.py", "Look.",
                changes={"batch_size": 2, "hidden_size": 4}, without={"bidirectional": False},
                without_words="forwards only")  # fmt: skip


def test_a_trial_is_a_run_of_that_many_steps():
    trial = tried(QUICK, seed=2)
    run = advance(start(QUICK.config(2), device="cpu"), 3, device="cpu")
    assert trial.value == evaluate(run, 1000, "cpu")[1] and trial.reached and trial.seed == 2
    assert trial.stepping > 0 and trial.seconds > 0
    backwards = QUICK.config(2).with_(bidirectional=False)
    run = advance(start(backwards, device="cpu"), 3, device="cpu")
    assert tried(QUICK, 2, without=True).value == evaluate(run, 1000, "cpu")[1]


def test_the_command_trains_what_is_listed(monkeypatch, capsys, tmp_path):
    hard = replace(QUICK, name="hard", reach=1.0, without={}, without_words="")
    monkeypatch.setattr("rnnviz.gallery.command.EXAMPLES", Registry("example", {"quick": QUICK, "hard": hard}))
    file = tmp_path / "table.json"
    assert command_line.main(["gallery", "quick", "--seeds", "2", "--json", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[1].startswith("quick") and "forwards only" in lines[2]
    table = json.loads(file.read_text())
    assert [row["without"] for row in table] == ["", "forwards only"]
    assert [trial["seed"] for trial in table[0]["trials"]] == [0, 1] and table[0]["guess"] > 0.5
    assert command_line.main(["gallery", "--seeds", "1"]) == 1  # all of them, and one is not good enough
    assert command_line.main(["gallery", "nothing"]) == 2
    assert "Valid names: quick, hard" in capsys.readouterr().err
    assert command_line.main(["gallery", "--seeds", "0"]) == 2
