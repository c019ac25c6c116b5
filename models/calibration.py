"""A straight correction of p_usual, measured on a later window than the one it was learnt on."""

import numpy as np
from numpy.typing import NDArray

from models.heads import Calibration

Floats = NDArray[np.float64]
CLEARLY = 2.0  # standard errors: a smaller departure is left alone


def fit_calibration(p: Floats, target: Floats, weight: Floats) -> Calibration:
    """Return the weighted least-squares line of the outcome on p, or no correction.

    A slope, or after it an intercept, that is within two standard errors of no correction is not
    applied: on few cases it would be noise. A straight line keeps contributions adding up.
    """
    center = float(np.average(p, weights=weight))
    centered = p - center
    mass = float(weight @ centered**2)
    if mass <= 0:
        return Calibration()
    slope = float(weight @ (centered * target)) / mass
    level = float(np.average(target, weights=weight))
    residual = target - level - slope * centered
    slope_error = float(np.sqrt(weight**2 @ (centered * residual) ** 2)) / mass
    if abs(slope - 1) <= CLEARLY * slope_error or slope <= 0:
        slope = 1.0
    level_error = float(np.sqrt(weight**2 @ residual**2) / weight.sum())
    if slope == 1.0 and abs(level - center) <= CLEARLY * level_error:
        return Calibration()
    return Calibration(intercept=level - slope * center, slope=slope)
