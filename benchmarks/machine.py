"""On what a benchmark runs: the machine, the versions of libraries, the commit."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from training.record import ROOT, find_revision

PROCESSORS = Path("/proc/cpuinfo")
# what a figure of speed or quality leans on; a rival in an environment of its own tells its own
LIBRARIES = (
    *("lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn", "mlflow", "dask"),
    *("fastapi", "uvicorn", "pydantic", "sqlalchemy", "psycopg"),
)
# the words ask for a version
PROGRAMS = {"nginx": ("nginx", "-v"), "PostgreSQL": ("postgres", "--version")}
DEBIAN = "/usr/lib/postgresql"
PAGE = "benchmarks/RESULTS.md"  # the benchmarks write it themselves: it makes the code no other


def describe_machine() -> str:
    """Return processor, usable cores, memory, kernel and Python, on one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    system = f"{platform.system()} {platform.release()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{_find_processor()}, {cores} cores, {memory:.0f} GiB, {system}, {python}"


def _find_processor() -> str:
    if PROCESSORS.is_file():
        for line in PROCESSORS.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def list_versions(libraries: Iterable[str] = LIBRARIES) -> dict[str, str]:
    """Return the versions of the libraries that are installed."""
    found = {}
    for library in libraries:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def list_programs() -> dict[str, str]:
    """Return the versions of the programs of the system that are installed."""
    found: dict[str, str] = {}
    for name, (program, word) in PROGRAMS.items():
        if place := find_program(program):
            told = subprocess.run([place, word], capture_output=True, text=True, check=False)
            number = re.search(r"\d+(\.\d+)+", told.stdout + told.stderr)
            found |= {name: number[0]} if number else {}
    return found


def find_program(name: str) -> str | None:
    """Return the path of a program of the system, also where Debian hides it from users."""
    places = sorted(Path(DEBIAN).glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, places)])
    return shutil.which(name, path=path)


def find_commit() -> str:
    """Return the commit, with "+" when files differ from it; "unknown" outside a repository."""
    found = find_revision(ROOT, but=PAGE)
    return found["revision"][:10] + "+" * bool(found["dirty"]) if found else "unknown"
