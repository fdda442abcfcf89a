"""Examples on measurements in time."""

from __future__ import annotations

from rnnviz.gallery.example import Example

STOCKS = Example(
    name="stocks",
    title="Stock prices",
    task="stocks",
    lesson="Last week says next to nothing about the next: a good network learns to say so, and no more.",
    steps=300,
    measure="rmse",
    reach=1.2,
    seconds=5,
    picture="series",
    page="train.py",
    look="The held-out loss beside the dashed line, which is always guessing the mean; train on, and it rises.",
)
SENSORS = Example(
    name="sensors",
    title="Sensors of a heated room",
    task="sensors",
    lesson="How warm the floor is, no sensor says; the network remembers how long the heating ran (generated data).",
    steps=450,
    measure="rmse",
    reach=0.12,
    seconds=10,
    picture="series",
    page="hidden_states.py",
    look="A unit that rises slowly while the heating is on: the floor.",
    without={"length": 1},
    without_words="from one reading",
)
