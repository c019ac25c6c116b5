"""A straight correction of p_usual, measured on a later window than the one it was learnt on."""

import numpy as np
from numpy.typing import NDArray

from models.heads import Calibration

Floats = NDArray[np.float64]
CLEARLY = 2.0  # standard errors: a smaller departure is left alone


def fit_calibration(
    p: Floats, target: Floats, weight: Floats, slope: float | None = None
) -> Calibration:
    """Return the weighted least-squares line of the outcome on p, or no correction.

    A slope, and after it a level, that is within two standard errors of no correction is not
    applied: on few cases it would be noise. A straight line keeps contributions adding up. With a
    `slope` that was measured elsewhere, only the level is judged here.
    """
    center = float(np.average(p, weights=weight))
    level = float(np.average(target, weights=weight))
    found = _measure_slope(p, target, weight) if slope is None else slope
    residual = target - level - found * (p - center)
    error = float(np.sqrt(weight**2 @ residual**2) / weight.sum())
    if abs(level - center) <= CLEARLY * error:
        level = center
    return Calibration(intercept=level - found * center, slope=found)


def _measure_slope(p: Floats, target: Floats, weight: Floats) -> float:
    """Return the slope, or 1 where it is not clearly another."""
    center = float(np.average(p, weights=weight))
    away = p - center
    mass = float(weight @ away**2)
    if mass <= 0:
        return 1.0
    slope = float(weight @ (away * target)) / mass
    residual = target - np.average(target, weights=weight) - slope * away
    error = float(np.sqrt(weight**2 @ (away * residual) ** 2)) / mass
    return slope if slope > 0 and abs(slope - 1) > CLEARLY * error else 1.0
