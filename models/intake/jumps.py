"""Outliers and level shifts, found in past errors."""

from dataclasses import dataclass

import numpy as np

from models.intake.panel import Floats

OUTLIER = 4.0  # times the usual error of the next period: told to the planner
DEFECT = 5.0  # times: no error that will come again, left out of the intervals
SHIFT_PERIODS = 6
SHIFTED = 2.0  # times the usual error, in the middle of the periods after it


@dataclass(frozen=True)
class Jump:
    """One period of one part that was far from expected; `stays` tells a level shift."""

    origin: int  # place of the origin just before it
    part: int
    times: float  # of the usual error, below nought where less came
    stays: bool


def find_jumps(off: Floats) -> tuple[Jump, ...]:
    """Return the jumps in errors (origins, parts, horizon) from consecutive origins.

    The usual error is the median one of the part, by 1.4826 (so that normal errors have it as
    standard deviation), and at least one unit: chance alone, on the scale of `to_scale`.
    """
    if not off.size or not np.isfinite(off[:, :, 0]).any():
        return ()
    first = np.where(np.isfinite(off[:, :, 0]), off[:, :, 0], 0.0)
    usual = np.maximum(1.4826 * np.median(np.abs(first), axis=0), 1.0)
    times = first / usual
    found = []
    for place, part in zip(*np.nonzero(np.abs(times) > OUTLIER), strict=True):
        size = float(times[place, part])
        after = off[place, part, 1:SHIFT_PERIODS] / usual[part] * np.sign(size)
        after = after[np.isfinite(after)]
        stays = after.size >= 3 and float(np.median(after)) > SHIFTED
        found.append(Jump(int(place), int(part), size, bool(stays)))
    return tuple(found)


def leave_out(off: Floats) -> Floats:
    """Return the errors without those of periods that were defects rather than chance."""
    kept = off.copy()
    for jump in find_jumps(off):
        if abs(jump.times) > DEFECT and not jump.stays:
            for ahead in range(min(off.shape[2], jump.origin + 1)):
                kept[jump.origin - ahead, jump.part, ahead] = np.nan
    return kept
