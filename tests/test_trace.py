"""The container: shapes are checked by name, nothing can be changed, disk gives back what it got."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from safetensors.numpy import save

from rnnviz.tensorfile import pack
from rnnviz.trace import Trace, TraceError

L, B, T, H, D = 2, 3, 4, 5, 2


def example(**changes) -> Trace:
    rng = np.random.default_rng(0)
    full, last = (L, B, T, H), (L, B, H)
    values = dict(
        cell="lstm",
        layer_names=("l0", "l1"),
        inputs=rng.normal(size=(B, T, D)),
        mask=np.ones((B, T), bool),
        states={name: rng.normal(size=full) for name in "hc"},
        initial_states={name: rng.normal(size=last) for name in "hc"},
        gates={name: rng.uniform(size=full) for name in "ifgo"},
        weights={"weight_hh_l0": rng.normal(size=(4 * H, H))},
        layer_inputs=(rng.normal(size=(B, T, D)), rng.normal(size=(B, T, H))),
        dropout_masks=(None, np.ones((B, T, H))),
        step=7,
        state_grads={name: rng.normal(size=full) for name in "hc"},
        output_grads=rng.normal(size=(B, T, H)),
        final_state_grads={name: rng.normal(size=last) for name in "hc"},
        input_grads=rng.normal(size=(B, T, D)),
        outputs=rng.normal(size=(B, 1)),
        targets=rng.normal(size=(B, 1)),
        loss=0.25,
        labels=("<b>sum</b>",),
        model_weights={"readout.weight": rng.normal(size=(1, H)), "readout.bias": rng.normal(size=1)},
    )
    return Trace(**(values | changes))


S = 6  # time steps of the source


def decoder(**changes) -> Trace:
    """A decoder's trace: it looks at an encoder's, which has fewer units and more time steps."""
    rng = np.random.default_rng(1)
    encoder = Trace(
        cell="gru",
        layer_names=("l0", "l0_reverse"),
        inputs=rng.normal(size=(B, S, 1)),
        mask=np.arange(S) < np.array([[6], [4], [1]]),
        states={"h": rng.normal(size=(2, B, S, 3))},
        initial_states={"h": np.zeros((2, B, 3))},
        gates={name: rng.uniform(size=(2, B, S, 3)) for name in "rzn"},
        weights={"weight_hh_l0": rng.normal(size=(9, 3))},
        layer_inputs=(rng.normal(size=(B, S, 1)),),
        why_no_grads="none wanted",
    )
    attention = rng.dirichlet(np.ones(S), size=(B, T))
    return example(**({"encoder": encoder, "attention": attention} | changes))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("inputs", np.zeros((B, T + 1, D)), r"inputs has shape \(3, 5, 2\); expected \(3, 4, 2\)"),
        ("mask", np.ones((T, B), bool), r"mask has shape \(4, 3\); expected \(3, 4\)"),
        ("gates", {"i": np.zeros((L, B, T, 1))}, r"gates\['i'\] has shape"),
        ("final_state_grads", {"h": np.zeros((B, L, H))}, r"final_state_grads\['h'\]"),
        ("output_grads", np.zeros((B, T, 2 * H)), "output_grads"),
        ("layer_names", ("l0",), "1 names"),
        ("states", {"c": np.zeros((L, B, T, H))}, r"states\['h'\]"),
        ("layer_inputs", (np.zeros((B, T, D)),), "layer_inputs has 1"),
    ],
)
def test_wrong_shapes_are_refused_by_name(field, value, words):
    with pytest.raises(TraceError, match=words):
        example(**{field: value})


def test_attention_and_encoder_fit_the_decoder():
    assert decoder().attention.shape == (B, T, S) and decoder().encoder.size == (2, B, S, 3)
    assert decoder(encoder=None).attention.shape == (B, T, S)
    with pytest.raises(TraceError, match=r"attention has shape \(3, 4, 5\); expected \(3, 4, 6\)"):
        decoder(attention=np.zeros((B, T, S - 1)))
    with pytest.raises(TraceError, match=r"attention has shape \(4, 6\); expected \(3, 4, 6\)"):
        decoder(attention=np.zeros((T, S)), encoder=None)
    with pytest.raises(TraceError, match="encoder has 3 sequences; expected 2"):
        one = {name: value[:, :2] for name, value in example().states.items()}
        Trace("lstm", ("l0", "l1"), np.zeros((2, T, D)), np.ones((2, T), bool), one, {}, {}, {},
              (np.zeros((2, T, D)), np.zeros((2, T, H))), encoder=decoder().encoder)  # fmt: skip


def test_nothing_can_be_changed():
    trace = example()
    with pytest.raises(ValueError, match="read-only"):
        trace.states["h"][0] = 0
    with pytest.raises(TypeError):
        trace.states["h"] = None
    with pytest.raises(dataclasses.FrozenInstanceError):
        trace.step = 1


@pytest.mark.parametrize("made", [example, decoder])
@pytest.mark.parametrize("with_grads", [True, False])
def test_disk_gives_back_what_it_got(tmp_path, with_grads, made):
    gone = dict.fromkeys(("state_grads", "output_grads", "final_state_grads", "input_grads"))
    trace = made() if with_grads else made(**gone, why_no_grads="no loss")
    trace.save(tmp_path / "trace.safetensors")
    back = Trace.load(tmp_path / "trace.safetensors")
    assert_same(trace, back)
    assert back.has_grads == with_grads


def assert_same(trace, back):
    for f in dataclasses.fields(Trace):
        a, b = getattr(trace, f.name), getattr(back, f.name)
        if isinstance(a, Trace):
            assert_same(a, b)
        elif hasattr(a, "keys"):
            assert list(a) == list(b)
            for key in a:
                np.testing.assert_array_equal(a[key], b[key])
        elif isinstance(a, tuple):
            assert len(a) == len(b)
            assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True) if x is not None)
            assert [x is None for x in a] == [y is None for y in b]
        else:
            np.testing.assert_array_equal(a, b)


def test_a_trace_saved_before_there_were_decoders_is_read(tmp_path):
    plain, arrays = example()._apart()
    old = {name: value for name, value in plain.items() if name not in ("attention", "encoder")}
    older = {name: array for name, array in arrays.items() if not name.startswith("model_weights")}
    back = Trace.from_bytes(pack(older, old, "rnnviz-trace-1"))
    assert dict(back.model_weights) == {} and back.attention is None and back.encoder is None
    np.testing.assert_array_equal(back.states["h"], example().states["h"])


@pytest.mark.parametrize("data", [b"", b"not a trace", b"\x10\0\0\0\0\0\0\0" + b"{" * 16])
def test_foreign_files_are_refused_in_words(data):
    with pytest.raises(ValueError, match="not a saved Trace"):
        Trace.from_bytes(data)


@pytest.mark.parametrize("lost", ["plain", "order"])
def test_a_damaged_trace_is_refused_in_words(lost):
    header = {"format": "rnnviz-trace-1", "plain": "{}", "order": '["inputs"]'}
    header[lost] = "{" if lost == "plain" else '["gone"]'
    with pytest.raises(ValueError, match="saved Trace is damaged"):
        Trace.from_bytes(save({"inputs": np.zeros(1)}, header))


@pytest.mark.parametrize("change", [{"encoder": 3}, {"encoder": {}}, {"what": 1}, {"layer_names": None}])
def test_a_trace_made_by_hand_is_refused_in_words(change):
    plain, arrays = example()._apart()
    with pytest.raises(ValueError, match="not a saved Trace"):
        Trace.from_bytes(pack(arrays, plain | change, "rnnviz-trace-1"))


def test_to_xarray_names_every_axis():
    data = example().to_xarray()
    assert data["h"].dims == ("layer", "sequence", "time", "unit")
    np.testing.assert_array_equal(data["gate_f"].sel(layer="l1"), example().gates["f"][1])
    np.testing.assert_array_equal(data["grad_c"], example().state_grads["c"])
    assert "attention" not in data and decoder().to_xarray()["attention"].dims == ("sequence", "time", "source")


def test_notebook_display_is_a_short_table_and_escapes_names():
    trace = example(cell="<script>")
    assert "<script>" not in trace._repr_html_() and "&lt;script&gt;" in trace._repr_html_()
    assert "2 layers, 3 sequences, 4 time steps, 5 units" in repr(trace)
