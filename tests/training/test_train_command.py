"""`python -m rnnviz train`: options from the configuration, the table, the outcome, the files."""

from __future__ import annotations

import argparse
import json
from dataclasses import fields

import pytest

from rnnviz.__main__ import main
from rnnviz.config import ExperimentConfig
from rnnviz.run import Run
from rnnviz.tasks import TASKS
from rnnviz.train_command import add_arguments, configured

SMALL = [
    "train",
    "--length",
    "6",
    "--hidden-size",
    "4",
    "--batch-size",
    "4",
    "--test-size",
    "20",
    "--device",
    "cpu",
]


def parsed(*options):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(options)


def test_every_field_is_an_option():
    options = {"--" + f.name.replace("_", "-") for f in fields(ExperimentConfig)} - {"--data"}
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert options <= set(parser._option_string_actions)


@pytest.mark.parametrize("task", TASKS)
def test_the_tasks_defaults_hold_unless_given(task):
    config = configured(parsed("--task", task))
    for name, value in TASKS[task].defaults.items():
        assert getattr(config, name) == value
    given = configured(parsed(*f"--task {task} --length 30 --bidirectional --forget-bias -2 --columns 0,2".split()))
    assert (given.length, given.bidirectional, given.forget_bias, given.columns) == (30, True, -2.0, (0, 2))


def test_trains_prints_and_writes(tmp_path, capsys):
    out, saved = tmp_path / "out.json", tmp_path / "run.safetensors"
    assert main([*SMALL, "--steps", "7", "--every", "3", "--json", str(out), "--save", str(saved)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:6]] == ["0", "3", "6", "7"]
    assert "7 steps in" in lines[-1]
    result = json.loads(out.read_text())
    assert result["outcome"] == "done" and result["config"]["length"] == 6
    assert [row["step"] for row in result["rows"]] == [0, 3, 6, 7]
    assert Run.load(saved).step == 7
    assert main(["train", "--load", str(saved), "--steps", "2", "--test-size", "20", "--device", "cpu"]) == 0
    assert "2 steps in" in capsys.readouterr().out


def test_outcomes(tmp_path, capsys):
    out = tmp_path / "out.json"
    assert main([*SMALL, "--steps", "50", "--until", "1e9", "--json", str(out)]) == 0
    assert json.loads(out.read_text())["outcome"] == "reached" and json.loads(out.read_text())["step"] == 0
    assert main([*SMALL, "--steps", "2", "--until", "0", "--json", str(out)]) == 0
    assert json.loads(out.read_text())["outcome"] == "not reached"
    assert main([*SMALL, "--steps", "200", "--learning-rate", "1e6", "--clip", "off", "--json", str(out)]) == 0
    assert json.loads(out.read_text())["outcome"] == "diverged"
    assert "diverged at step" in capsys.readouterr().out


def test_until_means_at_least_for_accuracy(tmp_path):
    out = tmp_path / "out.json"
    options = ["--task", "temporal_order", "--length", "12", "--until", "0.99", "--steps", "2", "--json", str(out)]
    assert main([*SMALL[:1], *options, *SMALL[3:]]) == 0
    assert json.loads(out.read_text())["outcome"] == "not reached"


def test_an_uploaded_text_is_judged_by_accuracy(tmp_path, capsys):
    text, out, saved = tmp_path / "prose.txt", tmp_path / "out.json", tmp_path / "run.safetensors"
    text.write_text("the quick brown fox jumps over the lazy dog\n" * 20)
    options = [*SMALL, "--file", str(text), "--until", "0.9", "--steps", "2", "--json", str(out)]
    for more in (["--save", str(saved)], ["--task", "uploaded"]):  # a file alone says which task
        assert main([*options, *more]) == 0, capsys.readouterr().err
        result = json.loads(out.read_text())
        assert result["config"]["task"] == "uploaded" and result["outcome"] == "not reached"
        assert "held-out accuracy" in result["words"] and " accuracy " in capsys.readouterr().out
    # after loading too
    assert main(["train", "--load", str(saved), "--until", "1e-9", "--device", "cpu", "--json", str(out)]) == 0
    result = json.loads(out.read_text())
    assert result["outcome"] == "reached" and result["rows"][-1]["metric"] >= 1e-9


def test_a_file_and_a_task_that_takes_none(tmp_path, capsys):
    table = tmp_path / "waves.csv"
    table.write_text("a,b\n" + "".join(f"{k % 7},{k % 5}\n" for k in range(200)))
    assert main([*SMALL, "--task", "adding", "--file", str(table)]) == 2
    assert "--task adding brings its own data; leave out --file" in capsys.readouterr().err
    assert main([*SMALL, "--task", "uploaded"]) == 2
    assert "upload the file" in capsys.readouterr().err


@pytest.mark.parametrize("options, words", [
    (["--cell", "lstn"], "There is no cell called 'lstn'"),
    (["--task", "x"], "There is no task called 'x'"),
    (["--optimiser", "x"], "There is no optimiser called 'x'"),
    (["--init", "x"], "There is no initialisation called 'x'"),
    (["--hidden-size", "0"], "hidden_size is 0"),
    (["--steps", "0"], "--steps is 0"),
])  # fmt: skip
def test_mistakes_get_a_sentence(options, words, capsys):
    assert main([*SMALL, *options]) == 2
    assert words in capsys.readouterr().err


def test_uploads_and_saved_runs(tmp_path, capsys):
    table, saved = tmp_path / "waves.csv", tmp_path / "run.safetensors"
    table.write_text("a,b\n" + "".join(f"{k % 7},{k % 5}\n" for k in range(200)))
    options = [*SMALL, "--task", "uploaded", "--file", str(table), "--steps", "2", "--save", str(saved)]
    assert main(options) == 0, capsys.readouterr().err
    run = Run.load(saved)
    assert run.data.columns == ("a", "b") and run.config.columns == ()  # all of them
    assert run.config.data == run.data.fingerprint
    assert main(["train", "--load", str(tmp_path / "other")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main(["train", "--load", str(saved), "--cell", "gru"]) == 2
    assert "leave out cell" in capsys.readouterr().err


def test_until_means_at_least_for_exact_match_too(tmp_path, capsys):
    out = tmp_path / "out.json"
    options = ["--task", "translation", "--attention", "dot", "--language", "german", "--hidden-size", "4"]
    for until, outcome in (("0", "reached"), ("0.95", "not reached")):
        assert main(["train", *options, "--steps", "1", "--until", until, "--device", "cpu", "--json", str(out)]) == 0
        result = json.loads(out.read_text())
        assert result["outcome"] == outcome and result["config"]["language"] == "german"
        assert "exact_match" in capsys.readouterr().out


def test_begins_with_the_weights_of_a_saved_run_and_stops_early(tmp_path, capsys):
    first, second, out = tmp_path / "first.safetensors", tmp_path / "second.safetensors", tmp_path / "out.json"
    assert main([*SMALL, "--steps", "3", "--cell", "gru", "--save", str(first)]) == 0
    options = ["--start", str(first), "--freeze", "recurrent", "--seed", "5", "--steps", "2", "--save", str(second)]
    assert main(["train", "--length", "9", "--device", "cpu", *options]) == 0, capsys.readouterr().err
    before, run = Run.load(first), Run.load(second)
    assert (run.config.cell, run.config.hidden_size, run.config.length) == ("gru", 4, 9)
    assert run.config.start == run.start.fingerprint
    assert run.weights["rnn.weight_hh_l0"].tobytes() == before.weights["rnn.weight_hh_l0"].tobytes()
    assert main(["train", "--load", str(first), "--start", str(first)]) == 2
    assert "leave out start" in capsys.readouterr().err
    patient = ["--learning-rate", "0.5", "--patience", "1", "--steps", "500", "--every", "100", "--json", str(out)]
    assert main([*SMALL, *patient]) == 0
    result = json.loads(out.read_text())
    assert result["outcome"] == "stopped early" and result["step"] < 500
    assert f"Early stopping at step {result['step']}: in 1 check" in capsys.readouterr().out
