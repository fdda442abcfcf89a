"""`python -m rnnviz run`: start the server and open the app in the browser."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

from rnnviz.app import admin
from rnnviz.config import ConfigError
from rnnviz.data.bounds import limit_mb

ROOT = Path(__file__).resolve().parents[2]
PORT = 8501
TRIES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, help=f"default: {PORT}, or the next one that is free")
    parser.add_argument(
        "--address", default="127.0.0.1", help="default: this machine alone; 0.0.0.0 lets others on the network in"
    )
    parser.add_argument("--no-browser", action="store_true", help="only start the server")


def main(args: argparse.Namespace) -> int:
    if not (ROOT / "app.py").is_file():
        print(f"There is no app.py in {ROOT}. The app runs from a copy of the repository.", file=sys.stderr)
        return 1
    try:
        admin.secret()
        largest = limit_mb()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    port = args.port or next((p for p in range(PORT, PORT + TRIES) if is_free(args.address, p)), None)
    if port is None or not is_free(args.address, port):
        what = f"Port {port} is" if port else f"Ports {PORT} to {PORT + TRIES - 1} are all"
        print(
            f"{what} taken, perhaps by an rnnviz that already runs. Choose another: "
            f"python -m rnnviz run --port {(port or PORT) + TRIES}",
            file=sys.stderr,
        )
        return 1
    shown = "localhost" if args.address in ("0.0.0.0", "::", "127.0.0.1") else args.address
    address = f"http://{shown}:{port}"
    print(f"rnnviz runs at {address} - press Ctrl+C to stop it.", flush=True)
    # The folder decides which .streamlit/config.toml is read; our own package is found from there too.
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
    command += [f"--server.port={port}", f"--server.address={args.address}"]
    command += [f"--server.maxUploadSize={largest + 2}"]  # our own limits answer first, in words
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": python_path()})
    signal.signal(signal.SIGTERM, lambda number, frame: server.terminate())  # else it would outlive us
    if not args.no_browser:
        threading.Thread(target=open_when_up, args=(address, server), daemon=True).start()
    try:
        return max(server.wait(), 0)  # below: the number of the signal that ended it
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
        return 0


def python_path() -> str:
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen there."""
    family, kind, protocol, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        if os.name != "nt":  # there it would mean something else
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            return error.errno not in (errno.EADDRINUSE, errno.EACCES)  # anything else is the server's to say
    return True


def open_when_up(address: str, server: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Open the browser as soon as the server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                webbrowser.open(address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
