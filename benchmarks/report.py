"""How a benchmark tells what it measured: one line per figure, with its limit where it has one."""

import json
import os
import re
import resource
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import describe_machine, find_commit, list_programs, list_versions

RESULTS = Path("var/benchmarks")


@dataclass
class Record:
    """One run of one benchmark: when, on what, of which code, and all that came out of it."""

    name: str
    words: list[str]
    started_at: str
    commit: str
    machine: str
    versions: dict[str, str]
    load: float  # of the machine, mean of the minute before, which may be of another benchmark
    seconds: float = 0.0
    rows: list[dict[str, object]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    fault: str = ""  # why there are no figures

    def save(self) -> None:
        """Keep it as JSON in var/benchmarks."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(asdict(self), indent=1), "utf-8")


def begin_record(name: str, words: list[str]) -> Record:
    """Return the record of a run that starts now, without figures."""
    return Record(
        name=name,
        words=words,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=find_commit(),
        machine=describe_machine(),
        versions=list_versions() | list_programs(),
        load=round(os.getloadavg()[0], 2),
    )


def find_record(name: str) -> Record | None:
    """Return what was kept of the last run; None where there is none, or none that can be read.

    A run that was killed while it wrote must not cost the hours of the others.
    """
    path = RESULTS / f"{name}.json"
    try:
        return Record(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def to_text(value: float) -> str:
    """Return a figure as it is printed: three digits, or whole from a thousand on."""
    return f"{value:,.3g}" if abs(value) < 999.5 else f"{value:,.0f}"


class Board:
    """The figures of one benchmark, printed as they come and kept as JSON in var/benchmarks."""

    def __init__(self, name: str) -> None:
        """Begin with the machine and the versions that matter."""
        self.name = name
        self.record = begin_record(name, sys.argv[1:])
        self.rows = self.record.rows
        self._began = time.monotonic()
        libraries = ", ".join(f"{key} {number}" for key, number in self.record.versions.items())
        print(f"\n{name}: {self.record.machine}; {libraries}")

    def add(self, what: str, value: float, unit: str, limit: str = "", held: bool = True) -> None:
        """Print one figure; `held` tells whether it is within its limit, where it has one."""
        verdict = f"  [{limit}: {'held' if held else 'MISSED'}]" if limit else ""
        print(f"  {what}: {to_text(value)} {unit}{verdict}")
        row = {"what": what, "value": float(value), "unit": unit, "limit": limit}
        self.rows.append(row | {"held": bool(held) or not limit})

    def name_rivals(self, pins: str, *names: str) -> None:
        """Note the versions of rivals that run in an environment of their own, from their pins."""
        pinned = dict(re.findall(r"^([a-z0-9-]+)==([\w.]+)", pins, re.MULTILINE))
        self.record.versions |= {name: pinned[name] for name in names}

    def leave_out(self, what: str, why: str) -> None:
        """Tell that a part was not measured, and what it needs."""
        print(f"  {what}: not run: {why}")
        self.record.left_out[what] = why

    def close(self) -> None:
        """Keep the figures; leave with exit code 1 when a limit was missed."""
        self.record.seconds = round(time.monotonic() - self._began, 1)
        self.record.save()
        missed = [row["what"] for row in self.rows if not row["held"]]
        if missed:
            raise SystemExit(f"{self.name}: missed: {', '.join(map(str, missed))}")


def peak_gib(who: int = resource.RUSAGE_SELF) -> float:
    """Return the highest resident memory so far, of this process or of its ended children."""
    return resource.getrusage(who).ru_maxrss / 1024**2
