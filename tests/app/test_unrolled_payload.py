"""What the browser gets of the unrolled network: every number is one of the Trace, or follows from it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from rnnviz.analysis.truncation import truncated_gradients
from rnnviz.app.unrolled import INPUT, drawing, one_sequence, payload, windows_of
from rnnviz.config import ExperimentConfig
from rnnviz.tasks import make_task
from rnnviz.training import advance, observe, start

STACK = {"task": "temporal_order", "length": 12, "num_layers": 2, "bidirectional": True, "cell": "lstm"}


def recorded(steps=3, **settings):
    config = ExperimentConfig(**{"hidden_size": 5, "batch_size": 4, "precision": "float64", **settings})
    return observe(advance(start(config), steps)), make_task(config)


def decoded(data):
    """As assets/unrolled/drawing.js reads it."""
    length = int.from_bytes(data[:4], "little")
    header, numbers = json.loads(data[4 : 4 + length]), np.frombuffer(data[4 + length :], "<f8")
    arrays, place = {}, 0
    for entry in header["arrays"]:
        size = int(np.prod(entry["shape"]))
        arrays[entry["name"]] = numbers[place : place + size].reshape(entry["shape"])
        place += size
    assert place == len(numbers)
    return header, arrays


def lengths(vectors):
    return np.sqrt((vectors**2).sum(-1))


def test_norms_are_those_of_the_trace():
    trace, task = recorded(**STACK)
    header, arrays = decoded(payload(trace, task, 3))
    for state in ("h", "c"):
        np.testing.assert_allclose(arrays[f"0/{state}"], lengths(trace.states[state][:, 3]), rtol=1e-12)
        full = lengths(trace.state_grads[state][:, 3])
        np.testing.assert_allclose(arrays[f"0/total/{state}"][-1], full, rtol=1e-9)
        for n, window in enumerate(header["windows"]):
            expected = lengths(truncated_gradients(trace, window).total[state][:, 3])
            np.testing.assert_allclose(arrays[f"0/total/{state}"][n], expected, rtol=1e-9, atol=1e-300)
    assert header["windows"] == [1, 2, 3, 4, 5, 7, 10, 12]
    assert (header["step"], header["sequence"], header["cell"]) == (3, 3, "LSTM")


def test_edges_carry_what_the_layer_above_passes_down():
    """Between two levels of two directions every edge is its own; at the inputs they add up to the Trace's."""
    trace, task = recorded(**STACK)
    header, arrays = drawing(trace, task, 0)
    edges = header["segments"][0]["edges"]
    assert sorted(edges) == [(0, INPUT), (1, INPUT), (2, 0), (2, 1), (3, 0), (3, 1)]
    found = truncated_gradients(trace, 12)
    for n, (upper, lower) in enumerate(edges):
        part = found.down[upper][0] if lower == INPUT else found.down[upper][0][:, 5 * lower : 5 * lower + 5]
        np.testing.assert_allclose(arrays["0/down"][-1, n], lengths(part), rtol=1e-9)
    np.testing.assert_allclose(found.down[0][0] + found.down[1][0], trace.input_grads[0], rtol=1e-9, atol=1e-15)
    # A class is read off both ends: the loss enters the last step of each direction of the top level, nowhere else.
    assert np.argwhere(arrays["0/loss"]).tolist() == [[2, 11], [3, 0]]


def test_a_recurrent_edge_carries_what_the_loss_does_not_bring():
    trace, task = recorded(task="sine", length=9, cell="gru")
    _, arrays = drawing(trace, task, 1)
    rest = trace.state_grads["h"][0, 1] - trace.output_grads[1]
    np.testing.assert_allclose(arrays["0/passed/h"][-1, 0], lengths(rest), rtol=1e-7, atol=1e-14)
    np.testing.assert_allclose(arrays["0/loss"][0], lengths(trace.output_grads[1]), rtol=1e-12)


def test_inputs_outputs_and_targets_are_the_real_ones():
    trace, task = recorded(task="adding", length=6)
    header, arrays = drawing(trace, task, 2)
    segment, batch = header["segments"][0], task.probe()
    assert segment["inputs"]["names"] == ["value", "mark"]
    np.testing.assert_array_equal(arrays["0/inputs"], batch.inputs[2])
    assert segment["outputs"]["text"] == [None] * 5 + [f"{trace.outputs[2, 0]:.3g}"]
    assert segment["outputs"]["targets"] == [None] * 5 + [f"{batch.targets[2, 0]:.3g}"]

    trace, task = recorded(task="copy_memory", length=3)
    header, _ = drawing(trace, task, 0)
    said, batch = header["segments"][0]["outputs"], task.probe()
    likeliest = trace.outputs[0].argmax(-1)
    assert said["text"] == [task.labels[k] for k in likeliest]
    judged = batch.judged[0] if batch.judged is not None else batch.counts[0]
    assert said["right"] == [
        bool(k == y) if j else None for k, y, j in zip(likeliest, batch.targets[0], judged, strict=True)
    ]

    trace, task = recorded(task="sine", length=7)
    _, arrays = drawing(trace, task, 0)
    np.testing.assert_allclose(arrays["0/outputs"], np.stack([trace.outputs[0, :, 0], trace.targets[0, :, 0]]))


def test_an_encoder_and_a_decoder_are_two_segments():
    trace, task = recorded(task="translation", embedding_size=3, attention="dot", bidirectional=True, cell="gru")
    header, arrays = drawing(trace, task, 1)
    encoder, decoder = header["segments"]
    batch = task.probe()
    assert (encoder["name"], decoder["name"]) == ("Encoder", "Decoder")
    assert encoder["steps"] == batch.lengths[1] and decoder["steps"] == batch.target_lengths[1]
    assert "".join(encoder["inputs"]["text"]).replace("␣", " ") == task.decode_input(
        batch.inputs[1][: encoder["steps"]]
    )
    assert "".join(decoder["outputs"]["targets"]).replace("␣", " ")[:-1] == task.decode(batch.targets[1])
    assert decoder["inputs"]["text"][1:] == decoder["outputs"]["targets"][:-1]
    np.testing.assert_array_equal(
        arrays["attention"], trace.attention[1, : decoder["steps"], : encoder["steps"]].astype(float)
    )
    np.testing.assert_allclose(arrays["0/link/h"], lengths(trace.encoder.final_state_grads["h"][:, 1]), rtol=1e-12)
    np.testing.assert_allclose(
        arrays["0/total/h"][-1], lengths(trace.encoder.state_grads["h"][:, 1, : encoder["steps"]]), rtol=1e-9
    )
    assert "outputs" not in encoder and "1/link/h" not in arrays


def test_a_decoder_of_a_vector_shows_it():
    trace, task = recorded(task="caption", cell="gru")
    header, arrays = drawing(trace, task, 0)
    (segment,) = header["segments"]
    assert segment["given"] == {"kind": "vector", "rows": 8, "columns": 8}
    np.testing.assert_array_equal(arrays["0/given"], task.probe().inputs[0])


def test_frames_of_a_film_arrive_whole():
    trace, task = recorded(task="video", length=8)
    header, arrays = drawing(trace, task, 2)
    assert header["segments"][0]["inputs"] == {"kind": "frames", "rows": 16, "columns": 16}
    np.testing.assert_array_equal(arrays["0/inputs"], task.probe().inputs[2])


def test_variable_lengths_leave_no_padding():
    trace, task = recorded(task="sentiment", embedding_size=3)
    for sequence, length in enumerate(trace.lengths):
        header, arrays = drawing(trace, task, sequence)
        assert header["segments"][0]["steps"] == length == len(header["segments"][0]["inputs"]["text"])
        assert arrays["0/h"].shape == (1, length) and (arrays["0/h"] > 0).all()


@pytest.mark.parametrize("hidden_size", [1, 3])
def test_one_time_step_and_one_unit(hidden_size):
    trace, task = recorded(task="sine", length=1, hidden_size=hidden_size)
    header, arrays = decoded(payload(trace, task, 0))
    assert header["windows"] == [1]
    assert arrays["0/passed/h"].tolist() == [[[0.0]]]
    assert arrays["0/total/h"].shape == (1, 1, 1)


def test_without_gradients_the_reason_goes_along():
    trace, task = recorded(task="sine", length=4)
    none = dict.fromkeys(("state_grads", "output_grads", "final_state_grads", "input_grads"))
    header, arrays = decoded(payload(replace(trace, why_no_grads="it ran under no_grad", **none), task, 0))
    assert header["windows"] == [] and "it ran under no_grad" in header["why"]
    assert set(arrays) == {"0/h", "0/c", "0/inputs", "0/outputs"}


def test_infinite_gradients_and_outputs_arrive_as_they_are():
    trace, task = recorded(task="sine", length=4)
    output_grads, outputs = trace.output_grads.copy(), trace.outputs.copy()
    output_grads[0, 2], outputs[0, 1] = np.inf, np.nan
    _, arrays = decoded(payload(replace(trace, output_grads=output_grads, outputs=outputs), task, 0))
    assert not np.isfinite(arrays["0/total/h"][-1, 0, :3]).any() and np.isfinite(arrays["0/total/h"][-1, 0, 3])
    assert np.isnan(arrays["0/outputs"][0, 1])


def test_windows_grow_fewer_where_they_would_take_long():
    trace, _ = recorded(task="sine", length=60)
    alone = one_sequence(trace, 0)
    plenty, few = windows_of(alone, 10.0), windows_of(alone, 4e-3)
    assert plenty[-1] == few[-1] == 60 and set(few) < set(plenty)
    assert windows_of(alone, 0.0) == [60]
