"""Which pass is which, what it remembers, when gradients are absent, and what is refused."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest
import torch
from oracle import assert_close, unroll
from torch import nn

import rnnviz
from rnnviz.recording import RecordingError, RefusedOption
from rnnviz.registry import UnknownName

X = torch.linspace(-1, 1, 2 * 5 * 3, dtype=torch.float64).reshape(2, 5, 3)


def lstm(**options):
    torch.manual_seed(0)
    return nn.LSTM(3, 4, batch_first=True, dtype=torch.float64, **options)


class Pair(nn.Module):
    """Two recurrent modules at nested paths, and the first one under a second path."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.ModuleDict({"lstm": lstm()})
        self.gru = nn.GRU(4, 2, batch_first=True, dtype=torch.float64)
        self.again = self.encoder["lstm"]

    def forward(self, x):
        return self.gru(self.encoder["lstm"](x)[0])[0]


def test_several_modules_by_path_and_one_module_under_two_paths():
    model = Pair()
    with rnnviz.record(model) as recording:
        model(X).sum().backward()
    assert recording.names == ("encoder.lstm", "gru") == tuple(recording)
    assert recording["again"] is recording["encoder.lstm"]
    assert "again" in recording and "readout" not in recording
    assert_close(recording["gru"].inputs, recording["encoder.lstm"].states["h"][0], 0)
    assert_close(recording["gru"].input_grads, recording["encoder.lstm"].output_grads, 1e-14)


def test_modules_narrows_what_is_recorded():
    model = Pair()
    with rnnviz.record(model, modules="gru") as recording:
        model(X)
    assert recording.names == ("gru",)
    with rnnviz.record(model, modules=["again"]) as recording:
        model(X)
    assert recording.names == ("encoder.lstm",)
    with pytest.raises(UnknownName, match="'lstm'.*'encoder.lstm', 'again', 'gru'"), rnnviz.record(model, "lstm"):
        pass
    with pytest.raises(UnknownName, match="No module at path 'gru'.*'encoder.lstm'"):
        recording["gru"]


def test_two_backward_passes_and_autograd_grad_add_up():
    module = lstm(num_layers=2)
    with rnnviz.record(module) as recording:
        output, (_, c) = module(X)
        output.sum().backward(retain_graph=True)
        (2 * output[:, 1]).sum().backward(retain_graph=True)
        torch.autograd.grad(3 * c.sum(), [module.weight_hh_l0])
    trace = recording[""]
    oracle = unroll(module, X)
    loss = oracle.outputs.sum() + 2 * oracle.outputs[:, 1].sum() + 3 * oracle.final["c"].sum()
    grads, input_grads = oracle.gradients(loss)
    assert_close(trace.state_grads["h"], grads["h"], 1e-10)
    assert_close(trace.state_grads["c"], grads["c"], 1e-10)
    assert_close(trace.input_grads, input_grads, 1e-10)
    assert_close(trace.output_grads[:, :, 0], np.tile([1.0, 3, 1, 1, 1], (2, 1)), 0)
    assert_close(trace.final_state_grads["c"][1], np.full((2, 4), 3.0), 0)


def test_a_module_used_twice_gives_two_passes_whose_gradients_are_apart():
    module = lstm()
    with rnnviz.record(module) as recording:
        first, _ = module(X)
        second, _ = module(2 * X)
        (first.sum() + 5 * second.sum()).backward()
    one, two = recording.passes("")
    assert recording[""] is two
    for trace, inputs, factor in ((one, X, 1), (two, 2 * X, 5)):
        oracle = unroll(module, inputs)
        grads, _ = oracle.gradients(factor * oracle.outputs.sum())
        assert_close(trace.inputs, inputs, 0)
        assert_close(trace.state_grads["h"], grads["h"], 1e-10)
    assert np.shares_memory(one.weights["weight_hh_l0"], two.weights["weight_hh_l0"])


def test_one_pass_feeding_another_counts_later_losses_in_the_first():
    """A decoder called one step at a time: T = 1, and later calls arrive through the final states."""
    module = lstm()
    with rnnviz.record(module) as recording:
        state, outputs = None, []
        for t in range(X.shape[1]):
            output, state = module(X[:, t : t + 1], state)
            outputs.append(output)
        (torch.cat(outputs, dim=1) ** 2).sum().backward()
    oracle = unroll(module, X)
    grads, _ = oracle.gradients((oracle.outputs**2).sum())
    passes = recording.passes("")
    assert [trace.size for trace in passes] == [(1, 2, 1, 4)] * X.shape[1]
    for t, trace in enumerate(passes):
        for name in ("h", "c"):
            assert_close(trace.states[name][:, :, 0], oracle.values(name)[:, :, t], 1e-12)
            assert_close(trace.state_grads[name][:, :, 0], grads[name][:, :, t], 1e-10)


def test_keep_bounds_the_passes_with_one_warning():
    module = lstm()
    with (
        pytest.warns(UserWarning, match="more than keep=2 times") as caught,
        rnnviz.record(module, keep=2) as recording,
    ):
        losses = [module(k * X)[0].sum() for k in range(5)]
        sum(losses).backward()
    assert len(caught) == 1
    assert_close(np.stack([trace.inputs for trace in recording.passes("")]), np.stack([3 * X, 4 * X]), 0)
    assert recording[""].has_grads
    with pytest.raises(ValueError, match="keep is 0"), rnnviz.record(module, keep=0):
        pass


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_without_gradients_states_and_gates_only_and_the_reason(context):
    module = lstm(num_layers=2)
    with rnnviz.record(module) as recording, context():
        module(X)
    trace = recording[""]
    assert not trace.has_grads and trace.output_grads is None and trace.input_grads is None
    assert trace.final_state_grads is None
    assert "switched off" in trace.why_no_grads
    assert_close(trace.states["c"], unroll(module, X).values("c"), 1e-12)


def test_other_reasons_for_absent_gradients():
    module = lstm()
    with rnnviz.record(module, gradients=False) as recording:
        module(X)[0].sum().backward()
    assert "gradients=False" in recording[""].why_no_grads
    with rnnviz.record(module) as recording:
        unused, _ = module(X)
        module(X)[0].sum().backward()
    unreached, reached = recording.passes("")
    assert not unreached.has_grads and "no loss reached" in unreached.why_no_grads
    assert reached.has_grads and reached.why_no_grads is None
    unused.sum().backward()  # after the block: no longer counted
    assert not recording.passes("")[0].has_grads
    with rnnviz.record(module.requires_grad_(False)) as recording:
        module(X)
    assert "nothing in this pass requires" in recording[""].why_no_grads


def test_frozen_weights_still_give_gradients_where_the_input_requires_them():
    module = lstm(num_layers=2).requires_grad_(False)
    x = X.clone().requires_grad_()
    with rnnviz.record(module) as recording:
        module(x)[0].sum().backward()
    assert_close(recording[""].input_grads, x.grad, 1e-12)


def test_a_loss_on_the_final_state_alone_gives_zero_output_gradients():
    module = nn.GRU(3, 4, dtype=torch.float64)
    with rnnviz.record(module) as recording:
        module(X)[1].sum().backward()
    trace = recording[""]
    assert not trace.output_grads.any() and trace.final_state_grads["h"].all()
    assert (np.abs(trace.state_grads["h"]).sum(axis=(0, 1, 3)) > 0).all()


def test_weights_inputs_and_states_are_those_of_the_forward_pass():
    """An optimiser step, edits through .data and reused buffers inside the block change nothing recorded."""
    module = lstm(num_layers=2)
    optimiser = torch.optim.SGD(module.parameters(), lr=1.0)
    x, state = X.clone(), torch.ones(2, 2, 4, dtype=torch.float64)
    expected = unroll(module, x, initial={"h": state.clone(), "c": state.clone()})
    grads, _ = expected.gradients(expected.outputs.sum())
    with rnnviz.record(module) as recording:
        module(x, (state, state))[0].sum().backward()
        optimiser.step()
        x.data.zero_()
        state.data.zero_()
        module.bias_ih_l0.data += 1
        module(X)
    first, second = recording.passes("")
    assert_close(first.inputs, X, 0)
    assert_close(first.initial_states["c"], np.ones((2, 2, 4)), 0)
    for name, weight in expected.weights.items():
        assert_close(first.weights[name], weight.detach(), 0)
    for name in ("h", "c"):
        assert_close(first.states[name], expected.values(name), 1e-12)
        assert_close(first.state_grads[name], grads[name], 1e-10)
    assert_close(second.weights["bias_ih_l0"], module.bias_ih_l0.detach(), 0)


def test_bias_false_omits_the_keys():
    module = lstm(bias=False, bidirectional=True)
    with rnnviz.record(module) as recording:
        module(X)
    assert set(recording[""].weights) == set(dict(module.named_parameters()))


def test_an_output_written_in_place_raises_and_names_the_module():
    model = Pair()
    with pytest.raises(RecordingError, match="'encoder.lstm'.*in place"), rnnviz.record(model) as recording:
        output, _ = model.encoder["lstm"](X)
        with torch.no_grad():
            output[:, 0] = 0
    with pytest.raises(RecordingError, match="in place"):
        recording["encoder.lstm"]


def test_hooks_go_when_the_block_ends_even_by_an_exception():
    model = Pair()
    with pytest.raises(ZeroDivisionError), rnnviz.record(model) as recording:
        output = model(X)
        raise ZeroDivisionError
    assert recording["gru"].size == (1, 2, 5, 2)
    with rnnviz.record(model):
        model(X)
    for module in model.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks
        assert not module._forward_hooks_with_kwargs and not module._forward_pre_hooks_with_kwargs
    assert not output._backward_hooks


def test_asking_too_early_or_for_what_was_not_called():
    model = Pair()
    with rnnviz.record(model) as recording:
        model.encoder["lstm"](X)
        with pytest.raises(RecordingError, match="still open"):
            recording["encoder.lstm"]
    assert recording.passes("gru") == ()
    with pytest.raises(RecordingError, match="'gru' was not called"):
        recording["gru"]


def test_a_copy_of_the_model_is_not_the_model():
    module = lstm()
    with rnnviz.record(module) as recording:
        module(X)
        copy.deepcopy(module)(X)
    assert len(recording.passes("")) == 1


def test_two_blocks_one_inside_the_other():
    module = lstm()
    with rnnviz.record(module) as outer:
        with rnnviz.record(module) as inner:
            output, _ = module(X)
            output.sum().backward(retain_graph=True)
        output.sum().backward()
    assert_close(outer[""].state_grads["h"], 2 * inner[""].state_grads["h"], 1e-14)


def test_looking_at_parametrised_weights_does_not_change_them():
    """Spectral norm takes one power iteration every time that the weight is asked for."""
    module, twin = (nn.utils.parametrizations.spectral_norm(lstm(), "weight_hh_l0") for _ in range(2))
    with rnnviz.record(module) as recording:
        output, _ = module(X)
    assert torch.equal(output, twin(X)[0])
    assert torch.equal(module.parametrizations.weight_hh_l0[0]._u, twin.parametrizations.weight_hh_l0[0]._u)
    used = recording[""].weights["weight_hh_l0"]
    assert_close(np.linalg.norm(used, 2), 1, 0.1)


def test_arguments_by_keyword():
    module = lstm()
    state = torch.ones(1, 2, 4, dtype=torch.float64)
    with rnnviz.record(module) as recording:
        module(input=X, hx=(state, 2 * state))
    assert_close(recording[""].initial_states["c"], 2 * state, 0)


def test_nothing_to_record_and_no_module():
    with pytest.raises(ValueError, match="no nn.RNN, nn.LSTM or nn.GRU"), rnnviz.record(nn.Linear(2, 2)):
        pass
    with pytest.raises(TypeError, match="given a function"), rnnviz.record(lambda x: x):
        pass


def scripted():
    return torch.jit.script(nn.Sequential(lstm()))


def compiled_in_place():
    module = nn.Sequential(lstm())
    module.compile(backend="eager")
    return module


REFUSED = {
    "proj_size": (lambda: nn.LSTM(3, 4, proj_size=2), "proj_size=0"),
    "half precision": (lambda: nn.GRU(3, 4).to(torch.bfloat16), r"\.float\(\)"),
    "TorchScript": (scripted, "the Python module it was made from"),
    "torch.compile": (
        lambda: torch.compile(nn.Sequential(lstm()), backend="eager"),
        "the module it was compiled from",
    ),
    "compiled in place": (compiled_in_place, "the module it was compiled from"),
    "DataParallel": (lambda: nn.DataParallel(lstm()), r"\.module"),
}


@pytest.mark.parametrize("option", REFUSED)
def test_refused_options_name_the_remedy(option):
    make, remedy = REFUSED[option]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript's own, from making the model
        model = make()
    with pytest.raises(RefusedOption, match=remedy), rnnviz.record(model):
        pass
    assert not any(module._forward_hooks for module in model.modules())


def test_autocast_is_refused_when_the_module_is_called():
    module = nn.LSTM(3, 4)
    with (
        pytest.raises(RefusedOption, match="autocast"),
        rnnviz.record(module),
        torch.autocast("cpu", dtype=torch.bfloat16),
    ):
        module(X.float())
    assert not module._forward_pre_hooks


def test_a_refused_module_outside_modules_is_no_obstacle():
    model = nn.ModuleDict({"projected": nn.LSTM(3, 4, proj_size=2), "plain": lstm()})
    with rnnviz.record(model, modules="plain") as recording:
        model["plain"](X)
    assert recording.names == ("plain",)


def test_a_forward_of_its_own_that_changes_the_output_is_noticed():
    class Scaled(nn.GRU):
        def forward(self, x):
            output, state = super().forward(x)
            return 2 * output, state

    module = Scaled(3, 4, num_layers=2, dtype=torch.float64)
    with rnnviz.record(module) as recording:
        module(X)
    with pytest.raises(RecordingError, match="gave another output"):
        recording[""]


DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("device", DEVICES)
def test_recorded_on_the_device_and_kept_as_numpy(device, packed):
    module = lstm(num_layers=2, bidirectional=True)
    lengths = torch.tensor([3, 5])
    oracle = unroll(module, X, lengths if packed else None)
    grads, input_grads = oracle.gradients((oracle.outputs**2).sum())
    module, given = module.to(device), X.to(device)
    if packed:
        given = nn.utils.rnn.pack_padded_sequence(given, lengths, batch_first=True, enforce_sorted=False)
    with rnnviz.record(module) as recording:
        output, _ = module(given)
        ((output.data if packed else output) ** 2).sum().backward()
    trace = recording[""]
    for name in ("h", "c"):
        assert_close(trace.states[name], oracle.values(name), 1e-10)
        assert_close(trace.state_grads[name], grads[name], 1e-8)
    assert_close(trace.input_grads, input_grads, 1e-8)
