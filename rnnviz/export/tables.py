"""A Trace as other programs read it: netCDF, every array with its axes named, and CSV, one row a number's place."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnnviz.trace import Trace

if TYPE_CHECKING:
    import xarray

MOST_ROWS = 500_000  # of a CSV file; spreadsheets take a million


def netcdf(trace: Trace) -> bytes:
    """The whole Trace: all that `Trace.to_xarray` has, weights, outputs and targets, and the encoder's as `encoder_…`.

    `xarray.open_dataset(path)` reads it, as any program for netCDF does.
    """
    data = _whole(trace)
    if trace.encoder is not None:
        encoder = _whole(trace.encoder)
        data = data.merge(encoder.rename({name: f"encoder_{name}" for name in (*encoder.variables, *encoder.dims)}))
    return bytes(data.to_netcdf(engine="scipy"))


def _whole(trace: Trace) -> xarray.Dataset:
    data = trace.to_xarray()
    for name, array in {**trace.weights, **trace.model_weights}.items():
        plain = name.replace(".", "_")
        data[plain] = ([f"{plain}_{axis}" for axis in range(array.ndim)], array)
    middle = ["time"] if trace.outputs is not None and trace.outputs.ndim == 3 else []  # an output for every step
    for name, found in (("output", trace.outputs), ("target", trace.targets)):
        if found is not None:
            last = [f"{name}_{axis}" for axis in range(found.ndim - 1 - len(middle))]
            data[name] = (["sequence", *middle, *last], found)
    if trace.loss is not None:
        data.attrs["loss"] = trace.loss
    return data


def rows_of(trace: Trace, sequences: Sequence[int]) -> int:
    """How many rows `table` would have."""
    return int(trace.lengths[list(sequences)].sum()) * len(trace.layer_names) * trace.size[3]


def table(trace: Trace, sequences: Sequence[int] | None = None) -> str:
    """CSV, one row for each layer, sequence, time step and unit: every state, gate and gradient there.

    sequences: which of them; None: all. Padding has no rows. Numbers are written so that they read back as they
    were. Raises ValueError beyond 500,000 rows.
    """
    chosen = range(trace.size[1]) if sequences is None else sequences
    if (count := rows_of(trace, chosen)) > MOST_ROWS:
        raise ValueError(f"The table would have {count:,} rows; at most {MOST_ROWS:,} are: choose one sequence.")
    columns = {**trace.states, **trace.gates}
    columns |= {f"dL/d{name}": array for name, array in (trace.state_grads or {}).items()}
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["layer", "sequence", "time step", "unit", *columns])
    writer.writerows(_rows(trace, chosen, list(columns.values())))
    return out.getvalue()


def _rows(trace: Trace, sequences: Sequence[int], columns: list[np.ndarray]) -> Iterator[list[object]]:
    for layer, name in enumerate(trace.layer_names):
        for sequence in sequences:
            block = np.stack([column[layer, sequence] for column in columns], axis=-1)  # (T, H, columns)
            for time in np.flatnonzero(trace.mask[sequence]).tolist():
                for unit, numbers in enumerate(block[time].tolist()):
                    yield [name, sequence, time, unit, *numbers]
