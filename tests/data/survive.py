"""Read the whole corpus in this process and write, a line of JSON each, what came of it.

What a reader must not do is heard by an audit hook: unpickle, start a process, reach for the network, write a file.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import suppress

FORBIDDEN = (
    "pickle.find_class",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "socket.connect",
)


def main() -> None:
    import openpyxl  # noqa: F401 - what importing does is not what is listened to
    import pyarrow.parquet  # noqa: F401
    from corpus import corpus

    from rnnviz.data import DataError, Dataset, read, read_as_text

    heard: list[str] = []
    reading = False

    def listen(event: str, args: tuple[object, ...]) -> None:
        if not reading:
            return
        writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
        if writes or event.startswith(FORBIDDEN):
            heard.append(f"{event} {str(args)[:100]}")

    sys.addaudithook(listen)
    begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for what, files in corpus():
        made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        heard.clear()
        outcome, start = "", time.process_time()
        reading = True
        try:
            data = read(files)
            data.check()
            words, arrays = data.to_parts()
            back = Dataset.from_parts(json.loads(json.dumps(words)), arrays)
            assert back.fingerprint == data.fingerprint and data.rows > 0 and data.table
            assert len(set(data.columns)) == len(data.columns)
        except DataError as error:
            outcome = str(error)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a fault
            outcome = f"RAISED {type(error).__name__}: {error}"
        seconds = time.process_time() - start
        if seconds < 1 and len(files) == 1:  # as a text too, which takes no longer
            try:
                with suppress(DataError):
                    read_as_text(files)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is a fault
                outcome = f"RAISED as text {type(error).__name__}: {error}"
        reading = False
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        line = {"what": what, "outcome": outcome, "seconds": seconds, "heard": heard, "grew": (peak - made) // 1024}
        print(json.dumps(line), flush=True)
    print(json.dumps({"peak": (peak - begin) // 1024}))


if __name__ == "__main__":
    main()
