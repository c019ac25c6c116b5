"""Who tells of a day of the return curve, among screenings and in the trial of support."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract import Contract, Outcome
from features.matrix import Matrix
from features.outcomes import find_outcomes, weigh
from features.tables import Extract
from features.timeline import Days
from features.trial import Trial, build_trial, draw_starts
from models.effects import Effects, weigh_trial

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MULTIPLES = (0.5, 1.5, 2.0)  # of the horizon: 6, 18 and 24 months where it is a year


def list_days(contract: Contract) -> tuple[int, ...]:
    """Return the days of the curve but for the horizon itself."""
    horizon = contract.outcome.horizon_days
    days = {int(multiple * horizon) for multiple in MULTIPLES}
    return tuple(sorted(days - {0, horizon}))


@dataclass(frozen=True)
class Rows:
    """Those who tell of one day: whether they were back by then, and what they count for.

    `place` is where each of them stands among all.
    """

    matrix: Matrix
    target: Floats
    weight: Floats
    person: NDArray[np.int64]
    place: NDArray[np.intp]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.place)

    def take(self, rows: Bools) -> "Rows":
        """Return some of the rows."""
        return Rows(
            self.matrix[rows],
            self.target[rows],
            self.weight[rows],
            self.person[rows],
            self.place[rows],
        )


@dataclass(frozen=True)
class Seen:
    """The outcome by one day (features.outcomes), with censoring weights."""

    returned: Days
    known_days: Days
    weight: Floats


@dataclass(frozen=True)
class People:
    """Screenings, or rows of a trial, and their outcome by each day of the curve."""

    horizon: int
    matrix: Matrix
    person: NDArray[np.int64]
    seen: dict[int, Seen]

    def select(self, days: int, before: int) -> Rows:
        """Return who tells of a day: returners before the horizon, those not back after it.

        Whoever is settled for a day is settled for every day before it, and whoever is back by the
        horizon is settled for every day.
        """
        if days < self.horizon:
            told, weight = self.seen[self.horizon].returned == 1, self.seen[self.horizon].weight
        else:
            told, weight = self.seen[before].returned == 0, self.seen[days].weight
        place = np.flatnonzero(told & (weight > 0))
        target = self.seen[days].returned[place]
        return Rows(self.matrix[place], target, weight[place], self.person[place], place)

    def count_settled(self, days: int) -> int:
        """Return how many were followed as long as the day asks: who returned tells of less."""
        asked = max(days, self.horizon)
        seen = self.seen[asked]
        return int((~np.isnan(seen.returned) & (seen.known_days >= asked)).sum())


def see_screenings(extract: Extract, as_of: date | None) -> People:
    """Return all screenings made by `as_of`."""
    cases = extract.cases
    made = np.ones(len(cases), dtype=np.bool_)
    if as_of is not None:
        made = (cases["screened_on"] <= pd.Timestamp(as_of)).to_numpy(dtype=np.bool_)
    seen = {}
    for days, outcome in _each_horizon(extract.contract):
        found = find_outcomes(extract, outcome, as_of=as_of)
        returned, known = found.returned[made], found.known_days[made]
        weight = weigh(returned, known, found.open_days[made], found.by_support[made])
        seen[days] = Seen(returned, known, weight)
    return People(
        extract.contract.outcome.horizon_days,
        extract.matrix[made],
        pd.factorize(cases["person_key"])[0].astype(np.int64)[made],
        seen,
    )


@dataclass(frozen=True)
class Support:
    """A trial of support, its outcome by each day from the start on, and the propensity.

    `chance` is NaN for rows with which nobody can be compared.
    """

    trial: Trial
    people: People
    chance: Floats


def see_support(
    extract: Extract, effects: Effects, *, trial_seed: int, as_of: date | None
) -> Support:
    """Return the trial of which `effects` were measured; raises ValueError for another one."""
    seen = {}
    trial = build_trial(extract, seed=trial_seed, as_of=as_of)
    later = draw_starts(extract, seed=trial_seed, as_of=as_of).follow(extract)
    for days, outcome in _each_horizon(extract.contract):
        found = find_outcomes(later, outcome, as_of=as_of)
        then = replace(trial, returned=found.returned, known_days=found.known_days)
        seen[days] = Seen(found.returned, found.known_days, weigh_trial(then))
    if not _is_of(trial, effects):
        raise ValueError("expected effects of the trial that trial_seed and as_of make")
    chance = np.full(len(trial), np.nan)
    chance[effects.rows] = effects.chance
    people = People(extract.contract.outcome.horizon_days, trial.matrix, trial.person, seen)
    return Support(trial, people, chance)


def _is_of(trial: Trial, effects: Effects) -> bool:
    inside = bool((effects.rows < len(trial)).all())
    return inside and all(
        np.array_equal(ours[effects.rows], theirs)
        for ours, theirs in (
            (trial.person, effects.sample.person),
            (trial.supported, effects.supported),
            (trial.returned, effects.sample.target),
        )
    )


def _each_horizon(contract: Contract) -> Iterator[tuple[int, Outcome]]:
    for days in (contract.outcome.horizon_days, *list_days(contract)):
        yield days, replace(contract.outcome, horizon_days=days)
