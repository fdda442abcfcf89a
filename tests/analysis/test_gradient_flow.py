"""The T x T gradient flow against one autograd call per loss."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from flow_cases import VARIANTS, Case
from oracle import SEEDS, assert_close

import rnnviz
from rnnviz.analysis import chunks, gradient_flow
from rnnviz.analysis.norms import grad_norms, norms

SHAPES = [(1, False), (1, True), (2, False), (2, True), (3, False), (3, True)]


def over_batch_and_units(vectors):
    return norms(vectors.reshape(*vectors.shape[:-2], -1))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("cell", "layers", "bidirectional"),
    [
        *((cell, *shape) for cell in ("lstm", "gru", "gru_before", "rnn_tanh", "rnn_relu") for shape in SHAPES),
        *((cell, 2, True) for cell in VARIANTS),
    ],
)
def test_flow_equals_one_autograd_call_per_loss(cell, layers, bidirectional, seed):
    time = 7 if seed % 3 == 2 else 12  # on either side of MANY_LANES
    case = Case(cell, layers, bidirectional, seed, packed=seed % 2 == 0, dropout=0.4 * (layers > 1), time=time)
    flow = rnnviz.gradient_flow(case.trace, vectors=True)
    expected = case.flow(case.oracle, "h")
    assert_close(flow.vectors["matrix"], expected, 1e-10, "vectors")
    assert_close(flow.matrix, over_batch_and_units(expected), 1e-10, "norms")
    assert_close(flow.vectors["matrix"].sum(axis=1), case.trace.state_grads["h"].swapaxes(1, 2), 1e-10, "rows")
    assert_close(flow.total, over_batch_and_units(expected.sum(axis=1)), 1e-10, "total")
    if "c" not in case.oracle.states:
        assert flow.cell_matrix is flow.through_c is flow.through_h is None
        return
    assert_close(flow.vectors["cell_matrix"], case.flow(case.oracle, "c"), 1e-10, "dL/dc")
    assert_close(
        flow.vectors["cell_matrix"].sum(axis=1), case.trace.state_grads["c"].swapaxes(1, 2), 1e-10, "rows of c"
    )
    together = flow.vectors["through_c"] + flow.vectors["through_h"]
    assert_close(together, flow.vectors["cell_matrix"], 1e-10, "parts")
    for name in ("cell_matrix", "through_c", "through_h"):
        assert_close(getattr(flow, name), over_batch_and_units(flow.vectors[name]), 1e-10, name)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("cell", "layers", "bidirectional"),
    [*(("lstm", *shape) for shape in SHAPES[:4]), *((cell, 1, True) for cell in VARIANTS)],
)
def test_through_c_is_what_arrives_with_the_recurrent_weights_cut(cell, layers, bidirectional, seed):
    case = Case(cell, layers, bidirectional, seed, time=7 if seed % 3 == 2 else 12)
    flow = rnnviz.gradient_flow(case.trace, vectors=True)
    for k in range(len(case.trace.layer_names)):
        expected = case.flow(case.unrolled(cut=k), "c")[k]
        assert_close(flow.vectors["through_c"][k], expected, 1e-10, case.trace.layer_names[k])


def test_shape_of_the_flow():
    """Forward layers look back, reverse layers ahead, and below a bidirectional layer everything is reached."""
    matrix = rnnviz.gradient_flow(Case("gru", 2, True, packed=False).trace).matrix
    s, t = np.indices(matrix.shape[1:])
    assert (matrix[:2] > 0).all()
    assert ((matrix[2] > 0) == (t <= s)).all() and ((matrix[3] > 0) == (t >= s)).all()


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_few_lanes_and_few_sequences_at_a_time_change_nothing(cell, monkeypatch):
    case = Case(cell, 2, True, seed=3)
    whole = rnnviz.gradient_flow(case.trace, vectors=True)
    monkeypatch.setattr(gradient_flow, "chunk_sizes", lambda trace: (1, 2))
    chunked = rnnviz.gradient_flow(case.trace, vectors=True)
    for name, vectors in whole.vectors.items():
        assert_close(chunked.vectors[name], vectors, 1e-14, name)
        assert_close(getattr(chunked, name), getattr(whole, name), 1e-14, name)


def test_without_parts_the_matrices_are_the_same():
    trace = Case("lstm", 2, True, time=12).trace
    whole, less = rnnviz.gradient_flow(trace, vectors=True), rnnviz.gradient_flow(trace, vectors=True, parts=False)
    assert less.through_c is less.through_h is None and set(less.vectors) == {"matrix", "cell_matrix"}
    for name in less.vectors:
        assert_close(less.vectors[name], whole.vectors[name], 1e-13, name)
        assert_close(getattr(less, name), getattr(whole, name), 1e-13, name)


@pytest.mark.parametrize("reach", ["last output", "final state"])
def test_time_steps_without_a_loss_have_empty_rows(reach):
    case = Case("gru", seed=1, packed=False, finals=reach == "final state")
    trace = case.trace
    output_grads = np.zeros_like(trace.output_grads)
    if reach == "last output":
        output_grads[:, -1] = 1
    flow = rnnviz.gradient_flow(_with(trace, output_grads=output_grads))
    assert (flow.matrix[0, :-1] == 0).all() and (flow.matrix[0, -1] > 0).all()


def test_nothing_enters_and_nothing_arrives():
    trace = Case("lstm", finals=False).trace
    flow = rnnviz.gradient_flow(_with(trace, output_grads=np.zeros_like(trace.output_grads)))
    assert not flow.matrix.any() and not flow.through_c.any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_norms_survive_where_squares_would_not(dtype, factor):
    """h_t = w h_{t-1} by hand: the gradient is w^k, far beyond the range of its square."""
    power = 11 if dtype == torch.float32 else 100
    time, w = power + 1, factor
    trace = _linear(w, time, np.dtype(str(dtype).removeprefix("torch.")))
    matrix = rnnviz.gradient_flow(trace).matrix
    s, t = np.indices((time, time))
    assert matrix.dtype == trace.states["h"].dtype
    np.testing.assert_allclose(matrix[0][t <= s], (w ** (s - t).astype(float))[t <= s], rtol=1e-4)


def test_infinite_gradients_are_values():
    matrix = rnnviz.gradient_flow(_linear(1e20, 8, np.dtype("float32"))).matrix
    assert np.isinf(matrix[0, -1, 0]) and np.isfinite(matrix[0, -1, -1])


def test_float32_stays_float32():
    flow = rnnviz.gradient_flow(Case("lstm", 2, dtype=torch.float32).trace, vectors=True)
    assert {a.dtype for a in (flow.matrix, flow.total, flow.through_h, *flow.vectors.values())} == {np.dtype("f4")}


@pytest.mark.parametrize(
    ("cell", "layers", "bidirectional"), [("lstm", 1, False), ("lstm", 2, True), ("gru", 3, False)]
)
def test_memory_beyond_the_result_is_bounded(cell, layers, bidirectional):
    """At most 256 MB at T = 784; numpy reports its allocations to tracemalloc."""
    trace = _long(cell, layers, bidirectional)
    tracemalloc.start()
    try:
        flow = rnnviz.gradient_flow(trace)
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    result = sum(a.nbytes for a in (flow.matrix, flow.cell_matrix, flow.through_c, flow.through_h) if a is not None)
    assert left >= result
    assert peak - result <= 256e6
    assert peak - result <= 1.3 * chunks.WORKING_MEMORY


def test_without_gradients_the_reason_is_quoted():
    module = torch.nn.GRU(2, 3, batch_first=True)
    with rnnviz.record(module) as recording, torch.no_grad():
        module(torch.randn(1, 4, 2))
    trace = recording[""]
    assert trace.why_no_grads
    for analysis in (rnnviz.gradient_flow, rnnviz.weight_gradient_by_step, grad_norms):
        with pytest.raises(ValueError, match="no gradients") as error:
            analysis(trace)
        assert trace.why_no_grads in str(error.value)


def test_grad_norms_names_the_states():
    trace = Case("gru").trace
    with pytest.raises(ValueError, match="no state 'c'; it has h"):
        grad_norms(trace, "c")


def _with(trace, **changes):
    from dataclasses import replace

    return replace(trace, **changes)


def _linear(w, time, dtype):
    """A one-unit relu RNN that stays linear, h_t = w h_{t-1}, with a loss h_s at every time step."""
    with np.errstate(over="ignore"):
        h = np.ones((1, 1, time, 1), dtype)
    weights = {"weight_ih_l0": np.zeros((1, 1), dtype), "weight_hh_l0": np.full((1, 1), w, dtype)}
    ones = np.ones((1, time, 1), dtype)
    return rnnviz.Trace(
        cell="rnn_relu", layer_names=("l0",), inputs=0 * ones, mask=np.ones((1, time), bool), states={"h": h},
        initial_states={"h": np.ones((1, 1, 1), dtype)}, gates={}, weights=weights, layer_inputs=(0 * ones,),
        state_grads={"h": h}, output_grads=ones, final_state_grads={"h": np.zeros((1, 1, 1), dtype)},
    )  # fmt: skip


def _long(cell, layers, bidirectional, batch=8, time=784, units=32):
    """A Trace of T = 784 in float64; a loss at every time step, in stacks at every 20th: still several chunks."""
    torch.manual_seed(0)
    module = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](
        1, units, layers, batch_first=True, bidirectional=bidirectional, dtype=torch.float64
    )
    with rnnviz.record(module) as recording:
        output, _ = module(torch.randn(batch, time, 1, dtype=torch.float64))
        output[:, :: 1 if layers == 1 else 20].square().sum().backward()
    return recording[""]
