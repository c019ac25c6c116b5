"""Outliers and level shifts, found in past errors."""

from dataclasses import dataclass

import numpy as np

from models.intake.panel import Floats

OUTLIER = 4.0  # times the usual error of the next period: told, and left out of the intervals
AFTER = 6  # periods whose mean error tells a shift of the level
SHIFTED = 3.0  # times the usual size of that mean


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
    standard deviation), and at least what chance alone gives on the scale of `to_scale`: one unit.
    """
    if not off.size:
        return ()
    found = []
    for part in range(off.shape[1]):
        shifts = _find_shifts(off[:, part, :AFTER], part)
        near = {one.origin + step for one in shifts for step in range(-1, AFTER)}
        times = _times(off[:, part, 0], 1.0)
        found += shifts
        found += [
            Jump(int(place), part, float(times[place]), stays=False)
            for place in np.flatnonzero(np.abs(times) > OUTLIER)
            if int(place) not in near
        ]
    return tuple(found)


def _times(errors: Floats, chance: float) -> Floats:
    """Return errors as multiples of the usual one, nought where they are not known."""
    known = np.isfinite(errors)
    if not known.any():
        return np.zeros(len(errors))
    usual = max(1.4826 * float(np.median(np.abs(errors[known]))), chance)
    return np.where(known, errors, 0.0) / usual


def _find_shifts(errors: Floats, part: int) -> list[Jump]:
    """Return where the periods after an origin (origins, AFTER) all lie far to one side.

    Of origins that see the same shift, the one from which it looks largest.
    """
    if errors.shape[1] < AFTER:
        return []
    mean = errors.mean(axis=1)
    times = np.abs(_times(mean, 1 / np.sqrt(AFTER)))
    alike = (np.sign(errors) == np.sign(mean)[:, None]).all(axis=1)
    sees = np.where(alike & (times > SHIFTED), times, 0.0)
    return [
        Jump(int(place), part, float(times[place] * np.sign(mean[place])), stays=True)
        for place in np.flatnonzero(sees)
        if sees[place] == sees[max(0, place - AFTER) : place + AFTER + 1].max()
    ]


def keep_own(jumps: tuple[Jump, ...], given: Floats, own: Floats) -> tuple[Jump, ...]:
    """Return the jumps of parts that moved themselves, rather than the layer above them.

    `given` holds errors given the layer above, `own` those without it: (origins, parts, horizon).
    A part whose share falls because another one rose has a jump in the first only.
    """

    def size(errors: Floats, jump: Jump) -> float:
        ahead = AFTER if jump.stays else 1
        return float(errors[jump.origin, jump.part, :ahead].mean())

    return tuple(
        jump
        for jump in jumps
        if size(own, jump) * np.sign(size(given, jump)) > abs(size(given, jump)) / 2
    )


def leave_out(off: Floats) -> Floats:
    """Return the errors without those of outliers: they are told, not expected to come again."""
    kept = off.copy()
    for jump in find_jumps(off):
        if not jump.stays:
            for ahead in range(min(off.shape[2], jump.origin + 1)):
                kept[jump.origin - ahead, jump.part, ahead] = np.nan
    return kept
