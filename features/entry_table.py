"""Counts of new absences per region and period, as they were read, and what is wrong with them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

# the day after the last one of a period on which a count is complete: months of 30.4 days
COMPLETE = {"off_1m": 30, "off_2m": 61, "off_3m": 91, "off_6m": 183, "off_12m": 365}
OFF = tuple(COMPLETE)
PART, OTHER = "part_", "other_"


@dataclass(frozen=True)
class Defect:
    """Something wrong with the counts: its kind, where, when, and a sentence that says it.

    `region` is "" where it is about the whole table, `month` is YYYY-MM (or the first day of a
    period, where a month holds several), "" where it is about no month. `others` are the regions
    that it is about as well.
    """

    kind: str
    region: str
    month: str
    text: str
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the line as a command prints it."""
        where = " and ".join(filter(None, (self.region, *self.others))) or "all regions"
        return f"{self.kind}: {', '.join(filter(None, (where, self.month)))}: {self.text}"


@dataclass(frozen=True)
class EntryTable:
    """Checked counts: at most one row per region and period, on one calendar without holes.

    `frame` has the columns region, started_on, ended_on, entered, and of off_1m, off_2m, off_3m,
    off_6m, off_12m, part_* and other_* those that were there; it lacks a row where nothing is
    known, and a cell is NaN where that count is not. `starts` and `days` are every period from the
    first to the last. `rejected` lists faults as `read_extract` does, `notes` what reading did.
    """

    frame: pd.DataFrame
    starts: Days
    days: Floats
    regions: tuple[str, ...]
    groups: tuple[str, ...] | None
    rejected: pd.DataFrame
    notes: tuple[Defect, ...] = ()

    @property
    def months(self) -> tuple[str, ...]:
        """The name of each period: the month in its middle, or its first day where that is not one.

        A period of four or five weeks hangs over the edge of the month that it is called after.
        """
        half = (self.days / 2).astype("timedelta64[D]")
        named = np.datetime_as_string((self.starts + half).astype("datetime64[M]"))
        if len(set(named.tolist())) < len(named):
            named = np.datetime_as_string(self.starts.astype("datetime64[D]"))
        return tuple(named.tolist())

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns that should add up to entered."""
        return tuple(name for name in self.frame.columns if name.startswith(PART))

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every column of counts, entered first."""
        kept = ("region", "started_on", "ended_on")
        return tuple(name for name in self.frame.columns if name not in kept)

    def get_counts(self, column: str = "entered") -> Floats:
        """Return a column as (regions, periods); NaN where the count is not known."""
        shape = (len(self.regions), len(self.starts))
        counts: Floats = np.full(shape, np.nan)
        rows = pd.Index(self.regions).get_indexer(pd.Index(self.frame["region"]))
        places = np.searchsorted(self.starts, self.frame["started_on"].to_numpy().astype("M8[D]"))
        counts[rows, places] = self.frame[column].to_numpy(dtype=float)
        return counts

    def add_notes(self, *notes: Defect) -> "EntryTable":
        """Return the same table with more said of it."""
        return replace(self, notes=(*self.notes, *notes))
