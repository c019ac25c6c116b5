"""Steps and known cases from plain months: of single cases, or of totals per month of entry.

Both a store and an extract can feed these; nothing here knows where the months come from.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.intake.faults import IntakeError
from models.intake.flow import COHORT_STEPS, Waiting
from models.intake.memory import choose_memory, measure_recent, weigh_months
from models.intake.steps import Step, learn_step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Months = NDArray[np.datetime64]
LONGEST = 5  # months of delay told apart; who passes later counts as passing then
RECENT = 36  # months of tries that a chance is learnt from
# months that totals may come in late; older ones that lack are a gap, not a cohort to come
LATE = 3


@dataclass(frozen=True)
class Cases:
    """What single cases did at one step, by month (datetime64[M], NaT where it did not happen).

    `places` numbers the region of each from 0. `tried` is when it came to the step, `passed` when
    it went on, `stopped` when it became known that it will not; None where nobody keeps that.
    """

    places: Ints
    tried: Months
    passed: Months
    stopped: Months | None = None


def learn_cases(
    name: str, cases: Cases, regions: int, last: np.datetime64, *, recent: int = RECENT
) -> tuple[Step, Waiting]:
    """Return a step, and who waits before it, from cases; `last` is the last whole month.

    What lies after `last` is not known yet. Chances are learnt from tries of the `recent` months.
    Raises IntakeError for cases that pass or stop before they come.
    """
    last = last.astype("datetime64[M]")
    known = ~np.isnat(cases.tried) & (cases.tried <= last)
    place, tried = cases.places[known], cases.tried[known].astype("datetime64[M]")
    delay = _find_delay(name, tried, cases.passed[known], last)
    stop = None
    if cases.stopped is not None:
        stop = np.where(delay < 0, _find_delay(name, tried, cases.stopped[known], last), -1)
    month = (tried - last).astype(np.int64) + recent - 1
    shape = (regions, recent, LONGEST + 1)
    own = month >= 0
    counts = np.zeros(shape[:2])
    np.add.at(counts, (place[own], month[own]), 1)
    passed = _count(shape, place, month, delay)
    stopped = None if stop is None else _count(shape, place, month, stop)
    step = learn_step(name, counts, passed, stopped)
    waits = delay < 0 if stop is None else (delay < 0) & (stop < 0)
    waiting = np.zeros((regions, LONGEST + 1), np.int64)
    age = np.minimum((last - tried).astype(np.int64), LONGEST)
    np.add.at(waiting, (place[waits], age[waits]), 1)
    return step, Waiting(name, waiting)


def _find_delay(name: str, tried: Months, event: Months, last: np.datetime64) -> Ints:
    """Return months from try to event, at most the longest told apart; -1 where not by `last`."""
    event = event.astype("datetime64[M]")
    happened = ~np.isnat(event) & (event <= last)
    delay = np.full(len(tried), -1, np.int64)
    delay[happened] = (event[happened] - tried[happened]).astype(np.int64)
    if (delay[happened] < 0).any():
        raise IntakeError(f"{name}: a case goes on before it came: check the days of its source")
    return np.minimum(delay, LONGEST)


def _count(shape: tuple[int, int, int], place: Ints, month: Ints, delay: Ints) -> Floats:
    """Return counts by month of try and delay; a delay past the last month is drawn in to it."""
    use = (delay >= 0) & (month >= 0)
    counts = np.zeros(shape)
    np.add.at(counts, (place[use], month[use], delay[use]), 1)
    return counts


def learn_cohorts(
    entered: Floats, off: tuple[Floats, Floats, Floats], *, recent: int = RECENT
) -> tuple[tuple[Step, ...], tuple[Waiting, ...]]:
    """Return the steps to the kantelpunt and who is under way, from totals per month of entry.

    `entered` and the three of `off` (still off after 1, 2 and 3 months) have shape (regions, months
    of entry), NaN where not known; the last month is the last whole one, and its `entered` has to
    be known. A month counts where both numbers of a step are known. Who was off after k months is
    counted in month k after the entry; where a number is late, it is as if it were still to come.
    Raises IntakeError for numbers that rise, or where the last month lacks.
    """
    if np.isnan(entered[:, -1]).any():
        raise IntakeError("entries: the last month lacks: plan from the last month that is whole")
    steps, waiting = [], []
    before = entered
    for number, (name, after) in enumerate(zip(COHORT_STEPS, off, strict=True)):
        if np.shape(after) != entered.shape:
            raise IntakeError(f"{name}: expected the regions and months of entered")
        steps.append(_learn_cohort_step(name, before[:, -recent:], after[:, -recent:]))
        open_still = np.isnan(np.stack(off[number:])).all(axis=0) & ~np.isnan(before)
        waiting.append(_wait(name, np.where(open_still, before, 0.0), number))
        before = after
    return tuple(steps), tuple(waiting)


def _learn_cohort_step(name: str, before: Floats, after: Floats) -> Step:
    both = ~np.isnan(before) & ~np.isnan(after)
    tried, passed = np.where(both, before, 0.0), np.where(both, after, 0.0)
    if (passed > tried).any() or (passed < 0).any():
        raise IntakeError(f"{name}: more are off than a month before: check the entries")
    kept = choose_memory(tried, passed)
    weight = weigh_months(tried.shape[1], kept)
    count = (tried * weight).sum(axis=1)
    share = np.divide(
        (passed * weight).sum(axis=1), count, out=np.zeros(len(count)), where=count > 0
    )
    wobble = measure_recent(tried, passed, share, np.ones(tried.shape[1]), kept)
    told = (wobble.discount(tried) * weight).sum(axis=1)
    return Step(name, told, share * told, np.array([0.0, 1.0]), wobble)


def _wait(name: str, counts: Floats, number: int) -> Waiting:
    """Return cohorts by how long ago they came to the step: `number` months after their entry."""
    months = counts.shape[1]
    ages = min(LATE + 1, months - number)
    found = np.zeros((len(counts), LATE + 1), np.int64)
    for age in range(ages):
        found[:, age] = counts[:, months - 1 - number - age]
    return Waiting(name, found)
