"""The command line: `python -m rnnviz run | train | bench`.

Each command is a module with `add_arguments(parser)` and `main(args) -> int`, loaded only when it is called.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from rnnviz.registry import Registry

COMMANDS: Registry[tuple[str, str]] = Registry(
    "command",
    {
        "run": ("rnnviz.app.launch", "open the app in a browser"),
        "train": ("rnnviz.train_command", "train one experiment without the app"),
        "remake": ("rnnviz.export.remake", "make a saved run again and compare it, bit for bit"),
        "rivals": ("rnnviz.rivals.command", "train one experiment, and what else could do it"),
        "gallery": ("rnnviz.gallery.command", "train every example of the gallery, and say how well it does"),
        "bench": ("rnnviz.bench", "measure recording and gradient flow against their alternatives"),
        "worker": ("rnnviz.runs.worker", "run slices of training for the app (started by it)"),
        "errand": ("rnnviz.errands.command", "do one piece of work for the app (started by it)"),
    },
)


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="python -m rnnviz", description="See inside recurrent networks.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (module_name, words) in COMMANDS.items():
        command = commands.add_parser(name, help=words, description=words)
        if arguments[:1] == [name]:
            import_module(module_name).add_arguments(command)
    args = parser.parse_args(arguments)
    module_name, _ = COMMANDS[args.command]
    return import_module(module_name).main(args)


if __name__ == "__main__":
    sys.exit(main())
