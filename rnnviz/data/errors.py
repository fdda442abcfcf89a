"""DataError: what is wrong with data, in one sentence that names the place and the remedy."""

from __future__ import annotations


class DataError(ValueError):
    """Data that cannot be used. The message names the file, line or column, and says what to do."""
