"""A state dict from a stock PyTorch model goes through upload to its gates, in a real browser."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz.app.settings import base, from_query
from rnnviz.glossary import axis_title
from rnnviz.tasks import make_task

TASK = make_task(base("sentiment"))  # sequences of several lengths, so that torch packs them
GATES, LAYERS = "ifgo", ("l0", "l0_reverse", "l1", "l1_reverse")


class Classifier(nn.Module):
    """As one writes it: words one-hot, packed, two layers in both directions, a linear layer on the last states."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(TASK.input_size, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.classify = nn.Linear(12, TASK.output_size)

    def packed(self, batch):
        words = functional.one_hot(torch.tensor(batch.inputs), TASK.input_size).float()
        return pack_padded_sequence(words, torch.tensor(batch.lengths), batch_first=True, enforce_sorted=False)

    def forward(self, batch):
        _, (h_n, _) = self.lstm(self.packed(batch))
        return self.classify(torch.cat([h_n[-2], h_n[-1]], dim=1))


def trained() -> Classifier:
    torch.manual_seed(0)
    model = Classifier()
    optimiser = torch.optim.Adam(model.parameters(), 0.02)
    for step in range(20):
        batch = TASK.batch(step)
        loss = functional.cross_entropy(model(batch), torch.tensor(batch.targets))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model


@torch.no_grad()
def gates_by_torch(model: Classifier, batch, sequence: int) -> list[dict[str, np.ndarray]]:
    """For each layer and direction, gate -> (T, H) of one sequence, step by step; its outputs are torch's own."""
    length, found = int(batch.lengths[sequence]), []
    below = functional.one_hot(torch.tensor(batch.inputs[sequence, :length]), TASK.input_size).float()
    for layer in range(2):
        outputs = []
        for ending in ("", "_reverse"):
            w_ih, w_hh, b_ih, b_hh = (
                getattr(model.lstm, f"{name}_l{layer}{ending}")
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            h, c, steps = torch.zeros(6), torch.zeros(6), {}
            for t in reversed(range(length)) if ending else range(length):
                i, f, g, o = (w_ih @ below[t] + b_ih + w_hh @ h + b_hh).chunk(4)
                i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
                c = f * c + i * g
                h = o * c.tanh()
                steps[t] = torch.stack([i, f, g, o]), h
            found.append({name: np.stack([steps[t][0][k] for t in range(length)]) for k, name in enumerate(GATES)})
            outputs.append(torch.stack([steps[t][1] for t in range(length)]))
        below = torch.cat(outputs, dim=1)
    own, _ = pad_packed_sequence(model.lstm(model.packed(batch))[0], batch_first=True)
    torch.testing.assert_close(below, own[sequence, :length], rtol=1e-5, atol=1e-6)
    return found


class Planted:
    """A pickle that would create a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def content(value: object) -> bytes:
    out = io.BytesIO()
    torch.save(value, out)
    return out.getvalue()


def give(tab, name: str, file: bytes) -> None:
    chooser = {"name": name, "mimeType": "application/octet-stream", "buffer": file}
    tab.page.set_input_files("[data-testid=stFileUploader] input", chooser)


def shown(tab, gate: str, layer: str, sequence: int) -> np.ndarray:
    """The map of the page Gates, (H, T), once it is the one that was asked for."""
    rows = tab.page.wait_for_function(
        """title => {
            const chart = document.querySelector('.st-key-gates-heat-map .js-plotly-plot');
            if (chart?.layout?.title?.text !== title || !chart._fullData?.[0]?.z) return null;
            return Array.from(chart._fullData[0].z, row => Array.from(row));
        }""",
        arg=f"{axis_title(gate, '')}, {layer}, sequence {sequence}",
    )
    return np.array(rows.json_value(), float)


@pytest.mark.slow
def test_a_stock_state_dict_goes_through_upload_to_its_gates(server, visit, tmp_path):
    model, planted = trained(), tmp_path / "planted"
    tab = visit(server.address("your_model"))
    for name, file in {
        "whole.pt": content({"weights": Planted(planted)}),
        "bare.pt": pickle.dumps(Planted(planted)),
    }.items():
        give(tab, name, file)
        tab.page.locator("[data-testid=stAlert]", has_text=name).wait_for()
        tab.page.get_by_role("button", name=f"Remove {name}").click()
    assert not planted.exists()
    give(tab, "model.pt", content(model.state_dict()))
    tab.page.get_by_text("2 layers of 6 hidden units in both directions").wait_for()
    expect(tab.page.get_by_text(f"{sum(p.numel() for p in model.lstm.parameters()):,} weights")).to_have_count(1)
    tab.settled()
    tab.screenshot("your-model-found")
    tab.page.get_by_role("button", name="Look inside").click()
    tab.page.wait_for_url("**/gates?**")
    tab.page.locator(".st-key-gates-heat-map").wait_for()
    address = tab.page.url
    config, notices = from_query({key: each[0] for key, each in parse_qs(urlparse(address).query).items()})
    assert notices == [] and config.task == "sentiment"
    batch = make_task(config).probe()
    assert len(set(batch.lengths)) > 1
    for layer, gate, sequence in ((0, "f", 0), (1, "i", 3), (3, "o", 7)):
        if layer:
            tab.page.goto(f"{address}&layer={layer}&gate={gate}&seq={sequence}")
        expected = gates_by_torch(model, batch, sequence)[layer][gate]
        found = shown(tab, gate, LAYERS[layer], sequence)
        assert np.isnan(found[:, len(expected) :]).all()
        np.testing.assert_allclose(found[:, : len(expected)], expected.T, rtol=1e-5, atol=1e-6)
    assert "libtorch" not in server.maps(), "the server process has loaded torch"
    tab.check()


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
@pytest.mark.slow
def test_the_page_fits_its_window(server, visit, width, theme):
    tab = visit(server.address("your_model"), width=width, theme=theme)
    give(
        tab,
        "model.pt",
        content(nn.ModuleDict({"a": nn.RNN(3, 200, 2, bidirectional=True), "b": nn.GRU(8, 4)}).state_dict()),
    )
    tab.page.get_by_text("There are several stacks").wait_for()
    tab.page.get_by_text("What it is to read").wait_for()
    tab.settled()
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    tab.screenshot(f"your-model-{width}")
