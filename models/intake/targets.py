"""Targets: started pathways against the goal of the year, and what was published beside ours.

What is told beside them has a file each: `outflow`, `funnel`, `lead_times` and `clocks`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.intake.clocks import keep_clock
from models.intake.faults import IntakeError
from models.intake.funnel import funnel
from models.intake.lead_times import lead_times
from models.intake.outflow import count_exits, outflow
from models.intake.paths import LEVELS

__all__ = [
    "Targets",
    "count_exits",
    "default_targets",
    "funnel",
    "keep_clock",
    "lead_times",
    "outflow",
    "read_targets",
    "year_end",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DEFAULT_PATH = Path(__file__).with_name("targets.toml")


@dataclass(frozen=True)
class Target:
    """How many pathways should start in a calendar year, from a year on."""

    valid_from: date
    started: int
    source: str
    note: str = ""


@dataclass(frozen=True)
class Published:
    """The share that works so many months after the start of a pathway, as published."""

    month: int
    share: float
    source: str


@dataclass(frozen=True)
class Targets:
    """The targets, oldest first, and the published outflow, earliest month first."""

    targets: tuple[Target, ...]
    outflow: tuple[Published, ...]

    def find_target(self, year: int) -> Target | None:
        """Return the target of a year, or None for one before the first."""
        valid = [one for one in self.targets if one.valid_from <= date(year, 1, 1)]
        return valid[-1] if valid else None


def read_targets(path: Path = DEFAULT_PATH) -> Targets:
    """Return the table in a file; raises IntakeError for one that cannot be used."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = _read(raw)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IntakeError(
            f"{path.name}: expected [[targets]] with valid_from, started and source, and "
            "[[outflow]] with month, share and source"
        ) from error
    if any(one.started < 1 for one in rows.targets):
        raise IntakeError(f"{path.name}: started: expected at least 1 pathway")
    if any(not 0 <= one.share <= 1 or one.month < 1 for one in rows.outflow):
        raise IntakeError(f"{path.name}: outflow: expected months from 1 and shares from 0 to 1")
    return rows


def _read(raw: Mapping[str, Any]) -> Targets:
    targets = [Target(**row) for row in raw["targets"]]
    published = [Published(**row) for row in raw["outflow"]]
    return Targets(
        tuple(sorted(targets, key=lambda one: one.valid_from)),
        tuple(sorted(published, key=lambda one: one.month)),
    )


@cache
def default_targets() -> Targets:
    """Return the table that ships with Kantelpunt."""
    return read_targets()


def year_end(
    started: Floats,
    months: NDArray[np.datetime64],
    so_far: Ints,
    regions: tuple[str, ...],
    *,
    target: int | None = None,
    table: Targets | None = None,
) -> list[dict[str, Any]]:
    """Return, for each calendar year that the horizon covers to its end, what it will have brought.

    `started` are draws (draws, regions, months to come), `so_far` those started in the calendar
    year of the month before the first of `months`, per region: none of them counts where `months`
    begin with a January. A year that the horizon ends within is left out. Each row:
    year, target, source, so_far, mean, q, `p` (the chance to reach the target; None without one)
    and regions with so_far, mean and q.
    """
    table = table or default_targets()
    years = months.astype("datetime64[Y]")
    begun = months[0].astype("datetime64[M]") > years[0].astype("datetime64[M]")
    rows = []
    for year in np.unique(years):
        within = years == year
        if (months[within][-1] - year.astype("datetime64[M]")).astype(int) != 11:
            continue
        done = so_far if begun and year == years[0] else np.zeros_like(so_far)
        found = table.find_target(int(str(year)))
        whole = started[:, :, within].sum(axis=2) + done
        goal = target if target is not None else (found.started if found else None)
        rows.append(
            {
                "year": int(str(year)),
                "target": goal,
                "source": "" if target is not None or found is None else found.source,
                "p": None if goal is None else float((whole.sum(axis=1) >= goal).mean()),
                **_tell(whole.sum(axis=1), int(done.sum())),
                "regions": {
                    region: _tell(whole[:, place], int(done[place]))
                    for place, region in enumerate(regions)
                },
            }
        )
    return rows


def _tell(whole: Floats, done: int) -> dict[str, Any]:
    quantiles = np.quantile(whole, LEVELS)
    return {
        "so_far": done,
        "mean": round(float(whole.mean()), 1),
        "q": {f"{level:g}": round(float(q), 1) for level, q in zip(LEVELS, quantiles, strict=True)},
    }
