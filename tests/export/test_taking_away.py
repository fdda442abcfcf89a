"""What is taken away equals what the app has: in plain torch, in xarray, in a CSV file, in a report, made again."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load
from torch import nn

from rnnviz import training
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.data.reading import read
from rnnviz.export import tables
from rnnviz.export.remake import remake
from rnnviz.export.report import recording, report
from rnnviz.export.script import digest, script
from rnnviz.export.weights import model_file, module_words, stack_file, stacks, weights_of
from rnnviz.tasks import make_task
from rnnviz.trace import Trace

ROOT = Path(__file__).resolve().parents[2]
SMALL = ExperimentConfig(task="adding", length=7, hidden_size=5, batch_size=4)
FUSED = [name for name, cell in CELLS.items() if cell.fused]


def trained(config: ExperimentConfig, steps: int = 3):
    return training.advance(training.start(config), steps)


def module_in(content: bytes, tmp_path: Path) -> nn.Module:
    """The module that a file's own metadata names, with the file's weights."""
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with safe_open(path, "pt") as file:
        words = file.metadata()["module"]
    module = eval(words, {"torch": torch})  # noqa: S307
    module.load_state_dict(load(content), strict=True)
    return module


@pytest.mark.parametrize("cell", FUSED)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_exported_weights_give_the_apps_numbers_in_plain_torch(cell, precision, tmp_path):
    config = SMALL.with_(cell=cell, num_layers=2, bidirectional=True, precision=precision)
    run = trained(config)
    trace = training.observe(run)
    module = module_in(stack_file(config, run.weights), tmp_path)
    output, _ = module(torch.tensor(trace.inputs))
    states = np.concatenate([trace.states["h"][-2], trace.states["h"][-1]], axis=-1)
    assert np.abs(output.detach().numpy() - states).max() <= 1e-6
    assert np.abs(states).max() > 0.01


def test_the_whole_model_loads_into_modules_of_the_same_names():
    run = trained(SMALL)
    trace = training.observe(run)
    net = nn.Module()
    net.rnn, net.readout = nn.LSTM(2, 5, batch_first=True), nn.Linear(5, 1)
    net.load_state_dict(load(model_file(SMALL, run.weights)), strict=True)
    _, (h, _) = net.rnn(torch.tensor(trace.inputs))
    assert np.abs(net.readout(h[-1]).detach().numpy() - trace.outputs).max() <= 1e-6


def test_an_encoder_and_its_decoder_are_files_of_their_own(tmp_path):
    config = ExperimentConfig(task="translation", hidden_size=6, batch_size=4, cell="gru")
    run = training.start(config)
    assert stacks(run.weights) == ("rnn", "encoder")
    trace = training.observe(run)
    module = module_in(stack_file(config, run.weights, "encoder"), tmp_path)
    output, _ = module(torch.tensor(trace.encoder.inputs))
    inside = trace.encoder.mask
    assert np.abs(output.detach().numpy() - trace.encoder.states["h"][0])[inside].max() <= 1e-6


@pytest.mark.parametrize("task", ["adding", "translation", "caption", "text"])
def test_a_trace_knows_all_weights_of_its_model(task):
    run = trained(SMALL.with_(task=task, length=20, embedding_size=3, attention="additive"), 1)
    found = weights_of(training.observe(run))
    assert found.keys() == run.weights.keys()
    assert all(np.array_equal(found[name], run.weights[name]) for name in found)


def script_of(run, data: str = "") -> str:
    return script(run.original, run.changes, run.step, run.weights, data)


def test_a_cell_that_torch_does_not_have_is_said():
    own = next(name for name, cell in CELLS.items() if not cell.fused)
    run = trained(SMALL.with_(cell=own))
    with pytest.raises(ValueError, match="torch has no module"):
        module_words(run.config, run.weights)
    assert set(load(model_file(run.config, run.weights))) == set(run.weights)


@pytest.mark.parametrize("settings", [{}, {"num_layers": 2, "bidirectional": True}, {"task": "translation"}])
def test_netcdf_holds_the_trace(settings, tmp_path):
    import xarray

    trace = training.observe(trained(SMALL.with_(**settings)))
    path = tmp_path / "trace.nc"
    path.write_bytes(tables.netcdf(trace))
    with xarray.open_dataset(path) as found:
        for name, array in {**trace.states, **{f"gate_{k}": v for k, v in trace.gates.items()}}.items():
            assert found[name].dims == ("layer", "sequence", "time", "unit")
            assert np.array_equal(found[name], array) and found[name].dtype == array.dtype
        for name, array in trace.state_grads.items():
            assert np.array_equal(found[f"grad_{name}"], array)
        assert np.array_equal(found["mask"], trace.mask) and found["mask"].dtype == bool
        assert np.array_equal(found["weight_hh_l0"], trace.weights["weight_hh_l0"])
        assert np.array_equal(found["output"], trace.outputs) and np.array_equal(found["target"], trace.targets)
        assert list(found["layer"].values) == list(trace.layer_names)
        assert (found.attrs["cell"], found.attrs["step"]) == (trace.cell, trace.step)
        assert found.attrs["loss"] == trace.loss
        if trace.encoder is not None:
            assert np.array_equal(found["encoder_h"], trace.encoder.states["h"])


@pytest.mark.parametrize(
    ("task", "axes"),
    [
        ("names", ("sequence", "output_0")),  # 16 scores, once, after 16 time steps
        ("caption", ("sequence", "time", "output_0")),
        ("adding", ("sequence", "output_0")),
        ("sine", ("sequence", "time", "output_0")),
    ],
)
def test_netcdf_calls_time_what_is_time(task, axes):
    import xarray

    trace = training.observe(trained(SMALL.with_(task=task, length=16), 1))
    with xarray.open_dataset(io.BytesIO(tables.netcdf(trace))) as found:
        assert found["output"].dims == axes and found["target"].dims[: len(axes) - 1] == axes[:-1]


def test_the_table_has_every_number_once():
    trace = training.observe(trained(ExperimentConfig(task="translation", hidden_size=3, batch_size=4)))
    rows = list(csv.DictReader(io.StringIO(tables.table(trace))))
    assert len(rows) == trace.mask.sum() * 3 == tables.rows_of(trace, range(trace.size[1]))
    seen = set()
    for row in rows:
        place = (trace.layer_names.index(row["layer"]), *(int(row[name]) for name in ("sequence", "time step", "unit")))
        seen.add(place)
        for name in ("h", "c"):
            assert np.float32(row[name]) == trace.states[name][place]
            assert np.float32(row[f"dL/d{name}"]) == trace.state_grads[name][place]
        assert np.float32(row["f"]) == trace.gates["f"][place] and trace.mask[place[1:3]]
    assert len(seen) == len(rows)
    assert len(list(csv.reader(io.StringIO(tables.table(trace, [2]))))) == 1 + tables.rows_of(trace, [2])


def test_too_large_a_table_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 10)
    with pytest.raises(ValueError, match="at most 10 are: choose one sequence"):
        tables.table(training.observe(trained(SMALL)))


def made(title="", link=""):
    run = trained(SMALL.with_(num_layers=2), 60).changed(learning_rate=1e-3)
    trace = training.observe(run)
    task = make_task(run.config)
    text = report(task, run.config, run.step, run.history, trace, title=title, link=link, changes=run.changes)
    return run, trace, text


def test_a_reports_data_equal_the_trace():
    run, trace, text = made("Mine")
    found = Trace.from_bytes(recording(text))
    for name in ("states", "gates", "state_grads", "weights", "model_weights"):
        for key, array in getattr(trace, name).items():
            assert np.array_equal(getattr(found, name)[key], array), (name, key)
    assert np.array_equal(found.outputs, trace.outputs) and found.step == run.step
    figures = json.loads(text.split('id="figures">')[1].split("</script>")[0])
    assert {"loss", "grad-norm", "predictions", "grad-norms", "state-l0", "state-l1", "gates-l1"} <= set(figures)
    for key in figures:
        assert text.count(f'id="{key}"') == 1
    for words in ("Mine", "learning rate", "0.005 → 0.001", f"{run.history.loss[-1]:.6g}", "Baseline"):
        assert words in text


def test_what_visitors_write_stands_in_a_report_as_text():
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    _, _, text = made(evil, "javascript:alert(1)")
    assert evil not in text and "javascript:alert" not in text and "&lt;/script&gt;" in text
    _, _, text = made(link='https://x.org/?a="><b>')
    assert '"><b>' not in text


def test_text_that_is_no_report_is_said():
    with pytest.raises(ValueError, match="no report"):
        recording("<html></html>")


def changed_run():
    run = training.advance(training.start(SMALL.with_(num_layers=2, dropout=0.2)), 20)
    run = training.advance(run.changed(learning_rate=0.02, clip="off"), 17)
    return training.advance(run.changed(optimiser="sgd", learning_rate=0.1), 5)


def same(a, b) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def test_a_run_made_again_is_the_same_bit_for_bit():
    run = changed_run()
    again = remake(run.original, [(each.step, each.field, each.after) for each in run.changes], run.step)
    assert same(again.weights, run.weights) and np.array_equal(again.history.loss, run.history.loss)
    assert digest(again.weights) == digest(run.weights)


def run_script(text: str, folder: Path) -> str:
    (folder / "remake.py").write_text(text)
    command = [sys.executable, "remake.py"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_script_alone_makes_the_run_again(tmp_path):
    run = changed_run()
    said = run_script(script_of(run), tmp_path)
    assert "bit for bit" in said
    assert same(type(run).load(tmp_path / "remade.safetensors").weights, run.weights)
    wrong = replace(run, weights={name: array + 1 for name, array in run.weights.items()})
    assert "differ from the app's" in run_script(script_of(wrong), tmp_path)


@pytest.mark.slow
def test_the_script_of_a_run_on_uploaded_data(tmp_path):
    rows = "\n".join(f"{np.sin(k / 3):.4f},{k % 7}" for k in range(200))
    data = read([("a.csv", f"a,b\n{rows}\n".encode())])
    config = ExperimentConfig(task="uploaded", length=8, hidden_size=4, batch_size=4, data=data.fingerprint)
    run = training.advance(training.start(config, data), 5)
    run.save(tmp_path / "run.safetensors")
    assert "bit for bit" in run_script(script_of(run, "run.safetensors"), tmp_path)


def test_a_script_without_its_data_says_what_is_missing(tmp_path):
    with pytest.raises(AssertionError, match=r"run\.safetensors is not here") as told:
        run_script(script_of(changed_run(), "run.safetensors"), tmp_path)
    assert "Traceback" not in str(told.value)


def test_words_in_settings_cannot_become_code():
    evil = 'x\'); import os  # \n"""'
    text = script(SMALL.with_(data=evil), (), 1, data="run.safetensors")
    scope: dict = {"__name__": "read"}
    exec(compile(text, "remake.py", "exec"), scope)
    assert scope["SETTINGS"]["data"] == evil


def test_the_command_compares(tmp_path, capsys):
    from rnnviz.__main__ import main

    run = changed_run()
    run.save(tmp_path / "run.safetensors")
    assert main(["remake", str(tmp_path / "run.safetensors")]) == 0
    assert "bit for bit" in capsys.readouterr().out
    (tmp_path / "bad.safetensors").write_bytes(b"no")
    assert main(["remake", str(tmp_path / "bad.safetensors")]) == 2
    assert "not a saved run" in capsys.readouterr().err
