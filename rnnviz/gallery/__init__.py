"""The gallery: one example for each classic use, ready to train. To add one, write it and list it here."""

from __future__ import annotations

from rnnviz.gallery import language, pixels, series, signals, symbols
from rnnviz.gallery.example import Example as Example
from rnnviz.registry import Registry

EXAMPLES: Registry[Example] = Registry(
    "example",
    {
        "language_model": language.LANGUAGE_MODEL,
        "translation": language.TRANSLATION,
        "sentiment": language.SENTIMENT,
        "tagging": language.TAGGING,
        "names": language.NAMES,
        "caption": language.CAPTION,
        "stocks": series.STOCKS,
        "sensors": series.SENSORS,
        "digits_rows": pixels.DIGITS_ROWS,
        "digits_pixels": pixels.DIGITS_PIXELS,
        "dna": symbols.DNA,
        "spoken_digits": signals.SPOKEN_DIGITS,
        "gestures": signals.GESTURES,
        "video": signals.VIDEO,
        "music": signals.MUSIC,
    },
)
