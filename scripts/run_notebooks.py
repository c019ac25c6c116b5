"""Run every notebook from top to bottom in a kernel of its own; nothing is written back.

With --quick on few people and with less search, as in CI.
"""

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from training.bench import CONFIG, PERSONS

ROOT = Path(__file__).resolve().parents[1]
MOST_SECONDS = 600
QUICK = {PERSONS: "6000", CONFIG: str(ROOT / "notebooks" / "quick.toml")}


def run_notebook(path: Path, environment: Mapping[str, str]) -> float:
    """Return how many seconds the notebook took; raises CellExecutionError where a cell fails."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # has no types
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook,
            timeout=MOST_SECONDS,
            startup_timeout=MOST_SECONDS,
            resources={"metadata": {"path": ROOT}},
            # a socket file instead of open ports, of its own: notebooks may run side by side
            config=Config({"KernelManager": {"transport": "ipc", "ip": f"{folder}/kernel"}}),
        ).execute(env=dict(environment))
    return time.monotonic() - started


def main(arguments: list[str]) -> int:
    """Run the notebooks named, or all of them, and return the exit code."""
    environment = os.environ | (QUICK if "--quick" in arguments else {})
    named = [name for name in arguments if name != "--quick"]
    paths = [Path(name) for name in named] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    for path in paths:
        try:
            print(f"{path.name}: {run_notebook(path, environment):.0f} s", flush=True)
        except CellExecutionError as error:
            print(f"{path.name}: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
