"""Training on 100,000 screenings with all that a release needs, and 500,000 made-up persons.

`python -m benchmarks.training`; every command runs in a process of its own, as a user runs it.
"""

import json
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


def train(folder: Path, data: str, board: Board) -> None:
    """Train once, with fairness, refutation and plots, and a clock on the fits."""
    file, uri = folder / "seconds.json", f"sqlite:///{folder}/mlflow.db"
    began = time.perf_counter()
    words = ("train", "--data", data, "--tracking-uri", uri, "--runs-to-sync", str(folder / "runs"))
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from benchmarks.training_fits import main; main()",
            str(file),
            *words,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - began
    print(done.stdout)
    fits = json.loads(file.read_text())["fits"]
    [record] = folder.glob("mlartifacts/*/artifacts/record.json")
    for step in json.loads(record.read_text())["steps"]:
        board.add(step["step"], step["seconds"], "s")
    peak, more = peak_gib(resource.RUSAGE_CHILDREN), 100 * (seconds / fits - 1)
    board.add("train on 100,000 screenings, all in", seconds, "s", "under 480 s", seconds < 480)
    board.add("peak memory of training", peak, "GiB", "under 6 GiB", peak < 6)
    board.add("the fits alone", fits, "s")
    board.add("over the bare fits", more, "%", "at most 15 %", more <= 15)


def main() -> None:
    """Measure in the order of memory used, because peaks of children only rise."""
    board = Board("training")
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "data")
        run("synth", "--persons", "96000", "--seed", "11", "--out", data)
        train(Path(folder), data, board)
        seconds, _ = run("synth", "--persons", "500000", "--seed", "1", "--out", f"{folder}/many")
        peak = peak_gib(resource.RUSAGE_CHILDREN)
        board.add("synthesise 500,000 persons", seconds, "s", "under 60 s", seconds < 60)
        board.add("highest memory of both", peak, "GiB", "under 4 GiB", peak < 4)
    board.close()


if __name__ == "__main__":
    main()
