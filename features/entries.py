"""Counts of new absences per region and period: read, checked, and looked through for defects.

The table `entries` is one file or lies in a folder, with a regions.csv beside it where regions were
renamed or merged. docs/planning.md says what each column means.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from features.entry_defects import find_defects
from features.entry_periods import (
    build_calendar,
    leave_out_later,
    set_aside_far,
    set_aside_other_periods,
    to_days,
)
from features.entry_regions import FILE as REGIONS_FILE
from features.entry_regions import mend_regions, read_changes
from features.entry_rows import TABLE, read_rows
from features.entry_table import OFF, Defect, EntryTable
from features.rejects import Draft, build_report, check_share, save_report
from features.table_errors import (
    AmbiguousTableError,
    EmptyTableError,
    FolderError,
    MissingTableError,
)
from features.tables import MAX_REJECTED_SHARE, SUFFIXES

__all__ = ["OFF", "TABLE", "Defect", "EntryTable", "find_defects", "find_entries", "read_entries"]


def read_entries(
    path: Path,
    as_of: date | None = None,
    *,
    max_rejected_share: float = MAX_REJECTED_SHARE,
    rejected_to: Path | None = None,
) -> EntryTable:
    """Return the checked counts of a CSV or Parquet file, or of `entries` in a folder.

    With `as_of`, nothing counts that was not known on that day. Raises a TableError, or
    TooManyRejectedError where more rows were set aside than may be.
    """
    file = find_entries(path)
    draft = read_rows(file)
    notes = leave_out_later(draft, as_of) if as_of else []
    set_aside_far(draft)
    _join_spellings(draft, notes)
    set_aside_other_periods(draft)
    _set_aside_doubled(draft, notes)
    report = build_report([draft])
    where = save_report(report, rejected_to) if rejected_to else None
    check_share([draft], report, max_rejected_share, where)
    frame = draft.get_good()
    if frame.empty:
        raise EmptyTableError(f"{file} has no row that can be counted{_tell_why(notes, as_of)}")
    changes = file.with_name(REGIONS_FILE)
    if changes.is_file():
        frame, mended = mend_regions(frame, read_changes(changes))
        notes += mended
    return _build(frame, report, notes)


def _tell_why(notes: list[Defect], as_of: date | None) -> str:
    if any(note.kind in ("future", "unfinished") for note in notes):
        return f" until {as_of}: check the dates, or give another --as-of"
    return ": every row was set aside"


def find_entries(path: Path) -> Path:
    """Return the file of entries; raises a TableError where there is none, or more than one."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise FolderError(path)
    files = sorted(one.name for one in path.iterdir() if one.is_file())
    named = [name for name in files if name.lower() in {f"{TABLE}{s}" for s in SUFFIXES}]
    if len(named) > 1:
        raise AmbiguousTableError(TABLE, named, path)
    if not named:
        raise MissingTableError(TABLE, path, files)
    return path / named[0]


def _join_spellings(draft: Draft, notes: list[Defect]) -> None:
    """Write each region in its most frequent spelling, where only capitals and blanks differ."""
    regions = draft.frame["region"]
    if draft.bad.all():
        return
    plain = regions.str.split().str.join(" ").str.casefold()
    spelt = (
        pd.DataFrame({"plain": plain, "region": regions})[~draft.bad].value_counts().reset_index()
    )
    usual = spelt.drop_duplicates("plain").set_index("plain")["region"]
    for other in spelt[spelt["plain"].duplicated()].itertuples():
        text = f"is taken for {usual[other.plain]}: only capitals or blanks differ"
        notes.append(Defect("spelling", str(other.region), "", text))
    draft.frame["region"] = plain.map(usual).fillna(regions)


def _set_aside_doubled(draft: Draft, notes: list[Defect]) -> None:
    """Count a period that is there twice once; where the counts differ, none of them counts."""
    good = draft.frame[~draft.bad]
    key = ["region", "started_on"]
    doubled = good[good.duplicated(key, keep=False)]
    if doubled.empty:
        return
    same = doubled.drop_duplicates().groupby(key).size() == 1
    repeats = doubled.index[doubled.duplicated(key)]
    for (region, day), is_same in same.items():
        kept = "twice with the same counts: one of them counts"
        lost = "twice with different counts: none of them counts, so the month is not known"
        month = str(pd.Timestamp(day).date())[:7]
        notes.append(Defect("doubled", str(region), month, kept if is_same else lost))
    keys = pd.MultiIndex.from_frame(doubled[key])
    differ = doubled.index[~same.reindex(keys).to_numpy()]
    reason = "more rows of one region and period, with different counts: add them up, or keep one"
    draft.set_aside(np.asarray(differ), "region", reason)
    spoilt = repeats.difference(differ)
    draft.bad[spoilt] = True
    already = np.zeros(len(draft.bad), dtype=bool) if draft.spoilt is None else draft.spoilt
    already[spoilt] = True
    draft.spoilt = already


def _build(frame: pd.DataFrame, report: pd.DataFrame, notes: list[Defect]) -> EntryTable:
    starts, days = build_calendar(frame)
    ordered = frame.sort_values(["region", "started_on"], ignore_index=True)
    regions = tuple(ordered["region"].drop_duplicates())
    groups = None
    table = EntryTable(ordered, starts, days, regions, groups, report)
    if "group" in ordered:
        groups = _find_groups(table, notes)
        table = replace(table, frame=ordered.drop(columns="group"), groups=groups)
    return table.add_notes(*_name_gaps(table), *notes)


def _find_groups(table: EntryTable, notes: list[Defect]) -> tuple[str, ...]:
    """Return the usual group of each region; "" where a region has none."""
    places = np.searchsorted(table.starts, to_days(table.frame["started_on"]))
    rows = table.frame[["region", "group"]].assign(place=places)
    usual = rows.groupby("region")["group"].agg(lambda cells: cells.mode().get(0, ""))
    odd = rows[rows["group"].notna() & (rows["group"] != rows["region"].map(usual))]
    for row in odd.itertuples():
        text = f"stands under {row.group} instead of {usual[row.region]}, which counts"
        notes.append(Defect("other_group", str(row.region), table.months[row.place], text))
    return tuple(usual[region] for region in table.regions)


def _name_gaps(table: EntryTable) -> list[Defect]:
    """Return the periods without a count between the first and the last one of each region."""
    found = []
    known = ~np.isnan(table.get_counts())
    for region, row in zip(table.regions, known, strict=True):
        first, last = np.flatnonzero(row)[[0, -1]]
        holes = first + np.flatnonzero(~row[first:last])
        for run in np.split(holes, np.flatnonzero(np.diff(holes) > 1) + 1):
            if len(run):
                text = "is not known: the forecast fills it in, with a wider interval"
                if len(run) > 1:
                    more = f"and {len(run) - 1} more after it are not known"
                    text = f"{more}: the forecast fills them in"
                found.append(Defect("gap", region, table.months[run[0]], text))
    return found
