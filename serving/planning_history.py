"""What planners see of what was counted: the months behind, with no small count among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.intake.flow import REACHED
from models.intake.hiding import Told, hide_table
from models.intake.telling import ALL
from serving.planning_counts import MONTHS, Calendar, Roads
from serving.planning_entries import Entries

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
DECEMBER = 12


@dataclass(frozen=True)
class History:
    """Counts per region and month as they may be told, by measure, from the first month known.

    `shown` is what the plan keeps: None where a count is hidden or not known. `started_so_far` is
    of the year of the first month to come: of each region, and of all last. `started_by_year` is of
    all regions.
    """

    shown: Mapping[str, Any]
    started_so_far: tuple[int | None, ...]
    started_by_year: Mapping[str, int | None]


def tell_history(roads: Roads, entries: Entries | None) -> History:
    """Return the history of a plan."""
    measures: dict[str, Floats] = {
        "screened": roads.screenings,
        **{name: roads.steps[name].passed_by_month() for name in ("suggested", "consented")},
        "referred": sum_referred(roads),
        "started": roads.started,
    }
    if entries is not None:
        measures["entries"] = entries.counts["entered"]
        reached = np.full_like(measures["entries"], np.nan)
        reached[:, REACHED:] = entries.counts["off_3m"][:, :-REACHED]
        measures["reached"] = reached
    calendar = roads.calendar
    first = _find_first(measures)
    told = {name: _hide(counts[:, first:], calendar, first) for name, counts in measures.items()}
    shown: dict[str, Any] = {"months": calendar.names[first:], "entries": None, "reached": None}
    for name, (table, known) in told.items():
        shown[name] = _lay_out(table, known, roads.regions)
    table = told["started"][0]
    year = (*(row[-1] for row in table.row_totals), table.block_totals[-1])
    if calendar.as_of.month == DECEMBER:
        year = (0,) * len(year)
    years = dict.fromkeys(name[:4] for name in shown["months"])
    return History(shown, year, dict(zip(years, table.block_totals, strict=True)))


def sum_referred(roads: Roads) -> Floats:
    """Return who was referred per month, whether support was suggested or not."""
    both = ("referred", "referred_other")
    return np.asarray(sum(roads.steps[name].passed_by_month() for name in both))


def _find_first(measures: Mapping[str, Floats]) -> int:
    """Return the first month in which anything was counted; one month is told at least."""
    some = np.zeros(MONTHS, bool)
    for counts in measures.values():
        some |= (np.nan_to_num(counts) > 0).any(axis=0)
    return int(np.argmax(some)) if some.any() else MONTHS - 1


def _hide(counts: Floats, calendar: Calendar, first: int) -> tuple[Told, Bools]:
    """Return the counts that may be told, and which are known; years are the blocks."""
    known = ~np.isnan(counts)
    years = [name[:4] for name in calendar.names[first:]]
    return hide_table(np.nan_to_num(counts).astype(np.int64), years), known


def _lay_out(told: Told, known: Bools, regions: tuple[str, ...]) -> dict[str, list[int | None]]:
    rows = {
        region: [value if there else None for value, there in zip(row, has, strict=True)]
        for region, row, has in zip(regions, told.rows, known, strict=True)
    }
    # the total of a month in which a region is not known would be too low
    whole: Bools = np.asarray(known.all(axis=0))
    return {
        ALL: [value if there else None for value, there in zip(told.totals, whole, strict=True)],
        **rows,
    }
