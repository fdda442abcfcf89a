"""Examples on measurements in time."""

from __future__ import annotations

from rnnviz.gallery.example import Example

STOCKS = Example(
    name="stocks",
    title="Stock prices",
    task="stocks",
    lesson="Last week says next to nothing about the next: the best that a network can learn is to say so.",
    steps=300,
    measure="rmse",
    reach=0.56,
    seconds=1,
    picture="series",
    page="train.py",
    look="The held-out loss beside the dashed line, which is always guessing the mean; train on, and it rises.",
)
SENSORS = Example(
    name="sensors",
    title="Sensors of a heated room",
    task="sensors",
    lesson="No sensor says how warm the floor is: the network remembers how long the heating ran. Simulated data.",
    steps=450,
    measure="rmse",
    reach=0.11,
    seconds=5,
    picture="series",
    page="hidden_states.py",
    look="A unit that rises and falls slowly, hours behind the heating: the warmth of the floor.",
    without={"length": 1},
    without_words="from one reading",
)
