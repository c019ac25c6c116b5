"""Who gets support in each synthetic world, and when: referrals, starts and second screenings."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from features.synthetic.courses import Courses, Law, draw_supported_return
from features.synthetic.effects import Floats
from features.synthetic.entries import count_weekend
from features.synthetic.population import Population, draw_keys, solve_start
from features.synthetic.spreads import roll
from features.synthetic.world import SupportRules, World

Rows = NDArray[np.intp]
# of persons, screened so many days after their first screening, who is referred
Choose = Callable[[Rows, Floats], NDArray[np.bool_]]


@dataclass(frozen=True)
class Pathways:
    """Referrals of `rows`, in days after the first screening; NaN where it did not happen."""

    rows: Rows
    referred: Floats
    started: Floats
    ended: Floats
    kinds: Rows
    partners: Rows


@dataclass(frozen=True)
class Story:
    """All that happens in one world: courses, pathways, and the days of second screenings."""

    courses: Courses
    pathways: tuple[Pathways, ...]
    again: Rows
    again_on: Floats


def tell_story(
    population: Population,
    law: Law,
    courses: Courses,
    observed: Floats,
    world: World,
    choose: Choose | None = None,
) -> Story:
    """Return what happens when persons are screened, some supported, and some screened again.

    The world tells who is referred, unless somebody is there to `choose`.
    """
    stage = _Stage(population, law, observed, world, _solve_referral(population, world), choose)
    everyone, today = np.arange(population.size), np.zeros(population.size)
    first = stage.refer(courses, everyone, today, "first")
    courses = stage.support(courses, first, "first")
    again, again_on = _screen_again(population, courses, first, observed)
    second = stage.refer(courses, again, again_on, "second")
    return Story(stage.support(courses, second, "second"), (first, second), again, again_on)


@dataclass(frozen=True)
class _Stage:
    """Everything that stays the same between the two rounds of screening."""

    population: Population
    law: Law
    observed: Floats
    world: World
    referral_start: float
    choose: Choose | None

    def refer(self, courses: Courses, rows: Rows, screened_on: Floats, turn: str) -> Pathways:
        """Return the pathways that follow from the screenings of `rows`."""
        population, rules = self.population, self.population.rules.support
        rng = roll(population.seed, f"referral {turn}")
        wanted = self._choose(rows, screened_on, rng)
        referred, started = self._draw_days(screened_on, rules, rng)
        followed = referred <= self.observed[rows]
        kept = wanted & followed & courses.is_off(rows, referred)
        shows_up = (rng.random(len(rows)) < rules.shows_up) | (self.world == "rct")
        starts = shows_up & courses.is_off(rows, started) & (started <= self.observed[rows])
        lasting = rng.integers(rules.lasts_from, rules.lasts_until, len(rows))
        ended = np.minimum(started + lasting, np.ceil(courses.left[rows]))
        return Pathways(
            rows=rows[kept],
            referred=referred[kept],
            started=np.where(starts, started, np.nan)[kept],
            ended=np.where(starts & (ended <= self.observed[rows]), ended, np.nan)[kept],
            kinds=draw_keys(rules.kinds, len(rows), rng)[kept],
            partners=draw_keys(rules.partners, len(rows), rng)[kept],
        )

    def _choose(
        self, rows: Rows, screened_on: Floats, rng: np.random.Generator
    ) -> NDArray[np.bool_]:
        lot = rng.random(len(rows))
        if self.choose is not None:
            return self.choose(rows, screened_on)
        if self.world == "rct":
            return lot < self.population.rules.support.lot
        score = _score_referral(self.population, self.world, rows, screened_on)
        return np.asarray(lot < expit(score + self.referral_start))

    def _draw_days(
        self, screened_on: Floats, rules: SupportRules, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        if self.world == "rct":
            return screened_on, screened_on
        size = len(screened_on)
        referred = rng.integers(rules.referred_from, rules.referred_until + 1, size)
        started = rng.integers(rules.starts_from, rules.starts_until + 1, size)
        return screened_on + referred, screened_on + started

    def support(self, courses: Courses, pathways: Pathways, turn: str) -> Courses:
        """Return the courses, drawn anew from the start of support on where it changes them."""
        if not self.law.helps:
            return courses
        begun = ~np.isnan(pathways.started)
        rows, started = pathways.rows[begun], pathways.started[begun]
        rng = roll(self.population.seed, f"supported return {turn}")
        returned = courses.returned.copy()
        returned[rows] = draw_supported_return(self.law.take(rows), started, rng)
        return replace(courses, returned=returned)


def _score_referral(population: Population, world: World, rows: Rows, after: Floats) -> Floats:
    """Return log-odds of referral; in the world ignorable from what the matrix shows only."""
    rules = population.rules.support.referral
    sheet = (population.recorded if world == "ignorable" else population.true).take(rows)
    if "absent_days" in sheet.values:
        sheet.values["absent_days"] += after
    score = sheet.sum_of(rules.effects)
    score += population.rules.strangers.referral * sheet.sum_of_strangers("referral")
    return score if world == "ignorable" else score + sheet.sum_of(rules.unseen)


def _solve_referral(population: Population, world: World) -> float:
    everyone, today = np.arange(population.size), np.zeros(population.size)
    score = _score_referral(population, world, everyone, today)
    return solve_start(score, population.rules.support.referred_share)


def _screen_again(
    population: Population, courses: Courses, first: Pathways, observed: Floats
) -> tuple[Rows, Floats]:
    """Return who is screened again around month 7, and when: still off, and never supported."""
    rules = population.rules.cohort
    rng = roll(population.seed, "second screening")
    day = rng.integers(rules.again_from, rules.again_until + 1, population.size)
    day -= count_weekend(population.started + day)
    after = (day - population.screened).astype(float)
    everyone = np.arange(population.size)
    chosen = rng.random(population.size) < rules.again_share
    chosen &= courses.is_off(everyone, after) & (after <= observed)
    chosen[first.rows[~np.isnan(first.started)]] = False
    rows = np.flatnonzero(chosen)
    return rows, after[rows]
