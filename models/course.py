"""Whether returns come as often as was told, long before everybody was followed to the end.

Each person is expected to return by the hazard of the own estimate until the day on which the
return came, or would no longer have been seen. Observed less expected is then 0 on average, also
where what ends the follow-up, such as support, depends on the estimate itself, which weights for
censoring alone would not allow for; not where it depends on chances that the estimate does not
know. The ratio of both is the standardised ratio of Breslow (1975) and Berry (1983); Crowson,
Atkinson and Therneau (2016) make calibration in the large, its slope and groups of it. Death and
pension end nobody's time at risk: who is gone does not return, which is what the estimate counts as
well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm, poisson

from models.reference import Shape
from models.shares import FEWEST_SHOWN
from models.watching import CHANCE, SMALLEST, Check, Limits, reach

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
SUREST = 0.995  # a chance of 1 has a hazard without end
# at a chance of 35 in 100 a ratio of 1.15 is 4 points: more than a gate lets a release be off
OVERALL = Limits(watch=0.07, alarm=0.15)
# four fifths turned over, as in the audit of a release
GROUP = Limits(watch=0.15, alarm=0.25)
SLOPE = Limits(watch=0.10, alarm=0.25)  # of a release it must lie between 0.9 and 1.1
ECE = Limits(watch=0.03, alarm=0.05)  # the limits of a release, overall and per group
FEWEST_EVENTS = 10  # expected returns; with fewer a ratio says nothing
FEWEST_FOR_SLOPE = 200
BINS, DRAWS = 10, 500


@dataclass(frozen=True)
class Course:
    """People with what was told and what came of it: `p` is the chance at the horizon.

    `expected` is the hazard until the end of what was seen of each, `observed` 1 for a return.
    """

    p: Floats
    expected: Floats
    observed: Floats

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.p)

    def take(self, rows: Bools) -> "Course":
        """Return some of them."""
        return Course(self.p[rows], self.expected[rows], self.observed[rows])


def add_hazard(
    chances: Floats, days: Sequence[int], until: Floats, shape: Shape | None = None
) -> Floats:
    """Return the hazard of each person added up until a day.

    `chances` are those to be back by each of the `days`, one column each. Between two days hazard
    rises as the `shape` of all people does, without one along a straight line.
    """
    knots = np.array([0, *days], dtype=float)
    rises = np.maximum.accumulate(np.minimum(chances, SUREST), axis=1)
    sums = np.column_stack([np.zeros(len(chances)), -np.log1p(-rises)])
    until = np.minimum(until, knots[-1])
    place = np.clip(np.searchsorted(knots, until, side="left"), 1, len(knots) - 1)
    above = knots if shape is None else np.interp(knots, shape.days, shape.hazard)
    at = until if shape is None else np.interp(until, shape.days, shape.hazard)
    wide = above[place] - above[place - 1]
    part = np.where(wide > 0, (at - above[place - 1]) / np.maximum(wide, 1e-300), 1.0)
    rows = np.arange(len(sums))
    low, high = sums[rows, place - 1], sums[rows, place]
    found: Floats = low + np.clip(part, 0, 1) * (high - low)
    return found


def compare_returns(
    kind: str, name: str, group: str, course: Course, tests: int, limits: Limits
) -> Check:
    """Return how often people returned, for each time that was expected; still to be judged.

    The interval of 95 % is exact (Garwood 1936).
    """
    observed, expected = float(course.observed.sum()), float(course.expected.sum())
    if len(course) < SMALLEST or expected < FEWEST_EVENTS:
        return Check(kind, name, group, why="too_few", count=len(course))
    ratio = observed / expected
    less, more = poisson.cdf(observed, expected), poisson.sf(observed - 1, expected)
    low = chi2.ppf(0.025, 2 * observed) / 2 / expected if observed else 0.0
    high = chi2.ppf(0.975, 2 * observed + 2) / 2 / expected
    asked = (reach(tests) / np.log1p(limits.alarm)) ** 2  # returns that would have to be expected
    return Check(
        kind,
        name,
        group,
        size=float(max(ratio, 1 / max(ratio, 1e-6)) - 1),
        chance=float(min(1.0, 2 * min(less, more))),
        limits=limits,
        count=len(course),
        needed=int(np.ceil(asked * len(course) / expected)),
        figures={
            "ratio": round(ratio, 2),
            "low": round(float(low), 2),
            "high": round(float(high), 2),
            **({"observed": observed, "expected": expected} if observed >= FEWEST_SHOWN else {}),
        },
    )


def measure_slope(kind: str, course: Course, tests: int) -> Check:
    """Return by how much the slope of calibration differs from 1; still to be judged.

    Poisson regression of the returns on the complementary log-log of p, with the hazard that this
    p brings until the end of what was seen as offset (Crowson, Atkinson and Therneau 2016).
    """
    if len(course) < FEWEST_FOR_SLOPE or course.observed.sum() < FEWEST_EVENTS:
        return Check(kind, "slope", why="too_few", count=len(course))
    seen = course.take(course.expected > 0)
    line = np.log(-np.log1p(-np.clip(seen.p, 1e-4, SUREST)))
    centre = float(np.average(line, weights=seen.expected))
    rows = np.column_stack([np.ones(len(seen)), line - centre])
    weights, spare = np.zeros(2), np.log(seen.expected) - (line - centre)
    weights[1] = 1.0
    for _ in range(25):
        mean = np.exp(np.clip(spare + rows @ weights, -30, 10))
        information = rows.T @ (rows * mean[:, None])
        step = np.linalg.solve(information, rows.T @ (seen.observed - mean))
        weights = weights + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    slope, error = float(weights[1]), float(np.sqrt(np.linalg.inv(information)[1, 1]))
    off = abs(slope - 1)
    return Check(
        kind,
        "slope",
        size=off,
        chance=float(2 * norm.sf(off / error)),
        limits=SLOPE,
        count=len(course),
        needed=int(np.ceil(len(course) * (reach(tests) * error / SLOPE.alarm) ** 2)),
        figures={"slope": slope, "low": slope - 1.96 * error, "high": slope + 1.96 * error},
    )


@dataclass(frozen=True)
class Bin:
    """People with about the same chance: what was told, what came of it with its interval."""

    count: int
    told: float
    found: float
    low: float
    high: float


def list_bins(course: Course) -> list[Bin]:
    """Return the calibration in bins of equal size, those with returns enough to tell."""
    order = np.argsort(course.p, kind="stable")
    found = []
    for rows in np.array_split(order, BINS) if len(course) >= BINS * SMALLEST else []:
        p = course.p[rows]
        observed, expected = float(course.observed[rows].sum()), float(course.expected[rows].sum())
        if expected <= 0:
            continue
        low = chi2.ppf(0.025, 2 * observed) / 2 if observed else 0.0
        bounds = (observed, low, chi2.ppf(0.975, 2 * observed + 2) / 2)
        found.append(
            Bin(len(rows), float(p.mean()), *(_bring(p, one / expected) for one in bounds))
        )
    return found


def _bring(p: Floats, ratio: float) -> float:
    """Return the mean chance of people whose hazard is so many times what was told."""
    return float((1 - (1 - np.minimum(p, SUREST)) ** ratio).mean())


def measure_bins(kind: str, course: Course, seed: int = 0) -> Check:
    """Return the expected calibration error less what chance makes of it; still to be judged."""
    if len(course) < BINS * SMALLEST or course.expected.sum() < BINS * FEWEST_EVENTS:
        return Check(kind, "ece", why="too_few", count=len(course))
    rows = np.array_split(np.argsort(course.p, kind="stable"), BINS)
    p = np.array([course.p[one].mean() for one in rows])
    expected = np.maximum([course.expected[one].sum() for one in rows], 1e-9)
    observed = np.array([course.observed[one].sum() for one in rows])
    part = np.array([len(one) for one in rows]) / len(course)

    def error(returns: Floats) -> Floats:
        off: Floats = np.abs(1 - (1 - p) ** (returns / expected) - p) @ part
        return off

    drawn = error(np.random.default_rng(seed).poisson(expected, (DRAWS, BINS)).astype(float))
    found, usual = float(error(observed)), float(drawn.mean())
    return Check(
        kind,
        "ece",
        size=max(found - usual, 0.0),
        # with so few draws the smallest chance is larger than a family of checks asks for
        chance=float(norm.sf((found - usual) / max(float(drawn.std()), 1e-9))),
        limits=ECE,
        count=len(course),
        needed=0 if np.quantile(drawn, 1 - CHANCE) - usual < ECE.alarm else len(course) + 1,
        figures={"ece": found, "by_chance": usual},
    )
