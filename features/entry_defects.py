"""Everything that looks wrong in a table of entries, named so that somebody can look it up."""

from collections.abc import Iterable

from features.entry_changes import find_changes, find_empty
from features.entry_outliers import find_country_outliers, find_region_outliers, find_shifts
from features.entry_splits import find_broken_splits, find_copies
from features.entry_swaps import find_swaps
from features.entry_table import Defect, EntryTable


def find_defects(table: EntryTable) -> tuple[Defect, ...]:
    """Return what reading noted and what the counts themselves show, in order of month.

    What a swap or an end of counting explains is not named again as an outlier or a shift.
    """
    swaps, empty = find_swaps(table), find_empty(table)
    silent = {one.region for one in empty if one.kind == "zeros"}
    explained = {(name, one.month) for one in swaps for name in (one.region, *one.others)}
    apart = [*find_region_outliers(table), *find_shifts(table)]
    found: Iterable[Defect] = (
        *table.notes,
        *swaps,
        *find_broken_splits(table),
        *find_country_outliers(table, without=silent),
        *(
            one
            for one in apart
            if (one.region, one.month) not in explained and one.region not in silent
        ),
        *find_copies(table),
        *find_changes(table),
        *empty,
    )
    return tuple(sorted(found, key=lambda one: one.month))
