"""What a run tells of itself beside its bundle: who, when, where, with which code and data.

All that may differ between two runs of the same data and seed stands here, so that their bundles
can be the same byte for byte.
"""

import getpass
import os
import platform
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

LAYOUT = 1
# files of a run beside its bundle
RECORD, FAIRNESS, BESIDE_CHAMPION = "record.json", "fairness.json", "champion.json"
ROOT = Path(__file__).resolve().parents[1]
LOCK = "requirements.lock"
BY = "KANTELPUNT_BY"
LIBRARIES = (
    *("kantelpunt", "numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "lightgbm", "shap"),
    *("mlflow", "optuna"),
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SECONDS_FOR_GIT = 20
_ADDRESS_WITH_NAME = re.compile(r"(?<=://)[^/@\s]+@")  # user and password in an address


class RunWatch:
    """Follows one run from its beginning: who trains, when, and how long each step takes."""

    def __init__(self, by: str | None = None, command: str | None = None) -> None:
        """Begin now; `by` is who trains, `command` what was typed, where something was."""
        self.run = uuid4().hex
        self.by = by or find_user()
        self.command = hide_passwords(command) if command else None
        self.engine: dict[str, Any] | None = None  # the cluster that helped, where one did
        self.began = datetime.now(UTC)
        self._marks: list[tuple[str, float]] = []
        self._start = time.monotonic()

    def step(self, text: str) -> None:
        """Note that a step begins, and that the one before it is done."""
        self._marks.append((text, time.monotonic()))

    def build(self, info: dict[str, Any], files: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Return the record of a run whose bundle tells `info`; plain JSON.

        `files` are those of the extract, as `hash_files` tells them. `seconds` are those until now;
        the last step, that of keeping the run, has not ended.
        """
        now = time.monotonic()
        steps = pairwise([*self._marks, ("", now)])
        return {
            "layout": LAYOUT,
            "run": self.run,
            "by": self.by,
            "began": self.began.isoformat(timespec="seconds"),
            "command": self.command,
            "seed": info["seed"],
            "seconds": round(now - self._start, 3),
            "steps": [
                {"step": text, "seconds": round(end - at, 3)} for (text, at), (_, end) in steps
            ],
            "peak_bytes": measure_peak(),
            "engine": self.engine,
            "git": find_revision(ROOT),
            "environment": describe_environment(),
            "contract": info["contract"],
            "data": {"tables": info["data"], "files": files},
            "info": info,
        }


def find_today() -> date:
    """Return the day on which a command runs, for one that is told no other."""
    return datetime.now(UTC).date()


def find_user() -> str:
    """Return who works here, as the environment or else the system knows them."""
    if named := os.environ.get(BY):
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return "unknown"


def hide_passwords(text: str) -> str:
    """Return a text without the names and passwords that stand in addresses."""
    return _ADDRESS_WITH_NAME.sub("***@", text)


def read_command() -> str:
    """Return what was typed to start this process, without passwords in addresses."""
    name, *words = sys.argv
    return hide_passwords(shlex.join([Path(name).name, *words]))


def measure_peak() -> int:
    """Return the most memory that this process has held so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def find_revision(root: Path, *, but: str = "") -> dict[str, Any] | None:
    """Return the git revision of a folder, and whether anything in it, but one file, differs.

    None where there is no git, or the folder is not the top of a repository: the code was installed
    then, and its version says which it is.
    """
    git = shutil.which("git")
    if git is None:
        return None
    top, revision = (_ask(git, root, "rev-parse", one) for one in ("--show-toplevel", "HEAD"))
    if not top or not revision or Path(top).resolve() != root.resolve():
        return None
    apart = ("--", ".", f":(exclude){but}") if but else ()
    changes = _ask(git, root, "status", "--porcelain", *apart)
    return {"revision": revision, "dirty": None if changes is None else bool(changes)}


def _ask(git: str, root: Path, *words: str) -> str | None:
    # a hook of git sets these for another repository than ours
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603  # the path of git in full, words of ours, no shell
            [str(Path(git).resolve()), "-C", str(root), *words],
            env=env,
            capture_output=True,
            text=True,
            timeout=SECONDS_FOR_GIT,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def describe_environment() -> dict[str, Any]:
    """Return interpreter, system, versions, cores, limits on threads and the hash of the lock."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    lock = ROOT / LOCK
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "usable_cores": usable,
        "threads": {name: os.environ[name] for name in THREADS if name in os.environ},
        "libraries": {name: found for name in LIBRARIES if (found := _find_version(name))},
        "lock": sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None,
    }


def _find_version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
