"""What happened to each screening, counted in days from it, whatever the horizon that is asked."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.layout import FINAL_EXITS
from features.relapse import find_relapses

Days = NDArray[np.float64]
NEVER = np.inf


@dataclass(frozen=True)
class Timeline:
    """One value per screening, in the order of the cases table; NEVER where nothing of it came.

    `followed` is the last day of which we know anything (NaN: none), `exits` that of pension or
    death. `ends` is the day on which work ended the spell: work of any length does, unless the
    person fell ill again so soon that it is a relapse. `starts` is that on which support began
    while the spell still ran; `was_supported` tells that it had begun in the case before.

    `place`, `begun` and `ended` have one value per work period, those that touch joined: of which
    screening it is, and its first and last day (NaN: still going on).
    """

    screened_on: NDArray[np.datetime64]
    followed: Days
    exits: Days
    ends: Days
    starts: Days
    was_supported: NDArray[np.bool_]
    place: NDArray[np.intp]
    begun: Days
    ended: Days

    def __post_init__(self) -> None:
        """Keep who shares these from changing them."""
        for values in vars(self).values():
            values.flags.writeable = False

    @property
    def supported(self) -> Days:
        """The day on which support ended what we see of the usual course: 0 where it was before."""
        return np.where(self.was_supported, 0.0, self.starts)

    def count_until(self, day: date | None, *, unknown: float) -> Days:
        """Return the last day of which we know anything when we look on `day`."""
        last: Days = np.where(np.isnan(self.followed), unknown, self.followed)
        if day is None:
            return last
        looked: Days = (np.datetime64(day) - self.screened_on).astype(float)
        return np.minimum(last, looked)


def build_timeline(
    cases: pd.DataFrame,
    pathways: pd.DataFrame,
    work_periods: pd.DataFrame,
    follow_up: pd.DataFrame,
) -> Timeline:
    """Return what the tables tell."""
    screened_on = cases["screened_on"].reset_index(drop=True)
    final = follow_up[follow_up["exit"].isin(FINAL_EXITS)]
    work = _join(cases, merge_periods(work_periods))
    begun, ended = (_count(work[name], screened_on, work) for name in ("started_on", "ended_on"))
    ends = _first(work, np.where(_is_end(cases, work), begun, -1.0), len(cases))
    started = _join(cases, pathways.dropna(subset=["started_on"]))
    days = _count(started["started_on"], screened_on, started)
    starts = _first(started, days, len(cases))
    was_supported = np.zeros(len(cases), dtype=np.bool_)
    was_supported[started["place"].to_numpy()[days < 0]] = True
    return Timeline(
        screened_on=screened_on.to_numpy(dtype="datetime64[D]"),
        followed=_per_case(cases, follow_up, "observed_until", unknown=np.nan),
        exits=_per_case(cases, final, "exited_on", unknown=NEVER),
        ends=ends,
        starts=np.where(starts < ends, starts, NEVER),
        was_supported=was_supported,
        place=work["place"].to_numpy(),
        begun=begun,
        ended=ended,
    )


def _per_case(cases: pd.DataFrame, table: pd.DataFrame, column: str, *, unknown: float) -> Days:
    by_case = table.drop_duplicates("case_id").set_index("case_id")[column]
    when = by_case.reindex(cases["case_id"]).reset_index(drop=True)
    days = (when - cases["screened_on"].reset_index(drop=True)).dt.days
    return np.asarray(days.to_numpy(dtype=float, na_value=unknown))


def _join(cases: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    keys = pd.DataFrame({"case_id": cases["case_id"].to_numpy(), "place": np.arange(len(cases))})
    return keys.merge(table, on="case_id", how="inner")


def _count(when: pd.Series, screened_on: pd.Series, rows: pd.DataFrame) -> Days:
    start = screened_on.iloc[rows["place"]].reset_index(drop=True)
    counted = (when.reset_index(drop=True) - start).dt.days
    return np.asarray(counted.to_numpy(dtype=float, na_value=np.nan))


def _is_end(cases: pd.DataFrame, work: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell of each work period whether it ended the spell."""
    absence = cases["absence_started_on"].iloc[work["place"]].reset_index(drop=True)
    is_primary = (work["started_on"] < absence + pd.DateOffset(years=1)).to_numpy(dtype=np.bool_)
    ill_again_on = work["ended_on"] + pd.Timedelta(days=1)
    return ~find_relapses(work["started_on"], ill_again_on, is_primary)


def _first(rows: pd.DataFrame, day: Days, count: int) -> Days:
    """Return the first day from the screening on per place, NEVER where there is none."""
    found = np.full(count, NEVER)
    kept = day >= 0
    np.minimum.at(found, rows["place"].to_numpy()[kept], day[kept])
    return found


def merge_periods(work_periods: pd.DataFrame) -> pd.DataFrame:
    """Return work periods, those that touch joined: a change of fraction is no new return."""
    if work_periods.empty:
        return work_periods
    rows = work_periods.sort_values(["case_id", "started_on"], kind="stable").reset_index(drop=True)
    far = pd.Timestamp("2262-01-01").as_unit("s")
    end = rows["ended_on"].fillna(far)
    reached = end.groupby(rows["case_id"]).cummax()
    before = reached.groupby(rows["case_id"]).shift()
    is_new = ~(rows["started_on"] <= before + pd.Timedelta(days=1))
    grouped = rows.assign(end=end).groupby(is_new.cumsum(), sort=False)
    merged = grouped.agg(
        case_id=("case_id", "first"), started_on=("started_on", "first"), ended_on=("end", "max")
    )
    merged["ended_on"] = merged["ended_on"].where(merged["ended_on"] < far)
    return merged.reset_index(drop=True)
