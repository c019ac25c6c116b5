"""What happened after a screening: sustained return, other ends, and what we cannot know yet."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract import Outcome
from features.layout import FINAL_EXITS
from features.tables import Extract

Days = NDArray[np.float64]
NEVER = np.inf
SMALLEST_CHANCE = 0.05  # of being observed; a weight above 20 would let one case speak for a crowd


class Phase(StrEnum):
    """The first year of incapacity, and what follows it."""

    PRIMARY = "primary"
    INVALIDITY = "invalidity"


RELAPSE = {Phase.PRIMARY: pd.DateOffset(days=14), Phase.INVALIDITY: pd.DateOffset(months=3)}


def is_relapse(resumed_on: date, ill_again_on: date, phase: Phase = Phase.PRIMARY) -> bool:
    """Tell whether falling ill again continues the old spell.

    Coordinated law on health insurance of 14 July 1994, art. 87 and 93: within the first 14 days
    after the end of a primary incapacity, within the first three months after an invalidity.
    """
    return bool(pd.Timestamp(ill_again_on) < pd.Timestamp(resumed_on) + RELAPSE[phase])


@dataclass(frozen=True)
class Outcomes:
    """One value per screening, in the order of the cases table.

    `returned`: 1 sustained return begun within the horizon, 0 none, NaN not known. `known_days`:
    days from the screening to the day that settled it, or that ended our knowledge. `open_days`:
    days during which support could still begin; `by_support`: support ended our knowledge.
    """

    returned: Days
    known_days: Days
    open_days: Days
    by_support: NDArray[np.bool_]


def find_outcomes(extract: Extract, outcome: Outcome, *, as_of: date | None = None) -> Outcomes:
    """Return the outcome of every screening, as far as it was known on `as_of` (default: all).

    A return is a work period begun on or after the screening; periods that touch count as one.
    Pension and death settle the outcome as no return. The start of support ends what we know of
    the usual course, also where it was before the screening.
    """
    days = _Calendar(extract.cases, as_of)
    last = days.count(_per_case(extract.cases, extract.follow_up, "observed_until"), unknown=0.0)
    last = np.minimum(last, days.last_day)
    exit_day = find_exits(extract)
    exit_day[exit_day > last] = NEVER
    ends = find_spell_ends(extract)
    supported = find_support(extract, ends)
    supported[find_supported_before(extract)] = 0.0  # nothing of the usual course is seen
    success, settled = _settle_returns(extract, outcome, days, last)
    failure = np.minimum(exit_day, settled)
    known = np.minimum(success, failure)
    end = np.minimum(last, supported)
    is_known = known <= end
    returned = np.where(is_known, (success <= failure).astype(float), np.nan)
    known_days = np.maximum(np.where(is_known, known, end), 0.0)
    open_days = np.clip(ends, 0.0, known_days)
    return Outcomes(returned, known_days, open_days, ~is_known & (supported <= last))


class _Calendar:
    """Counts days from each screening."""

    def __init__(self, cases: pd.DataFrame, as_of: date | None) -> None:
        self.screened_on = cases["screened_on"].reset_index(drop=True)
        self.last_day: Days = (
            np.full(len(cases), NEVER)
            if as_of is None
            else (pd.Timestamp(as_of) - self.screened_on).dt.days.to_numpy(dtype=float)
        )

    def count(self, when: pd.Series, *, unknown: float) -> Days:
        counted: Days = (when - self.screened_on).dt.days.to_numpy(dtype=float, na_value=np.nan)
        return np.where(np.isnan(counted), unknown, counted)


def _per_case(cases: pd.DataFrame, table: pd.DataFrame, column: str) -> pd.Series:
    by_case = table.drop_duplicates("case_id").set_index("case_id")[column]
    return by_case.reindex(cases["case_id"]).reset_index(drop=True)


def find_exits(extract: Extract) -> Days:
    """Return per screening the day of pension or death, NEVER where there was none."""
    final = extract.follow_up[extract.follow_up["exit"].isin(FINAL_EXITS)]
    days = _Calendar(extract.cases, None)
    return days.count(_per_case(extract.cases, final, "exited_on"), unknown=NEVER)


def find_support(extract: Extract, spell_ends: Days) -> Days:
    """Return the day on which support began while the spell still ran, NEVER where it did not."""
    started = extract.pathways.dropna(subset=["started_on"])
    days = _Calendar(extract.cases, None)
    rows = _join(extract.cases, started)
    found = _first(rows, _days_between(days, rows, "started_on"), len(days.screened_on))
    return np.where(found < spell_ends, found, NEVER)


def find_supported_before(extract: Extract) -> NDArray[np.bool_]:
    """Tell of each screening whether support had begun in its case before it."""
    started = extract.pathways.dropna(subset=["started_on"])
    days = _Calendar(extract.cases, None)
    rows = _join(extract.cases, started)
    found = np.zeros(len(days.screened_on), dtype=np.bool_)
    found[rows["place"].to_numpy()[_days_between(days, rows, "started_on") < 0]] = True
    return found


def find_spell_ends(extract: Extract) -> Days:
    """Return per screening the day on which work ended the spell, NEVER where it did not.

    Work of any length ends a spell, unless the person fell ill again so soon that it is a relapse.
    """
    days = _Calendar(extract.cases, None)
    rows = _join(extract.cases, merge_periods(extract.work_periods))
    absence = extract.cases["absence_started_on"].iloc[rows["place"]].reset_index(drop=True)
    in_first_year = rows["started_on"] < absence + pd.DateOffset(years=1)
    primary, invalidity = (rows["started_on"] + RELAPSE[phase] for phase in Phase)
    relapse_until = primary.where(in_first_year, invalidity)
    is_end = ~(rows["ended_on"] + pd.Timedelta(days=1) < relapse_until)
    return _first(
        rows[is_end], _days_between(days, rows[is_end], "started_on"), len(days.screened_on)
    )


def _settle_returns(
    extract: Extract, outcome: Outcome, days: _Calendar, last: Days
) -> tuple[Days, Days]:
    """Return per screening the day that proves a sustained return, and that rules it out."""
    rows = _join(extract.cases, merge_periods(extract.work_periods))
    place = rows["place"].to_numpy()
    begun = _days_between(days, rows, "started_on")
    ended = _days_between(days, rows, "ended_on")
    ended = np.where(np.isnan(ended) | (ended > last[place]), NEVER, ended)
    counts = (begun >= 0) & (begun <= outcome.horizon_days) & (begun <= last[place])
    proven = begun + outcome.sustained_days - 1  # the first and the last day both count
    lasted = counts & (ended >= proven)
    success = _first(rows[lasted], proven[lasted], len(last))
    settled = np.full(len(last), float(outcome.horizon_days))
    short = counts & ~lasted
    np.maximum.at(settled, place[short], ended[short])
    settled[success < NEVER] = NEVER  # begun in time, proven later: only an exit can come before
    return success, settled


def _join(cases: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    keys = pd.DataFrame({"case_id": cases["case_id"].to_numpy(), "place": np.arange(len(cases))})
    return keys.merge(table, on="case_id", how="inner")


def _days_between(days: _Calendar, rows: pd.DataFrame, column: str) -> Days:
    start = days.screened_on.iloc[rows["place"]].reset_index(drop=True)
    counted = (rows[column].reset_index(drop=True) - start).dt.days
    return np.asarray(counted.to_numpy(dtype=float, na_value=np.nan))


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


def weigh(
    returned: Days,
    known_days: Days,
    open_days: Days | None = None,
    by_support: NDArray[np.bool_] | None = None,
) -> Days:
    """Return inverse-probability-of-censoring weights; 0 where the outcome is not known.

    One over the chance that a screening is still followed on the day that settled it, and was not
    supported while it could be: who is back at work can't start support during the months that
    prove the return to last. Weigh only screenings that belong together: those of one window, made
    by one day.
    """
    is_known = ~np.isnan(returned)
    if by_support is None or open_days is None:
        chance = _stay(known_days, ~is_known)
    else:
        chance = _stay(known_days, ~is_known & ~by_support) * _stay(open_days, by_support)
    return np.where(is_known, 1 / np.maximum(chance, SMALLEST_CHANCE), 0.0)


def _stay(days: Days, is_lost: NDArray[np.bool_]) -> Days:
    """Return for each row the Kaplan-Meier chance of not being lost before its own day."""
    if not len(days):
        return np.empty(0)
    times, place = np.unique(days, return_inverse=True)
    leaving = np.bincount(place, minlength=len(times))
    lost = np.bincount(place, weights=is_lost, minlength=len(times))
    at_risk = leaving[::-1].cumsum()[::-1] - (leaving - lost)  # settled that day: left before
    stay = np.where(at_risk > 0, 1 - lost / np.maximum(at_risk, 1), 1.0)
    chance_before: Days = np.concatenate([[1.0], np.cumprod(stay)[:-1]])
    return chance_before[place]
