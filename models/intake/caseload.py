"""How long pathways last, how many are open, what work that is, and who waits for a place.

Durations are learnt as Kaplan and Meier (1958) did: an open pathway counts at each age that it
reached, and as ended at none. Each age has its hazard, drawn from a beta distribution.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.intake.faults import IntakeError
from models.intake.flow import Durations, Flow
from models.intake.thinning import thin

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Small = NDArray[np.float32]
LONGEST = 24  # months: the law knows no end; ages beyond what was seen are taken to end by then
PUBLISHED_MONTHS = 12.5  # published: 11 to 14 months; stands in where no pathway has ended yet
FEWEST_ENDED = 10


def count_durations(months: Ints, ended: NDArray[np.bool_]) -> Durations:
    """Return the table of ages of pathways that lasted so many whole months, or are still open.

    An open pathway of 3 months is under way at ages 0, 1 and 2: of the fourth month nothing is
    known yet. Raises IntakeError for a negative duration.
    """
    if (months < 0).any():
        raise IntakeError("durations: a pathway ends before it starts: check started_on, ended_on")
    ages = int(months.max(initial=0)) + 1
    ends = np.bincount(months[ended], minlength=ages)
    known = np.bincount(months[ended], minlength=ages) + np.append(
        np.bincount(months[~ended], minlength=ages)[1:], 0
    )
    return Durations(np.cumsum(known[::-1])[::-1].astype(np.int64), ends.astype(np.int64))


def draw_hazards(durations: Durations, draws: int, rng: np.random.Generator) -> Floats:
    """Return the chance to end at each age in months, (draws, ages); at the last age all end.

    Where fewer than ten have ended, an exponential of the published mean is worth ten pathways, so
    that a region or a service that only just began gets a wide interval rather than no end.
    """
    at_risk, ended = durations.at_risk.astype(float), durations.ended.astype(float)
    ages = max(LONGEST, len(at_risk))
    at_risk = np.append(at_risk, np.zeros(ages - len(at_risk)))
    ended = np.append(ended, np.zeros(ages - len(ended)))
    usual = np.full(ages, 1 / PUBLISHED_MONTHS)
    prior = np.full(ages, 0.5)
    if ended.sum() < FEWEST_ENDED:
        prior = np.full(ages, FEWEST_ENDED / 2.0)
    hazards = rng.beta(ended + prior * usual, at_risk - ended + prior * (1 - usual), (draws, ages))
    hazards[:, -1] = 1.0
    return np.asarray(hazards)


@dataclass(frozen=True)
class Load:
    """What each month brings, all (draws, regions, months).

    `started` are those who got a place, `queue` who wait for one at the end of the month.
    """

    caseload: Floats
    started: Floats
    queue: Floats


def follow_caseload(flow: Flow, wanted: Floats, seed: int, capacity: Ints | None = None) -> Load:
    """Return open pathways at the end of each month, from those open now and those that start.

    `wanted` are starts asked for, (draws, regions, months). With a `capacity` per region (under 0:
    no limit) nobody starts without a free place; who waits goes first, in the order in which they
    came. Without, everybody starts.
    """
    draws, regions, months = wanted.shape
    hazards = draw_hazards(flow.durations, draws, np.random.default_rng([seed, 90]))
    ages = hazards.shape[1]
    luck = np.random.default_rng([seed, 91]).standard_normal(wanted.shape, dtype=np.float32)
    # each month one place further to the left, so that nobody has to be moved to the next age
    by_age = np.zeros((draws, regions, months + ages), np.float32)
    by_age[..., months:] = _lay_out(flow.open_pathways, ages)
    twice = np.stack([hazards, hazards**2], axis=2).astype(np.float32)
    places = _fill(capacity, regions)
    caseload, started, queue = (np.zeros_like(wanted) for _ in range(3))
    waiting = np.zeros((draws, regions))
    for month in range(months):
        left = _end(by_age[..., months - month : months - month + ages], twice, luck[..., month])
        asked = waiting + wanted[..., month]
        free = np.maximum(np.floor(places - left + 1e-6), 0)
        started[..., month] = np.minimum(asked, free)
        waiting = asked - started[..., month]
        by_age[..., months - month - 1] = started[..., month]
        caseload[..., month], queue[..., month] = left + started[..., month], waiting
    return Load(caseload, started, queue)


def _lay_out(open_pathways: Ints, ages: int) -> Floats:
    """Return open pathways by so many ages; who is older counts as of the last."""
    found = np.zeros((len(open_pathways), ages))
    known = min(ages, open_pathways.shape[1])
    found[:, :known] = open_pathways[:, :known]
    found[:, -1] += open_pathways[:, known:].sum(axis=1)
    return found


def _fill(capacity: Ints | None, regions: int) -> Floats:
    if capacity is None:
        return np.full(regions, np.inf)
    return np.where(capacity < 0, np.inf, capacity).astype(float)


def _end(by_age: Small, hazards: Small, luck: Small) -> Floats:
    """Let pathways end, in place, and return how many are left, (draws, regions), whole numbers.

    How many end in all is drawn as one binomial with the mean and variance of the sum over ages,
    and shared out over ages as expected: fewer ends now leave more to end later. `hazards` holds
    those of each age and their squares, (draws, ages, 2).
    """
    sums = np.matmul(by_age, hazards).astype(float)
    mean, squares = sums[..., 0], sums[..., 1]
    whole = np.rint(by_age.sum(axis=2, dtype=float))
    chance = np.divide(squares, mean, out=np.zeros_like(mean), where=mean > 0).clip(1e-9, 1)
    ends = np.minimum(thin(luck.astype(float), mean / chance, chance), whole)
    factor = np.divide(ends, mean, out=np.zeros_like(mean), where=mean > 0).astype(np.float32)
    by_age *= np.maximum(1 - factor[..., None] * hazards[:, None, :, 0], 0)
    left = whole - ends
    now = by_age.sum(axis=2, dtype=float)
    by_age *= np.divide(left, now, out=np.zeros_like(now), where=now > 0)[..., None].astype(
        np.float32
    )
    return np.asarray(left)


def measure_wait(wanted: Floats, started: Floats) -> Floats:
    """Return how many months whoever asks in the middle of each month waits for a place.

    First come, first served: they start once as many have started as asked before them. Where that
    lies past the last month, the mean number of starts of the last six goes on; with none at all,
    the wait is counted to the last month and twelve more.
    """
    months = wanted.shape[2]
    asked = np.cumsum(wanted, axis=2)
    ahead = asked - wanted / 2
    served = np.cumsum(started, axis=2)
    wait = np.zeros_like(wanted)
    for month in range(months):
        late = served[..., month:] < ahead[..., month, None] - 1e-9
        wait[..., month] = late.sum(axis=2)
    pace = started[..., -6:].mean(axis=2, keepdims=True)
    left = np.maximum(ahead - served[..., -1:], 0)
    beyond = np.divide(left, pace, out=np.full_like(left, np.inf), where=pace > 0)
    return wait + np.where(left > 0, np.minimum(beyond, 12.0), 0.0)
