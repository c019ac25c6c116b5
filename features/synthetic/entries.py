"""When and where spells of incapacity begin, and how many of all of them last."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.synthetic.effects import Floats
from features.synthetic.world import CohortRules, EntryRules, Rules

Days = NDArray[np.int64]
MONDAY = 4  # 5 January 1970, counted from 1 January
MONTHS = {"off_1m": 30, "off_2m": 61, "off_3m": 91, "off_6m": 183, "off_12m": 365}


def count_days(day: date) -> int:
    """Return days since 1 January 1970."""
    return (day - date(1970, 1, 1)).days


def to_months(days: Days) -> Days:
    """Return months since January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def find_first_day(rules: CohortRules, until: date) -> date:
    """Return the first day on which a spell of the cohort can begin."""
    return until - timedelta(days=round(rules.years * 365.25) + rules.screened_until)


def build_intensity(rules: EntryRules, first: date, until: date) -> Floats:
    """Return the relative number of new spells on each day: growth, season and weekday."""
    days = np.arange(count_days(first), count_days(until) + 1)
    growth = (1 + rules.growth) ** ((days - days[0]) / 365.25)
    weekday = np.array(rules.weekdays)[(days - MONDAY) % 7]
    season = np.array(rules.months)[to_months(days) % 12]
    return np.asarray(season * growth * weekday)


def draw_entries(
    rules: Rules, persons: int, until: date, rng: np.random.Generator
) -> tuple[Days, Days]:
    """Return first days of absence, and days of absence at a screening no later than `until`."""
    first = find_first_day(rules.cohort, until)
    total = np.cumsum(build_intensity(rules.entries, first, until))
    screened = rng.integers(rules.cohort.screened_from, rules.cohort.screened_until + 1, persons)
    within = total[len(total) - 1 - screened]
    started = count_days(first) + np.searchsorted(total, rng.random(persons) * within)
    return started, screened - count_weekend(started + screened)


def count_weekend(days: Days) -> Days:
    """Return how many days to go back from a Saturday or Sunday to the Friday before."""
    return np.maximum((days - MONDAY) % 7 - 4, 0)


def build_entries(
    rules: Rules,
    until: date,
    started: Days,
    regions: NDArray[np.intp],
    off_days: Floats,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return totals of all spells per month and region; what is not complete yet is missing.

    A month of which not all days are drawn is left out. `off_days` counts the days of absence
    before a person first works, or leaves otherwise. Who reaches the kantelpunt is a person of the
    cohort; spells that end before it are only counted.
    """
    first = find_first_day(rules.cohort, until)
    month_of_day = to_months(np.arange(count_days(first), count_days(until) + 1))
    months = np.unique(month_of_day)
    shape = (len(months), len(rules.entries.regions))
    cell = np.ravel_multi_index((to_months(started) - months[0], regions), shape)
    counted = {
        "off_3m": _count(cell, shape),
        "off_6m": _count(cell[off_days > MONTHS["off_6m"]], shape),
        "off_12m": _count(cell[off_days > MONTHS["off_12m"]], shape),
    }
    expected = _expect(rules, until, len(started), month_of_day - months[0], shape)
    survival = rules.entries.survival
    ends = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
    late = {"off_3m": rules.cohort.screened_until}  # counted where all of a month were screened
    done = {name: ends + late.get(name, days) <= count_days(until) for name, days in MONTHS.items()}
    lasting = np.where(done["off_3m"][:, None], counted["off_3m"], rng.poisson(expected))
    lasting = np.maximum(lasting, counted["off_3m"])
    short = rng.poisson(lasting * (1 / survival["off_3m"] - 1))
    counted |= _thin(short, lasting, survival, rng)
    table = pd.DataFrame(
        {
            "month": np.repeat(months.astype("datetime64[M]").astype("datetime64[s]"), shape[1]),
            "region": pd.Series(list(rules.entries.regions) * shape[0], dtype="str"),
            "entered": (short + lasting).ravel().astype(float),
        }
    )
    for name in MONTHS:
        table[name] = np.where(done[name][:, None], counted[name], np.nan).ravel()
    begins = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    is_whole = (begins >= count_days(first)) & (ends <= count_days(until))
    return table[np.repeat(is_whole, shape[1])].reset_index(drop=True)


def _count(cells: NDArray[np.intp], shape: tuple[int, int]) -> Days:
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


def _expect(
    rules: Rules, until: date, persons: int, month_of_day: Days, shape: tuple[int, int]
) -> Floats:
    """Return how many persons are expected to reach their kantelpunt, now or later."""
    intensity = build_intensity(rules.entries, find_first_day(rules.cohort, until), until)
    middle = (rules.cohort.screened_from + rules.cohort.screened_until) // 2
    per_month = np.bincount(month_of_day, weights=intensity, minlength=shape[0])
    per_month *= persons / intensity[:-middle].sum()
    return np.outer(per_month, list(rules.entries.regions.values()))


def _thin(
    short: Days, lasting: Days, survival: Mapping[str, float], rng: np.random.Generator
) -> dict[str, Days]:
    """Return how many are off after one and two months, of spells that end before the third."""
    ended = 1 - survival["off_3m"]
    one = rng.binomial(short, (survival["off_1m"] - survival["off_3m"]) / ended)
    later = (survival["off_2m"] - survival["off_3m"]) / (survival["off_1m"] - survival["off_3m"])
    return {"off_1m": one + lasting, "off_2m": rng.binomial(one, later) + lasting}
