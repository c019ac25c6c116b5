"""From screening to decision against the clocks of law and policy: in time, late, or still open."""

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.deadlines import DEADLINES, clocks
from models.intake.faults import IntakeError
from models.intake.lead_times import FEWEST, lead_times

Days = NDArray[np.datetime64]
KEYS = ("two_questions", "category", "pathway")
WIDE = 1.959964


def keep_clock(
    absence_started_on: Days,
    screened_on: Days,
    decided_on: Days,
    as_of: date,
    keys: tuple[str, ...] = KEYS,
) -> dict[str, Any]:
    """Return, per clock, how many decisions were in time, and the days that deciding takes.

    All three are days per case, `decided_on` NaT where nothing is decided yet. A case is judged
    once its clock has run out, decided or not: who is quick would be counted sooner than who is
    late. Each clock has judged, in_time, open_late (not decided and past it), share in time
    with Wilson's (1927) 95 % interval, None under five, and its label and source. Raises
    IntakeError for days that do not follow each other.
    """
    today = np.datetime64(as_of, "D")
    done = ~np.isnat(decided_on)
    ends = np.where(done, decided_on, today)
    if (
        (ends < screened_on).any()
        or (ends > today).any()
        or (absence_started_on > screened_on).any()
    ):
        raise IntakeError(
            "clocks: expected absence, screening and decision in that order, by as_of"
        )
    days = (ends - screened_on).astype("timedelta64[D]").astype(np.int64)
    seen = (today - screened_on).astype("timedelta64[D]").astype(np.int64)
    return {
        "decision": lead_times(days, done, seen),
        "clocks": [_judge(key, absence_started_on, ends, done, today) for key in keys],
    }


def _judge(
    key: str, started: Days, ends: Days, done: NDArray[np.bool_], today: np.datetime64
) -> dict[str, Any]:
    now = next(one for one in reversed(DEADLINES) if one.key == key)
    label, source = now.label_nl, now.source
    unique, place = np.unique(started.astype("datetime64[D]"), return_inverse=True)
    due = np.empty(len(unique), "datetime64[D]")
    for number, day in enumerate(unique):
        one = next(clock for clock in clocks(day.item(), day.item()) if clock.key == key)
        due[number], label, source = one.due_on, one.label_nl, one.source
    late = ends > due[place]
    ran_out = due[place] < today
    judged, in_time = int(ran_out.sum()), int((ran_out & ~late).sum())
    return {
        "key": key,
        "label_nl": label,
        "source": source,
        "judged": judged,
        "in_time": in_time,
        "open_late": int((~done & late).sum()),
        "share": bound(in_time, judged) if judged >= FEWEST else None,
    }


def bound(passed: int, tried: int) -> dict[str, float]:
    """Return a share with Wilson's 95 % interval; `tried` must be above 0."""
    share, z2 = passed / tried, WIDE**2
    middle = (share + z2 / (2 * tried)) / (1 + z2 / tried)
    half = WIDE / (1 + z2 / tried) * np.sqrt(share * (1 - share) / tried + z2 / (4 * tried**2))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return {"value": share, "low": float(low), "high": float(high)}
