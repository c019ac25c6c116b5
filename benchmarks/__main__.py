"""Runs benchmarks one after the other, each in a process of its own, and writes their results.

`python -m benchmarks GROUP|NAME ...`: a group is what one command of the Makefile runs. One that
misses a limit or breaks off keeps the others from nothing; the exit code tells it. The page is
written after each, so that what was measured stays when hours are cut short.
"""

import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.report import RESULTS, begin_record, find_record
from benchmarks.results import GROUPS, write_page


def list_benchmarks(words: Sequence[str]) -> list[str]:
    """Return the benchmarks that are meant; leaves with a message where there is no such one."""
    every = [name for group in GROUPS.values() for name in group.names]
    found: list[str] = []
    for word in words:
        found += GROUPS[word].names if word in GROUPS else (word,)
    strange = [name for name in found if name not in every]
    if strange or not found:
        raise SystemExit(
            f"no such benchmark: {', '.join(strange) or 'none given'}; "
            f"expected {', '.join(GROUPS)}, or one of {', '.join(every)}"
        )
    return found


def run(names: Sequence[str]) -> list[str]:
    """Run benchmarks and write the page; return those that missed a limit or broke off."""
    missed = []
    for name in names:
        (RESULTS / f"{name}.json").unlink(missing_ok=True)  # or an old run would pass for this one
        unfinished, began = begin_record(name, []), time.monotonic()
        code = start(name)
        finished = find_record(name) is not None
        if not finished:
            unfinished.seconds = time.monotonic() - began
            unfinished.fault = f"broke off with exit code {code}, without figures"
            unfinished.save()
        if code or not finished:
            missed.append(name)
        write_page([name])
    return missed


def start(name: str) -> int:
    """Run one benchmark; return its exit code."""
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode


if __name__ == "__main__":
    missed = run(list_benchmarks(sys.argv[1:]))
    sys.exit(f"missed a limit, or broke off: {', '.join(missed)}" if missed else 0)
