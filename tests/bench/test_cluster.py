"""The comparison with a Dask cluster runs, on request alone, and ends what it started."""

from __future__ import annotations

import json

import psutil
import pytest

from rnnviz.__main__ import main
from rnnviz.bench import GROUPS


@pytest.mark.slow
def test_it_compares_two_workers_with_two_loops_and_with_one_worker(tmp_path, capsys):
    assert "dask" not in GROUPS  # it starts processes: nobody gets it unasked
    before = {child.pid for child in psutil.Process().children()}  # of other tests
    file = tmp_path / "bench.json"
    assert main(["bench", "--quick", "--only", "dask", "--json", str(file)]) == 0
    (result,) = json.loads(file.read_text())["results"]
    seconds, ratios = result["seconds"], result["ratios"]
    assert all(value > 0 for value in seconds.values())
    assert ratios["two workers, share of two plain loops"] == pytest.approx(
        seconds["two plain loops"] / seconds["two Dask workers"]
    )
    assert ratios["two workers, times one worker"] == pytest.approx(
        seconds["one Dask worker"] / seconds["two Dask workers"]
    )
    assert "not judged" in capsys.readouterr().out
    assert {child.pid for child in psutil.Process().children()} <= before
