"""What opens a door stands in no log, no message and no list of processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest

from serving.registry import RegistryError, fetch_champion

ROOT = Path(__file__).resolve().parents[2]
SECRET = "n0t-to-be-seen"  # noqa: S105
# a port on which nothing listens: told at once that there is nobody
STORE = f"postgresql://someone:{SECRET}@127.0.0.1:9/nothing"
REGISTRY = f"http://someone:{SECRET}@127.0.0.1:9"


def read_words() -> Iterator[str]:
    """Give the words with which each process on this machine was started."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it ended meanwhile
            continue


def test_the_process_that_asks_the_registry_shows_no_password(tmp_path: Path) -> None:
    faults: list[str] = []
    seen: set[str] = set()

    def ask() -> None:
        try:
            fetch_champion(REGISTRY, "kantelpunt", tmp_path)
        except RegistryError as error:
            faults.append(str(error))

    asking = Thread(target=ask)
    asking.start()
    until = monotonic() + 60
    while asking.is_alive() and monotonic() < until:
        seen.update(words for words in read_words() if "serving.registry" in words)
        asking.join(0.05)

    assert seen
    assert not any(SECRET in words for words in seen)
    assert faults
    assert SECRET not in faults[0]


COMMANDS = [
    ("db", "upgrade"),
    ("monitor",),
    ("history",),
    ("serve", "--port", "0"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_that_cannot_reach_what_it_needs_does_not_print_the_address(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    given = {
        "DATABASE_URL": STORE,
        "MLFLOW_TRACKING_URI": REGISTRY,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "KANTELPUNT_SESSION_SECRET": SECRET * 3,
        "KANTELPUNT_CACHE": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }

    done = subprocess.run(
        [sys.executable, "-m", "kantelpunt", *words],
        env=os.environ | given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode != 0
    assert done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
