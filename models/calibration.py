"""A straight correction of p_usual, measured on a later window than the one it was learnt on."""

import numpy as np
from numpy.typing import NDArray

from models.heads import Calibration

Floats = NDArray[np.float64]
CLEARLY = 2.0  # standard errors: a smaller departure is left alone
FEWEST_ROWS = 50  # effective: on fewer, a correction costs more than it repairs
SMALLEST_VARIANCE = 0.01  # of an outcome of 0 or 1, however sure an estimate is


def fit_calibration(
    p: Floats, target: Floats, weight: Floats, slope: float | None = None
) -> Calibration:
    """Return the weighted least-squares line of the outcome on p, or no correction.

    A slope, and after it a level, that is within two standard errors of no correction is not
    applied: on few cases it would be noise. What lies further out was partly drawn there by
    chance, and is applied the less fully the closer it is to that bound. A straight line keeps
    contributions adding up. With a `slope` that was measured elsewhere, only the level is judged
    here.
    """
    center = float(np.average(p, weights=weight)) if weight.sum() > 0 else 0.0
    found = measure_slope(p, target, weight) if slope is None else slope
    if not _are_enough(weight):
        return Calibration(intercept=center - found * center, slope=found)
    level = float(np.average(target, weights=weight))
    residual = target - level - found * (p - center)
    # of two measures of chance the larger: residuals of few cases look smaller than they are
    chance = np.maximum(residual**2, SMALLEST_VARIANCE).sum() / len(p)
    supposed = float(np.mean(np.maximum(p * (1 - p), SMALLEST_VARIANCE)))
    error = float(np.sqrt(max(chance, supposed) * (weight**2).sum()) / weight.sum())
    level = center + keep_clear(level - center, error)
    return Calibration(intercept=level - found * center, slope=found)


def measure_slope(p: Floats, target: Floats, weight: Floats) -> float:
    """Return the slope of the outcome on p, or 1 where it is not clearly another."""
    if not _are_enough(weight):
        return 1.0
    center = float(np.average(p, weights=weight))
    away = p - center
    mass = float(weight @ away**2)
    if mass <= 0:
        return 1.0
    slope = float(weight @ (away * target)) / mass
    residual = target - np.average(target, weights=weight) - slope * away
    error = float(np.sqrt(weight**2 @ (away * residual) ** 2)) / mass
    return 1.0 + keep_clear(slope - 1.0, error) if slope > 0 else 1.0


def keep_clear(departure: float, error: float, errors: float = CLEARLY) -> float:
    """Return a departure drawn to 0 (Breiman's garrote), all the way under so many errors."""
    if abs(departure) <= errors * error:
        return 0.0
    return departure * (1 - (errors * error / departure) ** 2)


def _are_enough(weight: Floats) -> bool:
    """Tell whether the weights stand for enough cases of equal weight (Kish)."""
    return bool(weight.sum() ** 2 >= FEWEST_ROWS * (weight**2).sum()) and bool(weight.any())
