"""Record what happens inside nn.RNN, nn.LSTM and nn.GRU at the speed of the fused kernels.

    with rnnviz.record(model) as recording:
        criterion(model(x), y).backward()
    trace = recording["encoder.lstm"]

The forward and backward passes are the model's own; hooks only copy what goes in, what comes out, and the
gradients that arrive at what came out. The inside (gates, cell states, the states of lower layers, total
gradients) is recovered after the block, when a Trace is first asked for.

find.py       which modules are recorded, and what is refused
layout.py     batch first, time first, unbatched, packed: to and from (B, T, ...)
passes.py     the hooks, and what they copy
replay.py     the stack again, layer by layer, with the same dropout masks
building.py   from what was copied to a Trace
block.py      `record` and `Recording`
"""

from __future__ import annotations

from rnnviz.recording.block import Recording as Recording
from rnnviz.recording.block import record as record
from rnnviz.recording.errors import RecordingError as RecordingError
from rnnviz.recording.errors import RefusedOption as RefusedOption
