"""Environments of their own for libraries that we measure ourselves by, and never depend on."""

import os
import subprocess
import sys
from pathlib import Path

from features.errors import KantelpuntError
from training.record import ROOT


class RivalMissingError(KantelpuntError):
    """The environment of a rival could not be made, or what was run failed."""


def find_python(home: Path) -> Path:
    """Return the Python of an environment."""
    return home / "bin" / "python"


def make_environment(home: Path, pins: Path) -> None:
    """Make an environment with what is pinned, or bring it up to date; raises RivalMissingError."""
    uv = [sys.executable, "-m", "uv"]
    run_rival([*uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(home)])
    install = ["pip", "sync", "--quiet", "--only-binary", ":all:", "--require-hashes", str(pins)]
    run_rival([*uv, *install, "--python", str(find_python(home))])


def run_rival(command: list[str]) -> None:
    """Run a command on one core; raises RivalMissingError with what it said when it fails."""
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=limit_threads(1),
    )
    check_rival(done.returncode, done.stderr)


def limit_threads(threads: int) -> dict[str, str]:
    """Return an environment in which libraries use so many threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(threads))}


def check_rival(code: int, said: str) -> None:
    """Raise RivalMissingError with the end of what a command said, where it failed."""
    if code:
        last = "\n".join(said.splitlines()[-20:])
        raise RivalMissingError(f"a command of this benchmark failed:\n{last}")
