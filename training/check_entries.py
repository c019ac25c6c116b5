"""What is wrong with the table of entries, as a section of `kantelpunt check`."""

from pathlib import Path

from features.entries import Defect, EntryTable, find_defects, find_entries, read_entries
from features.rejects import TooManyRejectedError
from features.table_errors import MissingTableError, TableError
from training.check_report import Section
from training.traits import show_count

TITLE = "Entries: counts of new absences"
HEADS = ("defect", "region", "month", "what")
MOST_SHOWN = 40
LAST = ("outlier", "shift")  # of single regions: many are true, as after a flood
EVERYTHING = 1.0


def has_entries(data: Path) -> bool:
    """Tell whether there is a table of entries, readable or not; True where it is there twice."""
    try:
        find_entries(data)
    except MissingTableError:
        return False
    except TableError:
        return data.is_dir()
    return True


def check_entries(data: Path, max_rejected: float) -> tuple[Section, str]:
    """Return what is found in the entries of a folder, and why they cannot be used, or ""."""
    try:
        table = read_entries(data, max_rejected_share=EVERYTHING)
    except TableError as error:
        return Section(TITLE, (), (), (f"cannot be read: {error}",)), str(error)
    why_not = ""
    try:
        read_entries(data, max_rejected_share=max_rejected)
    except (TooManyRejectedError, TableError) as error:
        why_not = str(error)
    return _build(table, why_not), why_not


def _build(table: EntryTable, why_not: str) -> Section:
    found = sorted(find_defects(table), key=_rank)
    rows = [
        (one.kind, " and ".join((one.region, *one.others)) or "all", one.month, one.text)
        for one in found[:MOST_SHOWN]
    ]
    defects = "1 defect" if len(found) == 1 else f"{len(found):,} defects"
    notes = [
        f"{show_count(len(table.frame))} rows of {len(table.regions)} regions, from "
        f"{table.months[0]} to {table.months[-1]}; {defects}"
    ]
    if len(found) > MOST_SHOWN:
        notes.append(
            f"{MOST_SHOWN} are shown; the others are older outliers and shifts of regions."
        )
    if len(table.rejected):
        reasons = (table.rejected["field"] + ": " + table.rejected["reason"]).value_counts()
        told = "; ".join(f"{reason} ({times} times)" for reason, times in reasons.head(3).items())
        notes.append(f"{len(table.rejected):,} faults: {told}")
    if why_not:
        notes.append(why_not)
    return Section(TITLE, HEADS if rows else (), tuple(rows), tuple(notes))


def _rank(one: Defect) -> tuple[int, int]:
    """Return what sorts defects of the data first, and what may well be true last, newest first."""
    months = -int("".join(filter(str.isdigit, one.month))[:6] or 0)
    return (int(bool(one.region) and one.kind in LAST), months)
