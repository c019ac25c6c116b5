"""Run every notebook from top to bottom in a kernel of its own; nothing is written back."""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[1]
MOST_SECONDS = 600


def run_notebook(path: Path) -> float:
    """Return how many seconds the notebook took; raises CellExecutionError where a cell fails."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # has no types
    started = time.monotonic()
    NotebookClient(
        notebook,
        timeout=MOST_SECONDS,
        resources={"metadata": {"path": ROOT}},
        # a socket file instead of open ports
        config=Config({"KernelManager": {"transport": "ipc"}}),
    ).execute()
    return time.monotonic() - started


def main(arguments: list[str]) -> int:
    """Run the notebooks named, or all of them, and return the exit code."""
    paths = [Path(name) for name in arguments] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    for path in paths:
        try:
            print(f"{path.name}: {run_notebook(path):.0f} s", flush=True)
        except CellExecutionError as error:
            print(f"{path.name}: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
