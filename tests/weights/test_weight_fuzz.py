"""Files of weights that are damaged in every way: a sentence or weights, soon, in little memory, nothing on disk."""

from __future__ import annotations

import io
import os
import random
import resource
import time
import zipfile
from collections import Counter

import numpy as np
import pytest
from stock_models import Tagger, arrays, as_safetensors, by_hand, saved
from test_weight_files import archive, read

from rnnviz.data.errors import DataError
from rnnviz.weights import find_readouts, find_stacks

pytestmark = pytest.mark.filterwarnings("ignore")  # of torch and pickletools, on what they are given
MODEL = Tagger("lstm", num_layers=2, bidirectional=True)
TORCH_FILE, SAFETENSORS_FILE = saved(MODEL.state_dict()), as_safetensors(MODEL.state_dict())
HEADER = SAFETENSORS_FILE[8 : 8 + int.from_bytes(SAFETENSORS_FILE[:8], "little")]
with zipfile.ZipFile(io.BytesIO(TORCH_FILE)) as _made:
    PARTS = {name.removeprefix("archive/"): _made.read(name) for name in _made.namelist()}
PROGRAM = PARTS["data.pkl"]
NUMBERS = [b"\xff" * 8, bytes(8), b"\x7f" + b"\xff" * 7, b"\x80" * 8, (2**31).to_bytes(8, "little")]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The content with a few bytes changed, put in, left out, repeated, or made huge numbers."""
    new = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        place = rng.randrange(len(new) + 1)
        length = rng.randrange(1, 40)
        match rng.randrange(6):
            case 0:
                new[place : place + 1] = rng.randbytes(1)
            case 1:
                new[place:place] = rng.randbytes(length)
            case 2:
                del new[place : place + length]
            case 3:
                again = rng.randrange(len(new) + 1)
                new[place:place] = new[again : again + length]
            case 4:
                new[place : place + 8] = rng.choice(NUMBERS)
            case 5:
                del new[max(place, 20) :]
    return bytes(new)


def whole_archive(rng: random.Random) -> bytes:
    """An archive without a fault but that one of its entries is damaged."""
    name = rng.choice(["data.pkl"] * 5 + list(PARTS))
    parts = PARTS | {name: damaged(PARTS[name], rng)}
    return archive(parts.pop("data.pkl"), **parts)


DAMAGES = {
    "torch file": lambda rng: damaged(TORCH_FILE, rng),
    "torch archive": whole_archive,
    "safetensors file": lambda rng: damaged(SAFETENSORS_FILE, rng),
    "safetensors header": lambda rng: by_hand(damaged(HEADER, rng), SAFETENSORS_FILE[8 + len(HEADER) :]),
}


def most_memory() -> float:
    """The most that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def outcome(content: bytes, seconds: float = 3.0, megabytes: float = 200.0) -> str:
    """What becomes of a file; fails where it takes too long or too much."""
    before, begin = most_memory(), time.process_time()
    try:
        weights = read(content)
        stacks, refused = find_stacks(weights)
        for stack in stacks:
            find_readouts(weights, stack)
        said, result = list(refused), "read"
    except DataError as error:
        said, result = [str(error)], "refused"
    assert time.process_time() - begin < seconds  # a busy machine does not count
    assert most_memory() - before < megabytes
    for sentence in said:
        assert sentence.isprintable() and 40 < len(sentence) < 500 and sentence.endswith((".", "path)")), sentence
    return result


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_file_gives_a_sentence_or_weights(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    rng = random.Random(kind)
    seen = Counter(outcome(DAMAGES[kind](rng)) for _ in range(150))
    assert seen["refused"] > 20, seen
    assert os.listdir(tmp_path) == []


def pickled(*operations: bytes) -> bytes:
    return archive(b"\x80\x02" + b"".join(operations) + b".")


def name_in_pickle(word: bytes) -> bytes:
    return b"X" + len(word).to_bytes(4, "little") + word


def tensors(shapes: dict[str, list[int]], body: int = 0) -> bytes:
    entries = {name: {"dtype": "F32", "shape": shape, "data_offsets": [0, body]} for name, shape in shapes.items()}
    return by_hand(entries, bytes(body))


def stack_of(**changes) -> dict[str, np.ndarray]:
    return {name: changes.get(name.rpartition(".")[2], array) for name, array in arrays(MODEL).items()}


HAND_MADE = {
    "depth of a pickle": lambda: pickled(b"]" * 100_000, b"a" * 99_999),
    "dictionaries within dictionaries": lambda: pickled(*[b"}" + name_in_pickle(b"k")] * 50_000, b"}", b"s" * 50_000),
    "half a million marks": lambda: pickled(b"(" * 490_000),
    "many numbers": lambda: pickled(b"K\x01" * 240_000),
    "protocols over and over": lambda: pickled(b"\x80\x02" * 240_000),
    "a pickle that is too long": lambda: pickled(b"N" * 500_001),
    "a number of many digits": lambda: pickled(b"I" + b"9" * 450_000 + b"\n"),
    "a long of many bytes": lambda: pickled(b"\x8b" + (450_000).to_bytes(4, "little") + b"\x7f" * 450_000),
    "a string longer than the file": lambda: pickled(b"X\xff\xff\xff\x7f"),
    "a name that is no text": lambda: pickled(b"}" + name_in_pickle(b"\xed\xa0\x80") + b"Ns"),
    "a list of nothing": lambda: saved([]),
    "a number": lambda: saved(3),
    "a key that is a number": lambda: saved({0: {1: {"weight_ih_l0": 3}}}),
    "an archive with too many entries": lambda: archive(PROGRAM, **{f"data/x{k}": b"" for k in range(20_001)}),
    "an archive without a pickle": lambda: archive(b"").replace(b"data.pkl", b"data.txt"),
    "an archive in an archive": lambda: archive(TORCH_FILE),
    "a header of brackets": lambda: by_hand(b"{" + b"[" * 1_000_000),
    "a header of names": lambda: tensors({f"w{k}": [0] for k in range(19_000)}),
    "too many names": lambda: tensors({f"w{k}": [0] for k in range(20_001)}),
    "a shape that overflows": lambda: tensors({"weight_ih_l0": [2**62, 4]}),
    "a shape of zeros": lambda: tensors({"weight_ih_l0": [0, 2**40], "weight_hh_l0": [0, 0]}),
    "a shape that is no list": lambda: by_hand({"w": {"dtype": "F32", "shape": "4", "data_offsets": [0, 4]}}, bytes(4)),
    "a negative shape": lambda: tensors({"weight_ih_l0": [-1, -4]}),
    "offsets beyond the end": lambda: tensors({"weight_ih_l0": [4, 1]}, 16)[:-8],
    "a name of a megabyte": lambda: tensors({"weight_ih_l0" * 80_000: [0]}),
    "names with mark-up": lambda: tensors({"<script>alert(1)</script>.weight_ih_l0": [0]}),
    "names with control characters": lambda: tensors({"\x00\x1b]0;x\x07\n.weight_hh_l0": [0]}),
    "a layer of number 99": lambda: tensors({"weight_ih_l0": [0], "weight_hh_l99": [0]}),
    "a layer of number 10^30": lambda: tensors({"weight_ih_l" + "9" * 30: [0]}),
    "header is null": lambda: by_hand(None),
    "header is a list": lambda: by_hand([]),
    "header is empty": lambda: by_hand({}),
    "only metadata": lambda: by_hand({"__metadata__": {"format": "pt"}}),
}
WRONG = {
    "all NaN": stack_of(weight_hh_l1=np.full((20, 5), np.nan, "f4")),
    "one infinite": stack_of(bias_ih_l0=np.full(20, np.inf, "f4")),
    "no rows": stack_of(weight_hh_l0=np.zeros((0, 5), "f4")),
    "no columns": stack_of(weight_hh_l0=np.zeros((20, 0), "f4")),
    "a scalar": stack_of(weight_hh_l0=np.zeros((), "f4")),
    "three axes": stack_of(weight_ih_l0=np.zeros((20, 3, 1), "f4")),
    "wide": stack_of(weight_ih_l1=np.zeros((20, 3), "f4")),
    "too many layers": {f"weight_{kind}_l{k}": np.zeros((4, 1), "f4") for k in range(50) for kind in ("ih", "hh")},
}


@pytest.mark.parametrize("name", HAND_MADE)
def test_a_file_made_to_break_things_is_refused(name):
    assert outcome(HAND_MADE[name]()) == "refused"


@pytest.mark.parametrize("name", WRONG)
def test_weights_that_are_none_are_refused(name):
    if name == "too many layers":  # whether that many can be shown is the settings' to say
        assert find_stacks(WRONG[name])[0][0].num_layers == 50
        return
    with pytest.raises(DataError) as caught:
        find_stacks(WRONG[name])
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400
