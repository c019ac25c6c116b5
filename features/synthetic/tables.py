"""The five tables of an extract, laid out from a population and its story."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from features.contract import Field
from features.synthetic.courses import Law
from features.synthetic.effects import FLAG_CODES, Floats
from features.synthetic.population import Population, draw_keys
from features.synthetic.spreads import roll, to_values
from features.synthetic.support import Rows, Story


def build_tables(
    population: Population, law: Law, story: Story, observed: Floats
) -> dict[str, pd.DataFrame]:
    """Return what a sickness fund and VDAB would know, until the last day of follow-up."""
    return {
        "cases": build_cases(population, law, *list_screenings(population, story)),
        "pathways": _build_pathways(population, story),
        "work_periods": _build_work_periods(population, story, observed),
        "follow_up": _build_follow_up(population, story, observed),
        "groups": _build_groups(population),
    }


def list_screenings(population: Population, story: Story) -> tuple[Rows, Floats]:
    """Return person and day (after the first screening) of every screening, in order of date."""
    rows = np.concatenate([np.arange(population.size), story.again])
    after = np.concatenate([np.zeros(population.size), story.again_on])
    order = np.lexsort((rows, population.screened_on[rows] + after))
    return rows[order], after[order]


def name_cases(rows: Rows) -> "pd.Series":
    """Return case ids: with a letter, so that none can look like a person number."""
    return _name("C", rows)


def _name(letter: str, rows: Rows) -> "pd.Series":
    return letter + pd.Series(rows + 1).astype("str").str.zfill(7)


def to_dates(days: Floats | NDArray[np.int64]) -> "pd.Series":
    """Return days since 1970 as dates; NaN is missing."""
    return pd.Series(pd.to_datetime(pd.Series(days), unit="D")).astype("datetime64[s]")


def _to_texts(places: Floats | Rows, keys: Mapping[str, float] | tuple[str, ...]) -> "pd.Series":
    codes = np.nan_to_num(places, nan=-1).astype(np.int64)
    return pd.Series(pd.Categorical.from_codes(codes, categories=list(keys))).astype("str")


def build_cases(population: Population, law: Law, rows: Rows, after: Floats) -> pd.DataFrame:
    """Return what is recorded of persons at screenings so many days after their first one.

    All second screenings belong in one call, in the order of `list_screenings`: what is recorded
    anew then is drawn in that order.
    """
    entries, size = population.rules.entries, population.size
    person = roll(population.seed, "person keys").permutation(size)
    funds = draw_keys(entries.sickness_funds, size, roll(population.seed, "sickness funds"))
    columns = {
        "case_id": name_cases(rows),
        "person_key": _name("P", person[rows]),
        "sickness_fund": _to_texts(funds[rows], tuple(entries.sickness_funds)),
        "region": _to_texts(population.true.values["region"][rows], tuple(entries.regions)),
        "absence_started_on": to_dates(population.started[rows]),
        "screened_on": to_dates(population.screened_on[rows] + after),
    }
    for f in population.contract.columns:
        values = population.recorded.values[f.name][rows]
        _record_again(values, f, population, law, rows, after)
        columns[f.name] = _to_texts(values, f.codes) if f.levels else pd.Series(values)
    return pd.DataFrame(columns)


def _record_again(
    values: Floats, field: Field, population: Population, law: Law, rows: Rows, after: Floats
) -> None:
    """Replace what is recorded anew at a second screening; work that was permitted stays so."""
    spread, later = population.spreads[field.name], after > 0
    if spread.again is None or not later.any():
        return
    rng = roll(population.seed, f"again {field.name}")
    leaning = spread.again * _standardise(np.log(law.returning))[rows[later]]
    leaning += np.sqrt(1 - spread.again**2) * rng.standard_normal(later.sum())
    renewed = to_values(spread, field, ndtr(leaning))
    kept = values[later]
    if field.kind == "flag":
        renewed = np.where(kept == FLAG_CODES["yes"], kept, renewed)
    values[later] = np.where(np.isnan(kept), np.nan, renewed)


def _standardise(values: Floats) -> Floats:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / (spread or 1.0))


def _build_pathways(population: Population, story: Story) -> pd.DataFrame:
    rows = np.concatenate([turn.rows for turn in story.pathways])
    begin = population.screened_on[rows]
    rules = population.rules.support
    parts = {
        name: np.concatenate([getattr(turn, name) for turn in story.pathways])
        for name in ("referred", "started", "ended", "kinds", "partners")
    }
    table = pd.DataFrame(
        {
            "case_id": name_cases(rows),
            "referred_on": to_dates(begin + parts["referred"]),
            "started_on": to_dates(begin + parts["started"]),
            "ended_on": to_dates(begin + parts["ended"]),
            "kind": _to_texts(parts["kinds"], tuple(rules.kinds)),
            "partner": _to_texts(parts["partners"], tuple(rules.partners)),
        }
    )
    return table.sort_values(["referred_on", "case_id"], ignore_index=True)


def _build_work_periods(population: Population, story: Story, observed: Floats) -> pd.DataFrame:
    courses = story.courses
    returned = np.ceil(courses.returned)
    tried = courses.tried
    back = (courses.returned < courses.left) & (returned <= observed)
    tried_rows, back_rows = (
        np.flatnonzero(tried & (courses.attempted <= observed)),
        np.flatnonzero(back),
    )
    rows = np.concatenate([tried_rows, back_rows])
    started = np.concatenate([courses.attempted[tried_rows], returned[back_rows]])
    lasting = np.concatenate([courses.attempt_lasting[tried_rows], courses.lasting[back_rows]])
    ended = np.where(started + lasting <= observed[rows], started + lasting, np.nan)
    begin = population.screened_on[rows]
    table = pd.DataFrame(
        {
            "case_id": name_cases(rows),
            "started_on": to_dates(begin + started),
            "ended_on": to_dates(begin + ended),
        }
    )
    return table.sort_values(["case_id", "started_on"], ignore_index=True)


def _build_follow_up(population: Population, story: Story, observed: Floats) -> pd.DataFrame:
    courses = story.courses
    left = np.ceil(courses.left)
    gone = (courses.left < courses.returned) & (left <= observed)
    names = ("", *population.rules.exits)
    return pd.DataFrame(
        {
            "case_id": name_cases(np.arange(population.size)),
            "observed_until": to_dates(population.screened_on + observed),
            "exit": _to_texts(np.where(gone, courses.cause + 1, 0), names),
            "exited_on": to_dates(population.screened_on + np.where(gone, left, np.nan)),
        }
    )


def _build_groups(population: Population) -> pd.DataFrame:
    groups = population.groups
    texts = {name: _to_texts(groups.values[name], groups.codes[name]) for name in groups.values}
    return pd.DataFrame({"case_id": name_cases(np.arange(population.size)), **texts})
