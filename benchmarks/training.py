"""Training on 100,000 screenings, and 500,000 made-up persons: time and memory.

`python -m benchmarks.training`; every command runs in a process of its own, as a user runs it.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Board, peak_gib


def run(*words: str) -> tuple[float, str]:
    """Return the seconds that a command took and what it printed; raises when it fails."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "kantelpunt", *words], check=True, capture_output=True, text=True
    )
    return time.perf_counter() - began, done.stdout


def main() -> None:
    """Measure in the order of memory used, because peaks of children only rise."""
    board = Board("training")
    with tempfile.TemporaryDirectory() as folder:
        data, uri = str(Path(folder) / "data"), f"sqlite:///{folder}/mlflow.db"
        run("synth", "--persons", "96000", "--seed", "11", "--out", data)
        seconds, said = run("train", "--data", data, "--tracking-uri", uri)
        print(said)
        peak = peak_gib(resource.RUSAGE_CHILDREN)
        board.add("train on 100,000 screenings", seconds, "s", "under 180 s", seconds < 180)
        board.add("peak memory of training", peak, "GiB", "under 4 GiB", peak < 4)
        seconds, _ = run("synth", "--persons", "500000", "--seed", "1", "--out", f"{folder}/many")
        peak = peak_gib(resource.RUSAGE_CHILDREN)
        board.add("synthesise 500,000 persons", seconds, "s", "under 60 s", seconds < 60)
        board.add("highest memory of both", peak, "GiB", "under 4 GiB", peak < 4)
    board.close()


if __name__ == "__main__":
    main()
