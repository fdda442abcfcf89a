"""What stands before a stack: its sizes against the module that is built, its numbers against explicit loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from rnnviz.config import ExperimentConfig
from rnnviz.embedding import EMBEDDINGS, Frames, Mixed, Tokens, Vectors, embedding_of
from rnnviz.embedding_modules import Frames as FramesModule
from rnnviz.model import Model, embed
from rnnviz.objective import TensorBatch
from rnnviz.sizes import Size, network
from rnnviz.tasks.base import Batch, Task

TIME = 4
CASES = {
    "vectors": Vectors(5),
    "projected": Vectors(5, 3),
    "one-hot": Tokens(7),
    "tokens": Tokens(7, 3),
    "mixed": Mixed(9, 0, blocks=((1, 3), (6, 2))),
    "mixed, asked": Mixed(9, 2, blocks=((0, 9),)),
    "frames": Frames(35, 0, frame_shape=(7, 5)),
    "frames, asked": Frames(64, 6, frame_shape=(8, 8)),
}
every_case = pytest.mark.parametrize("before", CASES.values(), ids=CASES)


def some_inputs(before):
    rng = np.random.default_rng(0)
    if isinstance(before, Tokens):
        return torch.tensor(rng.integers(0, before.input_size, (2, TIME)))
    return torch.tensor(rng.normal(size=(2, TIME, before.input_size)))


@every_case
def test_sizes_are_those_of_the_module(before):
    module = embed(before, torch.float64)
    kept = {}
    for name, part in module.named_modules():
        if not list(part.children()):
            part.register_forward_hook(lambda _, given, out, name=name: kept.update({name: out.numel()}))
    x = some_inputs(before)
    with FlopCounterMode(display=False) as counter:
        out = module(x)
    assert out.shape == (2, TIME, before.size) and out.dtype == torch.float64
    assert before.parameters == sum(p.numel() for p in module.parameters())
    assert counter.get_total_flops() == 2 * before.multiply_adds * 2 * TIME
    own = x.numel() if x.is_floating_point() and out is not x else 0
    made = sum(kept.values()) if isinstance(before, Frames) else out.numel()  # with the maps in between
    assert before.numbers * 2 * TIME == own + made


def test_every_kind_of_input_is_among_the_cases():
    assert {type(case) for case in CASES.values()} == set(EMBEDDINGS.values())


def test_a_block_is_a_look_up_and_a_missing_category_is_zero():
    module = embed(Mixed(9, 2, blocks=((1, 3), (6, 2))), torch.float64)
    x = torch.zeros(1, 3, 9, dtype=torch.float64)
    x[0, :, [0, 4, 5, 8]] = torch.arange(12.0, dtype=torch.float64).reshape(3, 4)
    x[0, 0, 2] = x[0, 0, 7] = x[0, 1, 6] = 1.0  # categories 1 and 1; missing and 0; both missing
    rest, first, second = module(x)[0].split([4, 2, 2], dim=-1)
    assert torch.equal(rest, x[0][:, [0, 4, 5, 8]])
    tables = [linear.weight for linear in module.categories]
    assert torch.equal(first, torch.stack([tables[0][:, 1], *torch.zeros(2, 2, dtype=torch.float64)]))
    assert torch.equal(second, torch.stack([tables[1][:, 1], tables[1][:, 0], torch.zeros(2, dtype=torch.float64)]))


def naive_convolution(image, weight, bias):
    """Image (C, H, W), filters (F, C, 3, 3): every second pixel, zeros around, one sum at a time; then ReLU."""
    _, height, width = image.shape
    out = np.zeros((len(weight), (height + 1) // 2, (width + 1) // 2))
    for f, i, j in itertools.product(*map(range, out.shape)):
        for c, a, b in itertools.product(range(len(image)), range(3), range(3)):
            row, column = 2 * i + a - 1, 2 * j + b - 1
            if 0 <= row < height and 0 <= column < width:
                out[f, i, j] += weight[f, c, a, b] * image[c, row, column]
        out[f, i, j] += bias[f]
    return np.maximum(out, 0)


def test_a_picture_passes_two_convolutions_and_a_linear_map():
    """At each time step on its own, rows before columns."""
    torch.manual_seed(0)
    module = FramesModule((5, 7), 3, torch.float64)
    x = some_inputs(Frames(35, 3, frame_shape=(5, 7)))
    weights = {name: weight.numpy() for name, weight in module.state_dict().items()}
    for b, t in [(0, 0), (1, 3)]:
        image = x[b, t].numpy().reshape(1, 5, 7)
        for name in ("first", "second"):
            image = naive_convolution(image, weights[f"{name}.weight"], weights[f"{name}.bias"])
        expected = weights["features.weight"] @ image.ravel() + weights["features.bias"]
        np.testing.assert_allclose(module(x)[b, t].detach().numpy(), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("reads", [("mixed", 9), ("frames", 36)], ids=str)
@pytest.mark.parametrize("asked", [0, 3])
def test_a_task_that_reads_it_has_a_model_of_the_known_size(reads, asked):
    kind, columns = reads
    config = ExperimentConfig(embedding_size=asked, hidden_size=5, length=TIME, precision="float64")
    task = Task(config)
    task.reads, task.input_size, task.output_size = kind, columns, 2
    task.blocks, task.frame_shape = ((1, 3), (6, 2)), (6, 6)
    before, model = embedding_of(task, asked), Model(config, task)
    assert model.rnn.input_size == before.size
    assert network(config, task).parameters == sum(p.numel() for p in model.parameters())
    assert Size.of(config, task).inputs == before.numbers
    x = np.random.default_rng(1).normal(size=(3, TIME, columns))
    batch = TensorBatch.of(Batch(x, np.zeros((3, 2))), task, torch.device("cpu"))
    outputs = model.outputs(batch)
    outputs.sum().backward()
    assert outputs.shape == (3, 2) and all(p.grad is not None for p in model.parameters())
    again = Model(config, task, model.arrays())
    assert torch.equal(again.outputs(batch), outputs)
