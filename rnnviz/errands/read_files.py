"""The errand that reads what a visitor brought: in a process of its own, whatever the files do to their readers."""

from __future__ import annotations

from rnnviz.data.reading import read, read_as_text
from rnnviz.errands import Arrays, Result, Words, progress


def read_files(words: Words, arrays: Arrays) -> Result:
    """words: `names` of the files, `as_text`, `limit_mb`, `total_mb`; arrays: their bytes, by place in `names`.

    Gives the parts of a Dataset. Raises DataError.
    """
    files = [(name, arrays[str(place)].tobytes()) for place, name in enumerate(words["names"])]
    progress(0.1, "Reading")
    data = (read_as_text if words["as_text"] else read)(files, words["limit_mb"], words["total_mb"])
    progress(0.9, "Handing over")
    return data.to_parts()
