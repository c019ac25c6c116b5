"""Regions that stop, begin, get another name, become part of another, or count nobody."""

import numpy as np

from features.entry_levels import ignoring_blanks
from features.entry_table import Defect, EntryTable, Floats

AROUND = 6  # periods before and after a change that are compared
LIKE = (0.67, 1.5)  # of like size: at least two thirds, and at most half more
MEND = "if so, say it in regions.csv"
STOPPED = 6  # periods without a count: before that, it may only be late
SHORT = 24  # periods: with less, no season can be seen
NONE_SINCE = 3


def find_changes(table: EntryTable) -> list[Defect]:
    """Return regions that stop before the end, or begin late, and what they may have become."""
    counts = table.get_counts()
    rates = counts / table.days
    known = ~np.isnan(counts)
    first, last = known.argmax(axis=1), known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    found = []
    for region in np.flatnonzero(last < known.shape[1] - 1):
        after = int(last[region]) + 1
        found.append(
            _find_successor(table, rates, first, int(region), after)
            or _find_merger(table, rates, known, int(region), after)
            or _tell_end(table, int(region), after)
        )
    followed = {one.others[0] for one in found if one.kind == "renamed"}
    for region in np.flatnonzero(first > 0):
        if table.regions[region] not in followed:
            text = "has its first counts here: nothing is known of it before"
            month = table.months[first[region]]
            found.append(Defect("began", table.regions[region], month, text))
    return found


def _tell_end(table: EntryTable, region: int, after: int) -> Defect:
    if len(table.months) - after >= STOPPED:
        text = "has no counts any more from here on: it is left out of the forecast"
        return Defect("stopped", table.regions[region], table.months[after], text)
    text = "has no counts yet from here on: the forecast fills them in, with a wider interval"
    return Defect("late", table.regions[region], table.months[after], text)


def _find_successor(
    table: EntryTable, rates: Floats, first: Floats, region: int, after: int
) -> Defect | None:
    """Return the region of like size that begins where this one stops."""
    size = _mean(rates[region, max(after - AROUND, 0) : after])
    begun = np.flatnonzero((first == after) & (np.arange(len(first)) != region))
    sizes = {int(one): _mean(rates[one, after : after + AROUND]) for one in begun}
    near = [one for one, rate in sizes.items() if LIKE[0] * size <= rate <= LIKE[1] * size]
    if not near:
        return None
    other = table.regions[min(near, key=lambda one: abs(sizes[one] - size))]
    text = f"stops where {other}, of about the same size, begins: the same region? {MEND}"
    return Defect("renamed", table.regions[region], table.months[after], text, (other,))


def _find_merger(
    table: EntryTable, rates: Floats, known: Floats, region: int, after: int
) -> Defect | None:
    """Return the region that grows by the size of this one where this one stops."""
    span = slice(max(after - AROUND, 0), after)
    size = _mean(rates[region, span])
    before, later = _means(rates[:, span]), _means(rates[:, after : after + AROUND])
    with ignoring_blanks():
        others = np.arange(len(rates)) != region
        trend = np.nanmedian((later / before)[others])
        grown = later - before * trend
        # as much as the other's own months vary is no sign of anything
        noise = np.nanstd(rates[:, span], axis=1)
        fits = (grown >= LIKE[0] * size) & (grown <= LIKE[1] * size) & (grown > 3 * noise)
    fits &= others & known[:, after] & known[:, after - 1] & (size > 0)
    if not fits.any():
        return None
    other = table.regions[int(np.flatnonzero(fits)[np.argmin(np.abs(grown[fits] - size))])]
    text = f"stops where {other} grows by about as much: part of it since? {MEND}"
    return Defect("merged", table.regions[region], table.months[after], text, (other,))


def _mean(values: Floats) -> float:
    return float(_means(values[None])[0])


def _means(values: Floats) -> Floats:
    with ignoring_blanks():
        mean: Floats = np.nanmean(values, axis=1)
    return mean


def find_empty(table: EntryTable) -> list[Defect]:
    """Return regions with nothing but zeros, or with zeros at the end, and those of few periods."""
    found = []
    for region, row in zip(table.regions, table.get_counts(), strict=True):
        counted = row[~np.isnan(row)]
        some = np.flatnonzero(counted)
        zeros = len(counted) - 1 - (some[-1] if len(some) else -1)
        if not len(some):
            found.append(Defect("zeros", region, "", "has nothing but zeros: is it not delivered?"))
        elif zeros >= NONE_SINCE and np.median(counted[: len(counted) - zeros]) >= NONE_SINCE:
            month = table.months[int(np.flatnonzero(row > 0)[-1]) + 1]
            text = "has nothing but zeros from here on: is it not delivered any more?"
            found.append(Defect("zeros", region, month, text))
        if len(counted) < SHORT:
            text = (
                f"has counts of {len(counted)} periods, too few to see a season: the forecast "
                "borrows it from the other regions, with a wider interval"
            )
            found.append(Defect("short", region, "", text))
    return found
