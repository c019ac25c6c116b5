"""Shares of regions beside each other, and which differ by more than chance explains."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEVELS = {"95": 1.959964, "99.8": 3.090232}  # limits at two and at three standard errors, about
WINSORISED = 0.1  # part of the regions at either end that is drawn in before phi is measured
KEPT = 0.6787  # mean square of a standard normal number that is winsorised so: 1 if it were not
ONE_IN_TWENTY = 1.644854  # the 95 % point of a normal number
CURVE = 40  # points of the drawn limits
FEWEST_REGIONS = 3  # with fewer, over-dispersion cannot be told from a difference


def funnel(regions: tuple[str, ...], tried: Floats, passed: Floats) -> dict[str, Any]:
    """Return the share of each region with limits around the overall share.

    By Spiegelhalter (Statistics in Medicine 2005): limits are binomial, and where regions differ
    more among themselves than lot allows, all are widened by the root of phi, the mean of the
    squared z-scores after the ends are winsorised. `beyond` is None, "95" or "99.8" per region;
    only the latter is a difference that chance does not explain, as "95" is crossed by one region
    in twenty for no reason at all. A region without tries has no share. `apart` tells whether
    regions together differ by more than lot (chi-square at 5 %): with few of them the limits are
    then so wide that hardly any is named. Returns overall, phi, apart, regions (tried, passed,
    share, z, beyond) and curve (tried, and low and high per level).
    """
    tried, passed = np.asarray(tried, float), np.asarray(passed, float)
    known = tried > 0
    overall = float(passed.sum() / tried.sum()) if known.any() else None
    if overall is None or not 0 < overall < 1:
        return {
            "overall": overall,
            "phi": 1.0,
            "apart": False,
            "regions": _list(regions, tried, passed),
            "curve": [],
        }
    error = np.sqrt(overall * (1 - overall) / np.maximum(tried, 1))
    z = np.where(known, (passed / np.maximum(tried, 1) - overall) / error, 0.0)
    phi = measure_phi(z[known])
    rows = _list(regions, tried, passed)
    for row, score, has in zip(rows, z / np.sqrt(phi), known, strict=True):
        row["z"] = round(float(score), 3) if has else None
        row["beyond"] = _judge(abs(float(score))) if has else None
    return {
        "overall": overall,
        "phi": round(phi, 4),
        "apart": _differ(z[known]),
        "regions": rows,
        "curve": _draw(overall, phi, tried[known]),
    }


def measure_phi(z: Floats) -> float:
    """Return by how much squared z-scores lie over what lot brings; at least 1, never narrower.

    Divided by what winsorising leaves of the square of a standard normal number, without which the
    limits would be a fifth too narrow.
    """
    if len(z) < FEWEST_REGIONS:
        return 1.0
    low, high = np.quantile(z, (WINSORISED, 1 - WINSORISED))
    return max(1.0, float((np.clip(z, low, high) ** 2).mean()) / KEPT)


def _differ(z: Floats) -> bool:
    """Tell whether z-scores lie further apart than lot, by Wilson and Hilferty's (1931) cube."""
    free = len(z) - 1
    if free < 1:
        return False
    most = free * (1 - 2 / (9 * free) + ONE_IN_TWENTY * np.sqrt(2 / (9 * free))) ** 3
    return bool((z**2).sum() > most)


def _judge(z: float) -> str | None:
    crossed = [name for name, wide in LEVELS.items() if z > wide]
    return crossed[-1] if crossed else None


def _list(regions: tuple[str, ...], tried: Floats, passed: Floats) -> list[dict[str, Any]]:
    return [
        {
            "region": region,
            "tried": int(n),
            "passed": int(x),
            "share": float(x / n) if n else None,
            "z": None,
            "beyond": None,
        }
        for region, n, x in zip(regions, tried, passed, strict=True)
    ]


def _draw(overall: float, phi: float, tried: Floats) -> list[dict[str, float]]:
    """Return the limits as lines from the smallest region to the largest."""
    sizes = np.unique(np.geomspace(max(tried.min() * 0.8, 1), tried.max() * 1.1, CURVE).round())
    rows = []
    for size in sizes:
        error = np.sqrt(phi * overall * (1 - overall) / size)
        row = {"tried": float(size)}
        for name, wide in LEVELS.items():
            row[f"low_{name}"] = round(max(0.0, overall - wide * error), 5)
            row[f"high_{name}"] = round(min(1.0, overall + wide * error), 5)
        rows.append(row)
    return rows
