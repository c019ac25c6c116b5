"""Outflow to work after the start of a pathway, where some leave for another reason.

The cumulative incidence of Aalen and Johansen (1978): pension and death compete with work, so that
who left for them no longer counts as somebody who may yet work, and who is still followed counts up
to the last whole month known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.intake.faults import IntakeError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
OPEN, WORK, OTHER = 0, 1, 2  # how the follow-up of a person ends
MONTHS = (6, 12, 18, 24)
WIDE = 1.96
FEWEST = 5  # people still followed: a share over fewer is not told


@dataclass(frozen=True)
class Exits:
    """Per starting cohort and month since the start: followed, gone to work, gone otherwise.

    All of shape (cohorts, months); month 0 is the first month after the start.
    """

    cohorts: tuple[str, ...]
    at_risk: Ints
    work: Ints
    other: Ints


def count_exits(
    cohorts: Sequence[str], labels: Sequence[str], months: Ints, kinds: Ints, longest: int = 24
) -> Exits:
    """Return the table of people who each left, or were last seen, so many whole months on.

    `labels` names the cohort of each; `kinds` is 0 for who is still followed, 1 for work and 2 for
    pension or death. Raises IntakeError for a negative time or an unknown kind or cohort.
    """
    if (months < 0).any() or not np.isin(kinds, (OPEN, WORK, OTHER)).all():
        raise IntakeError("outflow: expected months from 0 on, and kinds 0, 1 or 2")
    if set(labels) - set(cohorts):
        raise IntakeError("outflow: somebody belongs to a cohort that is not named")
    place = np.array([list(cohorts).index(label) for label in labels], dtype=np.int64)
    ages = np.arange(longest)
    shape = (len(cohorts), longest)
    at_risk, work, other = (np.zeros(shape, np.int64) for _ in range(3))
    for number in range(len(cohorts)):
        own, how = months[place == number], kinds[place == number]
        lasts = own + (how != OPEN)  # who leaves in a month was followed in it
        at_risk[number] = (lasts[:, None] > ages).sum(axis=0)
        work[number] = ((own[:, None] == ages) & (how == WORK)[:, None]).sum(axis=0)
        other[number] = ((own[:, None] == ages) & (how == OTHER)[:, None]).sum(axis=0)
    return Exits(tuple(cohorts), at_risk, work, other)


def outflow(exits: Exits, months: Sequence[int] = MONTHS) -> list[dict[str, Any]]:
    """Return per cohort the share that went to work within so many months, with a 95 % interval.

    Each row: cohort, started, and per month the value, low and high, or None where fewer than five
    were followed for so long. The variance is that of Aalen (1978) for competing risks, in the
    binomial form (Marubini and Valsecchi 1995); the interval is on the scale of log(-log), so that
    it stays within 0 and 1.
    """
    rows = []
    for place, cohort in enumerate(exits.cohorts):
        at_risk, work, other = (
            part[place].astype(float) for part in (exits.at_risk, exits.work, exits.other)
        )
        share, variance = _find_incidence(at_risk, work, other)
        told = {}
        for month in months:
            known = month <= len(at_risk) and at_risk[month - 1] >= FEWEST
            told[str(month)] = _tell(share[month - 1], variance[month - 1]) if known else None
        rows.append({"cohort": cohort, "started": int(at_risk[0]), "months": told})
    return rows


def _find_incidence(at_risk: Floats, work: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return the cumulative share that works after each month, and its variance."""
    count = np.maximum(at_risk, 1.0)
    gone = work + other
    left = np.cumprod(1 - gone / count)
    before = np.append(1.0, left[:-1])
    share = np.cumsum(before * work / count)
    variance = np.zeros(len(count))
    for month in range(len(count)):
        now = slice(0, month + 1)
        to_come = share[month] - share[now]
        n, d, w, s = count[now], gone[now], work[now], before[now]
        stayed = np.where(n > d, d / np.maximum(n * (n - d), 1e-9), 0.0)
        variance[month] = (
            to_come**2 * stayed
            + s**2 * w * (n - w) / n**3
            - 2 * to_come * s * w * (n - w) / (n**2 * np.maximum(n - d, 1.0)) * (w > 0) * (n > d)
        ).sum()
    return share, np.maximum(variance, 0.0)


def _tell(share: float, variance: float) -> dict[str, float]:
    if not 0 < share < 1:
        return {"value": float(share), "low": float(share), "high": float(share)}
    error = WIDE * np.sqrt(variance) / abs(share * np.log(share))
    low, high = share ** np.exp(error), share ** np.exp(-error)
    return {"value": float(share), "low": float(low), "high": float(high)}
