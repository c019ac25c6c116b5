"""The law of return in the synthetic world, in closed form, and courses drawn from it.

Return for good and other exits compete, with rates that decline alike. On the clock
`g(t) = log(1 + t / bend) / log(1 + 365 / bend)` they are constant, so the chance of return between
two days is exactly `returning / total * (1 - exp(-total * (g(end) - g(start))))`.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from features.synthetic.effects import Floats
from features.synthetic.population import Population
from features.synthetic.spreads import roll
from features.synthetic.world import CourseRules

YEAR = 365.0
RELAPSE_DAYS = 14  # who works for less continues the old spell, in the first year of incapacity
SHORTEST = 3  # where a return of fewer days is sustained, no attempt is shorter
NEVER = 1e6  # days; beyond any follow-up
REACH = 0.95  # support comes no nearer than this to what rates of zero or without end would give


@dataclass(frozen=True)
class Law:
    """The rates of all persons from their first screening on, and what support adds to them."""

    returning: Floats
    leaving: Floats
    leaving_by_cause: Floats
    added: Floats
    helps: bool
    bend: float
    horizon: float
    lock_in_days: float
    lock_in_rate: float

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Law":
        """Return the law of some persons."""
        return replace(
            self,
            returning=self.returning[rows],
            leaving=self.leaving[rows],
            leaving_by_cause=self.leaving_by_cause[rows],
            added=self.added[rows],
        )

    def clock(self, days: Floats | float) -> Floats:
        """Return the share of a year's rate that is met in the first days."""
        return np.asarray(np.log1p(np.asarray(days) / self.bend) / np.log1p(YEAR / self.bend))

    def unclock(self, met: Floats) -> Floats:
        """Return the days after which a share of a year's rate is met."""
        days = self.bend * np.expm1(np.minimum(met, 20.0) * np.log1p(YEAR / self.bend))
        return np.asarray(np.minimum(days, NEVER))


def chance(returning: Floats, leaving: Floats, span: Floats | float) -> Floats:
    """Return the chance of return, before any other exit, over a span of the clock."""
    total = returning + leaving
    return np.asarray(returning / total * -np.expm1(-total * span))


def find_p_usual(law: Law, after: Floats | float = 0.0) -> Floats:
    """Return the chance of return within the horizon of who is off after some days, unsupported."""
    span = law.clock(after + law.horizon) - law.clock(after)
    return chance(law.returning, law.leaving, span)


def find_gain(law: Law, after: Floats | float = 0.0) -> Floats:
    """Return what support from `after` on adds to the chance of return within the horizon."""
    usual = find_p_usual(law, after)
    wanted = law.added * 4 * usual * (1 - usual)
    early, still_off = _find_lock_in(law, after)
    least, most = REACH * (early - usual), REACH * (early + still_off - usual)
    return np.clip(wanted, least, most) if law.helps else np.zeros(len(usual))


def _find_lock_in(law: Law, after: Floats | float) -> tuple[Floats, Floats]:
    """Return the chances of return during the lock-in, and of being off still at its end."""
    span = law.clock(after + law.lock_in_days) - law.clock(after)
    slow = law.lock_in_rate * law.returning
    return chance(slow, law.leaving, span), np.exp(-(slow + law.leaving) * span)


def find_supported_rate(law: Law, after: Floats) -> Floats:
    """Return the rate of return after the lock-in that makes `find_gain` come true."""
    early, still_off = _find_lock_in(law, after)
    target = (find_p_usual(law, after) + find_gain(law, after) - early) / still_off
    span = law.clock(after + law.horizon) - law.clock(after + law.lock_in_days)
    low, high = np.full(len(target), -20.0), np.full(len(target), 12.0)
    for _ in range(50):
        middle = (low + high) / 2
        short = chance(np.exp(middle), law.leaving, span) < target
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.asarray(np.exp((low + high) / 2))


def draw_supported_return(law: Law, after: Floats, rng: np.random.Generator) -> Floats:
    """Return days until the return of who is off and gets support `after` days; exits stay.

    Lock-in first, then the rate that makes the gain come true, and after the horizon the usual one.
    """
    start, locked, end = (law.clock(after + days) for days in (0, law.lock_in_days, law.horizon))
    slow, quick = law.lock_in_rate * law.returning, find_supported_rate(law, after)
    first, second = slow * (locked - start), quick * (end - locked)
    met = rng.standard_exponential(len(after))
    late = end + (met - first - second) / law.returning
    middle = np.where(met <= first + second, locked + (met - first) / quick, late)
    return law.unclock(np.where(met <= first, start + met / slow, middle))


def build_law(population: Population, *, helps: bool) -> Law:
    """Return the rates of a population; where support does not help, nothing is ever added."""
    rules, true, outcome = population.rules, population.true, population.contract.outcome
    causes = [
        item.rate * np.exp(true.sum_of(item.effects)) for item in population.rules.exits.values()
    ]
    leaving_by_cause = np.column_stack(causes)
    leaving = leaving_by_cause.sum(axis=1)
    return Law(
        returning=_solve_rate(_score_return(population), leaving, rules.course.mean),
        leaving=leaving,
        leaving_by_cause=leaving_by_cause,
        added=_add_gain(population),
        helps=helps,
        bend=rules.course.bend,
        horizon=float(outcome.horizon_days),
        lock_in_days=min(float(rules.support.lock_in_days), outcome.horizon_days / 3),
        lock_in_rate=rules.support.lock_in_rate,
    )


def _score_return(population: Population) -> Floats:
    rules, true = population.rules.course, population.true
    score = true.sum_of(rules.effects)
    for levels, effect in rules.pairs:
        if all(level in true.codes.get(name, {}) for name, level in levels.items()):
            both = [true.values[name] == true.codes[name][level] for name, level in levels.items()]
            score += effect * np.all(both, axis=0)
    score *= rules.scale
    score += population.rules.strangers.effect * true.sum_of_strangers("return")
    rng = roll(population.seed, "unseen return")
    return score + rules.unseen_sd * rng.standard_normal(population.size)


def _solve_rate(score: Floats, leaving: Floats, mean: float) -> Floats:
    """Return rates whose log-odds differ as `score` does, so that `mean` return in a year."""

    def miss(start: float) -> float:
        return float(chance(np.logaddexp(0, score + start), leaving, 1.0).mean()) - mean

    return np.asarray(np.logaddexp(0, score + brentq(miss, -30, 30)))


def _add_gain(population: Population) -> Floats:
    """Return what support adds at middle chances."""
    rules, true = population.rules.gain, population.true
    score = true.sum_of(rules.effects)
    score += population.rules.strangers.gain * true.sum_of_strangers("gain")
    rng = roll(population.seed, "unseen gain")
    score += rules.unseen_sd * rng.standard_normal(population.size)

    def miss(start: float) -> float:
        return float(np.clip(score + start, rules.low, rules.high).mean()) - rules.middle

    return np.asarray(np.clip(score + brentq(miss, -5, 5), rules.low, rules.high))


@dataclass(frozen=True)
class Courses:
    """What happens to each person, in days after the first screening; NEVER lies far beyond."""

    returned: Floats
    lasting: Floats
    left: Floats
    cause: NDArray[np.intp]
    attempted: Floats
    attempt_lasting: Floats

    def is_off(self, rows: NDArray[np.intp], days: Floats) -> NDArray[np.bool_]:
        """Tell whose spell still runs on a day: no return, no exit, and no attempt but a relapse.

        It looks at attempts as drawn, not as `tried`: those would tell of a later return.
        """
        attempted, lasting = self.attempted[rows], self.attempt_lasting[rows]
        relapsed = (attempted + lasting < days) & (lasting < RELAPSE_DAYS)
        running = (attempted > days) | relapsed
        return running & (self.returned[rows] > days) & (self.left[rows] > days)

    @property
    def tried(self) -> NDArray[np.bool_]:
        """Tell whose attempt happens: it ends well before the person returns for good or leaves."""
        over = self.attempted + self.attempt_lasting + RELAPSE_DAYS + 1
        return over < np.minimum(self.returned, self.left)

    @property
    def first_change(self) -> Floats:
        """Days until a person first works, if only for a short while, or leaves otherwise."""
        final = np.ceil(np.minimum(self.returned, self.left))
        return np.where(self.tried, self.attempted, final)


def draw_courses(law: Law, rules: CourseRules, sustained_days: int, seed: int) -> Courses:
    """Return the courses of all persons without support."""
    size = len(law.returning)
    rng = roll(seed, "courses")
    left = law.unclock(rng.standard_exponential(size) / law.leaving)
    share = np.cumsum(law.leaving_by_cause, axis=1) / law.leaving[:, None]
    tried = law.unclock(rng.standard_exponential(size) / (rules.attempts * law.returning))
    if sustained_days < SHORTEST:
        tried[:] = NEVER
    ends = rng.random(size) < rules.ended_share
    after = np.ceil(sustained_days * 1.05) + rng.exponential(rules.ended_days, size).round()
    return Courses(
        returned=law.unclock(rng.standard_exponential(size) / law.returning),
        lasting=np.where(ends, after, NEVER),
        left=left,
        cause=(rng.random(size)[:, None] > share[:, :-1]).sum(axis=1),
        attempted=np.ceil(tried),
        attempt_lasting=np.floor(1 + rng.random(size) * 0.9 * (sustained_days - 1)),
    )
