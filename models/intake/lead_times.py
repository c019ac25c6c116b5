"""How long it takes from one event to the next, where the last ones are not over yet."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.intake.faults import IntakeError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
QUARTILES = (0.25, 0.5, 0.75)
WITHIN = (30, 60, 90)
FEWEST = 5


def lead_times(days: Ints, happened: NDArray[np.bool_], longest: Ints) -> dict[str, Any]:
    """Return quartiles of the days until it happened, among those for whom it does.

    `days` from one event to the next, or to as_of where it has not `happened`; `longest` the days
    that each could have been seen. Who only just began shows short times only: each time is
    weighed as if all had been seen as long (reversed hazards for right truncation, Lagakos, Barraj
    and De Gruttola 1988). Returns count, open, quartiles with 95 % intervals, and the share for
    whom it happened within 30, 60 and 90 days among those seen for so long. Quartiles are None
    under five. Raises IntakeError for days under 0 or past what could be seen.
    """
    days, longest = np.asarray(days), np.asarray(longest)
    if (days < 0).any() or (days > longest).any():
        raise IntakeError("lead times: expected days from 0 on, and none past as_of")
    own, seen = days[happened], longest[happened]
    found: dict[str, Any] = {"count": len(own), "open": int((~happened).sum())}
    found["quartiles"] = _find_quartiles(own, seen) if len(own) >= FEWEST else None
    found["within"] = {str(limit): _find_within(days, happened, longest, limit) for limit in WITHIN}
    return found


def _find_quartiles(days: Ints, seen: Ints) -> list[dict[str, float]]:
    values, share = weigh_times(days, seen)
    size = len(days)
    rows = []
    for level in QUARTILES:
        error = 1.96 * np.sqrt(level * (1 - level) / size)
        low, middle, high = (
            float(
                values[np.searchsorted(share, np.clip(at, 0, 1) - 1e-12).clip(0, len(values) - 1)]
            )
            for at in (level - error, level, level + error)
        )
        rows.append({"level": level, "days": middle, "low": low, "high": high})
    return rows


def weigh_times(days: Ints, seen: Ints) -> tuple[Ints, Floats]:
    """Return the times that occur, and the share of all who are as fast or faster."""
    values = np.unique(days)
    now = np.array([(days == value).sum() for value in values], float)
    ordered_seen, ordered_days = np.sort(seen), np.sort(days)
    upto = np.searchsorted(ordered_days, values, side="right")
    unseen = np.searchsorted(ordered_seen, values, side="left")  # could not have been seen so long
    at_risk = np.maximum(upto - unseen, now)
    keep = 1 - now / at_risk
    share = np.append(np.cumprod(keep[::-1])[::-1][1:], 1.0)
    return values, share


def _find_within(
    days: Ints, happened: NDArray[np.bool_], longest: Ints, limit: int
) -> dict[str, Any] | None:
    known = longest >= limit
    count = int(known.sum())
    if count < FEWEST:
        return None
    return {"count": count, "share": float((happened & (days <= limit))[known].mean())}
