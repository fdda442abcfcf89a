"""Examples on handwriting."""

from __future__ import annotations

from rnnviz.gallery.example import Example

DIGITS_ROWS = Example(
    name="digits_rows",
    title="Handwriting, row by row",
    task="digits_rows",
    lesson="An image is a sequence too: eight rows from top to bottom, and the digit is known.",
    steps=500,
    measure="accuracy",
    reach=0.89,
    seconds=5,
    picture="rows",
    page="unrolled.py",
    look="The gradient on its way back: which rows decide.",
)
DIGITS_PIXELS = Example(
    name="digits_pixels",
    title="Handwriting, pixel by pixel",
    task="digits_pixels",
    lesson="The same images over 64 time steps: neighbours are far apart, and memory is what is missing.",
    steps=1500,
    measure="accuracy",
    reach=0.82,
    seconds=30,
    picture="pixels",
    page="unrolled.py",
    look="How far back the gradient reaches: the first pixel is 64 time steps away from the answer.",
)
