"""Files of weights: what torch and safetensors write is read as it is; what would run is refused by name, and unrun."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from stock_models import Tagger, arrays, as_safetensors, by_hand, saved
from torch import nn

from rnnviz import errands
from rnnviz.data.errors import DataError
from rnnviz.weights import TORCH, find_stacks, kind, read_safetensors


def read(content: bytes, name: str = "model.pt") -> dict[str, np.ndarray]:
    """As the page reads a file, its errand done here."""
    if kind(name, content, 50) == TORCH:
        return dict(errands.run("weights", {"name": name}, {"file": np.frombuffer(content, np.uint8)})[1])
    return read_safetensors(name, content)


MODEL = Tagger("gru", num_layers=2)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("write", ["torch.save", "safetensors"])
def test_what_was_saved_is_read_back(write, nested):
    given = MODEL.state_dict()
    if write == "safetensors":
        content = as_safetensors({f"model.{name}" * nested or name: value for name, value in given.items()})
    else:
        adam = torch.optim.Adam(MODEL.parameters())
        content = saved({"epoch": 3, "model": given, "optimizer": adam.state_dict(), "loss": 0.5} if nested else given)
    found = read(content)
    ours = {name.removeprefix("model.") if nested else name: array for name, array in found.items()}
    assert set(ours) == set(given)
    for name, tensor in given.items():
        assert ours[name].dtype == np.float32
        np.testing.assert_array_equal(ours[name], tensor)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("write", [saved, as_safetensors])
def test_every_kind_of_real_number_is_read_and_others_are_left(write, dtype):
    values = torch.tensor([[1.5, -2.25], [0.1, 3e-3]], dtype=dtype)
    others = {
        "count": torch.arange(3),
        "seen": torch.tensor([True]),
        "cube": torch.ones(2, 2, 2),
        "one": torch.ones(()),
    }
    found = read(write({"w": values, **others}))
    assert list(found) == ["w"]
    assert found["w"].dtype == (np.float64 if dtype == torch.float64 else np.float32)
    np.testing.assert_array_equal(found["w"], values.to(torch.float64))


def test_stacks_and_readouts_of_a_file_come_in_one_order_each_time():
    content = as_safetensors({**nn.LSTM(2, 3, 3, bidirectional=True).state_dict()})  # 24 arrays: 24! orders
    assert list(found := read_safetensors("model.safetensors", content)) == sorted(found) and len(found) == 24


def test_what_shares_memory_or_lies_crosswise_is_read():
    base = torch.arange(6.0).reshape(2, 3)
    found = read(saved({"a": base, "tied": base, "crosswise": base.T, "part": base[1:, :2]}))
    for name, tensor in {"a": base, "tied": base, "crosswise": base.T, "part": base[1:, :2]}.items():
        np.testing.assert_array_equal(found[name], tensor)


class Planted:
    """A pickle that would create a file when it is loaded."""

    def __init__(self, path: Path, how: str = "open") -> None:
        self.path, self.how = path, how

    def __reduce__(self):
        if self.how == "system":
            import os

            return os.system, (f"touch {self.path}",)
        if self.how == "eval":
            return eval, (f"open({str(self.path)!r}, 'w').close()",)
        return open, (str(self.path), "w")


def archive(program: bytes, **more: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in {"data.pkl": program, "version": b"3\n", "byteorder": b"little", **more}.items():
            made.writestr(f"archive/{name}", content)
    return out.getvalue()


def planted_files(path: Path) -> dict[str, bytes]:
    bare = {
        f"pickle protocol {protocol}, {how}": pickle.dumps(Planted(path, how), protocol)
        for protocol in range(6)
        for how in ("open", "system", "eval")
    }
    return {
        **bare,
        **{f"archive of {name}": archive(program) for name, program in bare.items()},
        "among weights": saved({"weight_ih_l0": torch.ones(4, 1), "x": Planted(path)}),
        "among weights, protocol 5": saved({"weight_ih_l0": torch.ones(4, 1), "x": Planted(path)}, pickle_protocol=5),
        "legacy": saved({"x": Planted(path)}, _use_new_zipfile_serialization=False),
    }


KINDS = list(planted_files(Path("x")))


@pytest.mark.parametrize("name", KINDS)
def test_no_pickle_is_executed(name, tmp_path):
    path = tmp_path / "planted"
    content = planted_files(path)[name]
    for call in (read, lambda content: errands.run("weights", {"name": "x"}, {"file": np.frombuffer(content, "u1")})):
        with pytest.raises(DataError, match=r"state_dict\(\)|save it again|save the file again"):
            call(content)
    assert not path.exists()


def test_a_planted_file_does_what_it_says_when_pickle_reads_it(tmp_path):
    """Or the tests above would prove nothing."""
    pickle.loads(pickle.dumps(Planted(tmp_path / "open"))).close()  # noqa: S301, our own
    for how in ("system", "eval"):
        pickle.loads(pickle.dumps(Planted(tmp_path / how, how)))  # noqa: S301
    assert len(list(tmp_path.iterdir())) == 3


def test_what_a_file_would_call_is_named():
    for value, said in [
        (Planted(Path("/nowhere/x"), "system"), r"would call (posix|nt)\.system"),
        (Planted(Path("/nowhere/x"), "eval"), r"would call (builtins|__builtin__)\.eval"),
        (MODEL, r"would call stock_models\.Tagger"),
        (nn.LSTM(1, 1), r"would call torch\.nn\.modules\.rnn\.LSTM"),
        ({"score": np.float64(1)}, r"would call numpy\.?_?core\.multiarray\.scalar"),
    ]:
        sentence, content = said + r".*torch\.save\(model\.state_dict\(\), path\)", saved(value)
        with pytest.raises(DataError, match=sentence):
            read(content)
        with pytest.raises(DataError, match=sentence):  # before torch sees it, whoever asks
            errands.run("weights", {"name": "x"}, {"file": np.frombuffer(content, np.uint8)})


def test_torchscript_is_refused(tmp_path):
    with pytest.warns(DeprecationWarning):
        torch.jit.script(nn.Linear(1, 1)).save(tmp_path / "script.pt")
    with pytest.raises(DataError, match="TorchScript program, which is not run"):
        read((tmp_path / "script.pt").read_bytes())


def test_a_tensor_that_repeats_itself_fills_no_memory():
    with pytest.raises(DataError, match="claims to hold more numbers than it has bytes, at w"):
        read(saved({"w": torch.zeros(1).expand(200_000, 200_000)}))


def test_an_archive_that_would_grow_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("archive/data.pkl", b"\x80\x02}." + bytes(50_000_000))
    with pytest.raises(DataError, match=r"archive/data\.pkl is compressed"):
        read(out.getvalue())


def test_an_archive_that_is_locked_is_refused():
    content = bytearray(saved(MODEL.state_dict()))
    for header, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(header) + flags] |= 1
    with pytest.raises(DataError, match="is compressed or locked"):
        read(bytes(content))


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (b"\x80\x02" + b"N" * 500_000 + b".", "pickle has 500,003 bytes; at most 500,000"),
        (b"\x80\x02X\x02\0\0\0osX\x06\0\0\0system\x93.", r"makes objects \(STACK_GLOBAL\)"),
        (b"\x80\x02(X\x02\0\0\0lsios\nsystem\n.", r"makes objects \(INST\)"),
        (b"\x80\x05N.", "pickle of protocol 5 where torch.save writes 2"),
    ],
)
def test_a_pickle_of_another_kind_is_refused_before_torch_sees_it(program, said):
    with pytest.raises(DataError, match=said):
        kind("x.pt", archive(program), 50)


def test_a_file_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(DataError, match=r"big\.pt has 3 MB; at most 2 MB"):
        kind("big.pt", b"PK\3\4" + bytes(3 * 2**20), 2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n", "neither a safetensors file nor"),
        (b"a,b\n1,2\n", "neither a safetensors file nor"),
        (b"PK\3\4", "damaged"),
        (saved(MODEL.state_dict())[:-60], "damaged"),
        (as_safetensors(MODEL.state_dict())[:-1], "no whole safetensors file"),
        (by_hand({"w": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 4]}}, bytes(4)), "no whole"),
        (by_hand({"w": {"dtype": "F32", "shape": [2**63, 2], "data_offsets": [0, 0]}}), "no whole"),
        (by_hand({"w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, bytes(4)), "no whole"),
        (by_hand({"w": {"dtype": "O", "shape": [1], "data_offsets": [0, 8]}}, bytes(8)), "no whole"),
        (by_hand(b"{" * 5000), "no whole"),
        (by_hand(b"{}", size=2**62), "has a header of"),
        (by_hand(b'{"data_offsets"' + b'"data_offsets"' * 30_000), "30,001 arrays; at most 20,000"),
    ],
)
def test_what_is_no_file_of_weights_is_refused_with_a_remedy(content, said):
    with pytest.raises(DataError, match=said) as caught:
        read(content, "strange.pt")
    assert "strange.pt" in str(caught.value)


def test_weights_that_are_read_are_a_stack():
    (stack,), _ = find_stacks(read(saved(MODEL.state_dict())))
    for name, array in arrays(MODEL.encoder["core"]).items():
        np.testing.assert_array_equal(stack.weights[name], array)
