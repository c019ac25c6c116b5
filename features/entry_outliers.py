"""Months far from their neighbours, of the country and of one region, and levels that shift."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from features.entry_levels import HALF, Levels, find_levels, take_median
from features.entry_table import Defect, EntryTable, Floats

COUNTRY = 4.0  # standard deviations: the known low month of the SSA file is 5 away, no usual one 4
UNSURE = 12  # periods: the spread over few of them is known so badly that the limit is higher
REGION = 7.0  # many more regions than countries, and each has its own floods and strikes
MOST = 0.5  # of the regions have to move with the country, or it is one of them
EDGE_LEFT = 0.5  # of two neighbours that differ as much up as down, what is left on the whole
STEP = 0.25  # logs: a level that moves by less than a quarter is growth
STEP_ERRORS = 5.0
AROUND = 6  # periods on either side of a shift
SMALLEST = 0.1  # logs: further away than this, or it is nothing to speak of


def find_country_outliers(table: EntryTable, without: Collection[str] = ()) -> list[Defect]:
    """Return the periods in which the whole is far from its neighbours, the season taken out.

    Only regions with all periods count, and none of those `without`.
    """
    counts = table.get_counts()
    whole = counts[~np.isnan(counts).any(axis=1) & ~np.isin(table.regions, list(without))]
    if not len(whole):
        return []
    total = whole.sum(axis=0, keepdims=True)
    levels = find_levels(total, table.days, season=_list_seasons(table))
    away, ratio = levels.away[0], levels.ratio[0]
    limit = COUNTRY * (1 + UNSURE / len(away))
    shared = _share_of_regions(whole, table.days, np.log(ratio))
    far = np.flatnonzero(
        (shared > MOST) & (np.abs(away) > limit) & (np.abs(np.log(ratio)) > SMALLEST)
    )
    return _tell_country(table, far, total[0], levels)


def _share_of_regions(counts: Floats, days: Floats, moved: Floats) -> Floats:
    """Return the share of regions that moved at least half as far as the whole, the same way."""
    logs = np.log((counts + HALF) / days)
    own = logs - take_median(logs, 2)
    share: Floats = (own * np.sign(moved) >= np.abs(moved) / 2).mean(axis=0)
    return share


def _list_seasons(table: EntryTable) -> NDArray[np.int64]:
    middle = table.starts + (table.days / 2).astype("timedelta64[D]")
    return np.asarray(middle.astype("datetime64[M]").astype(np.int64) % 12)


def _tell_country(
    table: EntryTable, far: NDArray[np.int64], total: Floats, levels: Levels
) -> list[Defect]:
    """Name each period; two neighbours of which one has what the other lacks are one defect."""
    gap = total - total / levels.ratio[0]  # people more than expected
    found: list[Defect] = []
    paired = -1
    for period in far.tolist():
        if period == paired:
            continue
        month, after = table.months[period], period + 1
        together = gap[period] + (gap[after] if after in far else 0)
        if after in far and abs(together) < EDGE_LEFT * min(abs(gap[period]), abs(gap[after])):
            paired = after
            less, more = (period, after) if gap[period] < 0 else (after, period)
            text = (
                f"the country is as much too low in {table.months[less]} as it is too high in "
                f"{table.months[more]}: the day between the two may be wrong"
            )
            found.append(Defect("edge", "", month, text))
            continue
        text = f"the country has {_share(levels.ratio[0, period])} the months around it let expect"
        found.append(Defect("outlier", "", month, text))
    return found


def _share(ratio: float) -> str:
    if ratio >= 2:
        return f"{ratio:.1f} times what"
    return f"{abs(100 * (ratio - 1)):.0f} % {'more' if ratio > 1 else 'less'} than"


def _change(ratio: float) -> str:
    if ratio >= 2:
        return f"{ratio:.1f} times as many as"
    return f"{abs(100 * (ratio - 1)):.0f} % {'more' if ratio > 1 else 'fewer'} than"


def find_region_outliers(table: EntryTable) -> list[Defect]:
    """Return the periods in which one region is far from its own neighbours, others are not."""
    if len(table.regions) < 2:
        return []
    levels = find_levels(table.get_counts(), table.days)
    far = np.abs(levels.away) > REGION * (1 + UNSURE / len(table.months))
    found = []
    for region, period in np.argwhere(far).tolist():
        ratio = _share(levels.ratio[region, period])
        text = f"has {ratio} the months around it let expect, and the other regions do not"
        found.append(Defect("outlier", table.regions[region], table.months[period], text))
    return found


def find_shifts(table: EntryTable) -> list[Defect]:
    """Return where the level of a region moves at once and stays: six months all above six others.

    What all regions share is taken out, so a country that moves as a whole is no shift of theirs.
    """
    counts = table.get_counts()
    if counts.shape[1] < 2 * AROUND or len(counts) < 2:
        return []
    levels = find_levels(counts, table.days)
    windows = np.lib.stride_tricks.sliding_window_view(levels.seen, 2 * AROUND, axis=1)
    before, after = windows[..., :AROUND], windows[..., AROUND:]
    step = np.median(after, axis=-1) - np.median(before, axis=-1)
    up = after.min(axis=-1) > before.max(axis=-1)
    down = after.max(axis=-1) < before.min(axis=-1)
    error = levels.error[:, AROUND : AROUND + step.shape[1]]
    size = np.where((up | down) & (np.abs(step) > np.maximum(STEP, STEP_ERRORS * error)), step, 0)
    found = []
    for region, row in enumerate(np.nan_to_num(size)):
        for period in _list_peaks(np.abs(row)):
            text = f"from here on it has {_change(np.exp(row[period]))} in the half-year before"
            month = table.months[period + AROUND]
            found.append(Defect("shift", table.regions[region], month, text))
    return found


def _list_peaks(sizes: Floats) -> list[int]:
    """Return the greatest of each run of shifts that are less than half a year apart."""
    found: list[int] = []
    left = sizes.copy()
    while left.max(initial=0) > 0:
        place = int(left.argmax())
        found.append(place)
        left[max(place - AROUND, 0) : place + AROUND + 1] = 0
    return sorted(found)
