"""Regions that were renamed or merged: an optional regions.csv says which, beside the entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.conversion import convert
from features.drafts import read_raw
from features.entry_rows import to_first_days
from features.entry_table import Defect
from features.layout import Column
from features.table_errors import MissingColumnError, TableError

FILE = "regions.csv"
COLUMNS = ("region", "becomes", "from")


class RegionsError(TableError):
    """A regions.csv that does not say what becomes of what."""


@dataclass(frozen=True)
class Change:
    """A region that is counted under another name from a day on."""

    region: str
    becomes: str
    begins: np.datetime64


def read_changes(path: Path) -> list[Change]:
    """Return the lines of regions.csv; raises RegionsError, naming the line that is wrong."""
    raw = read_raw(path)
    columns = raw.by_header()
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise MissingColumnError(path, missing, list(columns))
    old, new = (convert(columns[n], Column(n, "text", ""))[0] for n in COLUMNS[:2])
    days, _ = convert(to_first_days(columns["from"]), Column("from", "date", ""))
    faulty = old.isna() | new.isna() | days.isna() | (old == new) | old.duplicated()
    if faulty.any() or len(raw.uneven):
        rows = [*raw.rows[faulty.to_numpy()], *raw.uneven]
        raise RegionsError(
            f"{path}: row {min(rows)} below the header does not say what becomes of a region: give "
            "region, becomes (another one) and from (YYYY-MM or a day), each region once"
        )
    lines = zip(old, new, days.to_numpy().astype("datetime64[D]"), strict=True)
    changes = [Change(*line) for line in lines]
    _check_rings(path, {one.region: one.becomes for one in changes})
    return changes


def _check_rings(path: Path, becomes: Mapping[str, str]) -> None:
    for first in becomes:
        seen, now = {first}, becomes[first]
        while now in becomes and now not in seen:
            seen.add(now)
            now = becomes[now]
        if now in seen:
            raise RegionsError(
                f"{path}: {first!r} becomes itself again along the lines: remove one of them"
            )


def mend_regions(frame: pd.DataFrame, changes: list[Change]) -> tuple[pd.DataFrame, list[Defect]]:
    """Return the rows with regions under their last name, those of merged ones added up.

    A period in which one of two merged regions has no row is not known; so is a cell that one
    lacks. The group is that of the region that stays.
    """
    notes = []
    left = list(changes)
    while left:  # those that nothing becomes any more go first: a chain is walked from its start
        fed = {one.becomes for one in left}
        one = next(change for change in left if change.region not in fed)
        left.remove(one)
        frame, note = _mend(frame, one)
        notes.append(note)
    return frame, notes


def _mend(frame: pd.DataFrame, change: Change) -> tuple[pd.DataFrame, Defect]:
    month = str(change.begins.astype("datetime64[M]"))
    old, new = frame["region"] == change.region, frame["region"] == change.becomes
    if not old.any():
        text = f"{FILE} names it, and no row does: check how it is written"
        return frame, Defect("unknown_region", change.region, month, text)
    before = frame["started_on"].to_numpy().astype("datetime64[D]") < change.begins
    merged = (new & before).any()
    joined = frame[old | new].copy()
    both = joined["started_on"].to_numpy().astype("datetime64[D]") < change.begins
    counts = [n for n in frame if n not in ("region", "group", "started_on", "ended_on")]
    joined["rows"] = 1
    added = joined.assign(early=both).groupby(["started_on", "ended_on"], as_index=False)
    summed = added.agg(
        {name: lambda cells: cells.sum(skipna=False) for name in counts}
        | {"rows": "sum"}
        | {"early": "first"}
    )
    if merged:
        summed = summed[~summed["early"] | (summed["rows"] == 2)]
    summed["region"] = change.becomes
    if "group" in frame:
        summed["group"] = frame.loc[new if new.any() else old, "group"].mode().get(0)
    kept = pd.concat([frame[~(old | new)], summed[frame.columns]], ignore_index=True)
    how = "is added to" if merged else "is counted as"
    text = f"{how} {change.becomes}, as {FILE} says"
    return kept, Defect("mended", change.region, month, text, (change.becomes,))
