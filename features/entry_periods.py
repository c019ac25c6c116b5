"""One calendar for all regions: the periods from the first to the last, holes filled in."""

from datetime import date

import numpy as np
import pandas as pd

from features.entry_table import COMPLETE, Days, Defect, Floats
from features.rejects import Draft

FAR_DAYS = 3 * 366  # a hole longer than this is a year that was mistyped, no gap
DAY = np.timedelta64(1, "D")


def to_days(series: pd.Series) -> Days:
    """Return a column of days as days."""
    return np.asarray(series.to_numpy().astype("datetime64[D]"))


def leave_out_later(draft: Draft, as_of: date) -> list[Defect]:
    """Drop what was not known yet on a day: periods that end after it, and later counts of others.

    Who is still off after a month is known a month after the last day of the period, and so on.
    """
    last = np.datetime64(as_of, "D")
    later = (to_days(draft.frame["ended_on"]) > last) & ~draft.bad
    ended = to_days(draft.frame["ended_on"])
    for name, days in COMPLETE.items():
        if name in draft.frame:
            draft.frame.loc[ended + np.timedelta64(days, "D") > last, name] = np.nan
    if not later.any():
        return []
    begun = later & (to_days(draft.frame["started_on"]) <= last)
    draft.bad |= later
    draft.spoilt = later  # no fault of theirs
    told = []
    if begun.any():
        text = f"the period that ends after {as_of} is not over and is left out"
        told.append(Defect("unfinished", "", "", text))
    if (later & ~begun).any():
        count = int((later & ~begun).sum())
        rows = "1 row begins" if count == 1 else f"{count:,} rows begin"
        text = f"{rows} after {as_of} and counts for nothing: check the dates, or give --as-of"
        told.append(Defect("future", "", "", text))
    return told


def set_aside_far(draft: Draft) -> None:
    """Set aside the smaller side of a hole of years: a date there is a typing error."""
    starts = np.unique(to_days(draft.frame["started_on"])[~draft.bad])
    holes = np.flatnonzero(np.diff(starts) > FAR_DAYS * DAY)
    if not len(holes):
        return
    block = np.searchsorted(starts[holes + 1], to_days(draft.frame["started_on"]), side="right")
    sizes = np.bincount(block[~draft.bad], minlength=len(holes) + 1)
    # of two of a size the later one is more likely to matter
    kept = len(sizes) - 1 - int(np.argmax(sizes[::-1]))
    draft.set_aside((block != kept) & ~draft.bad, "started_on", "years away from all other periods")


def set_aside_other_periods(draft: Draft) -> None:
    """Set aside periods that are not those of most rows: another last day, or days in two periods.

    Raises nothing: where no two rows agree, hardly any stays, and that is too many set aside.
    """
    for _ in range(2):  # once for another last day, once more for what then still overlaps
        periods = _count_periods(draft)
        usual = periods.sort_values("rows").drop_duplicates("started_on", keep="last")
        usual = usual.sort_values("started_on")
        overlap = to_days(usual["started_on"])[1:] <= to_days(usual["ended_on"])[:-1]
        pairs = zip(np.flatnonzero(overlap), np.flatnonzero(overlap) + 1, strict=True)
        rarer = {min(pair, key=lambda place: usual["rows"].iloc[place]) for pair in pairs}
        usual = usual.drop(usual.index[list(rarer)])
        keys = pd.MultiIndex.from_frame(draft.frame[["started_on", "ended_on"]])
        fits = keys.isin(pd.MultiIndex.from_frame(usual[["started_on", "ended_on"]]))
        reason = "not the period of most other rows: all regions need the same periods"
        draft.set_aside(~fits & ~draft.bad, "period_ended_on", reason)


def _count_periods(draft: Draft) -> pd.DataFrame:
    good = draft.frame.loc[~draft.bad, ["started_on", "ended_on"]]
    return good.value_counts().rename("rows").reset_index()


def build_calendar(frame: pd.DataFrame) -> tuple[Days, Floats]:
    """Return first day and length of every period; a hole is filled with periods as long as most.

    Months of the calendar stay such: a hole between them is filled with months.
    """
    periods = frame[["started_on", "ended_on"]].drop_duplicates().sort_values("started_on")
    starts, ends = to_days(periods["started_on"]), to_days(periods["ended_on"])
    if _is_monthly(starts, ends):
        months = np.arange(starts[0].astype("M8[M]"), ends[-1].astype("M8[M]") + 2)
        edges = months.astype("M8[D]")
        return edges[:-1], np.diff(edges.astype(np.int64)).astype(float)
    usual = float(np.median((ends - starts) / DAY + 1))
    filled: list[Days] = [starts]
    for end, start in zip(ends[:-1], starts[1:], strict=True):
        hole = float((start - end) / DAY) - 1
        parts = max(round(hole / usual), 1) if hole else 0
        steps = np.round(np.linspace(0, hole, parts + 1)[:parts]).astype(np.int64)
        first = (end + DAY).astype(np.int64)
        filled.append((first + steps).astype("M8[D]"))
    every = np.unique(np.concatenate(filled))
    days = np.diff(np.append(every, ends[-1] + DAY)) / DAY
    return every, days.astype(float)


def _is_monthly(starts: Days, ends: Days) -> bool:
    is_first = starts == starts.astype("M8[M]").astype("M8[D]")
    is_last = ends + DAY == (starts.astype("M8[M]") + 1).astype("M8[D]")
    return bool((is_first & is_last).all())
