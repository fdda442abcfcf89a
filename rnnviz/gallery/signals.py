"""Examples on signals: speech, gestures, video, music."""

from __future__ import annotations
