"""Learning a straight line per field, with a penalty that few cases do not fool."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV

from features.contract import Contract
from features.matrix import Matrix
from models.heads import LinearHead
from models.levels import LevelTable, find_categories

Floats = NDArray[np.float64]
PENALTIES = np.logspace(-1, 5, 19)
SMALLEST_SPREAD = 1e-9


def fit_linear(contract: Contract, matrix: Matrix, target: Floats, weight: Floats) -> LinearHead:
    """Return the weighted ridge regression of `target`, penalty chosen by leave-one-out error."""
    categories = find_categories(contract)
    numbers = tuple(i for i in range(matrix.shape[1]) if i not in categories)
    x = matrix[:, numbers]
    center, scale = _measure(x, weight)
    is_missing = np.isnan(x)
    standard = np.where(is_missing, 0.0, (x - center) / scale)
    dummies = [_spread_out(matrix[:, c], len(contract.fields[c].levels)) for c in categories]
    parts = [standard, is_missing.astype(float), *dummies]
    ridge = RidgeCV(PENALTIES).fit(np.column_stack(parts), target, sample_weight=weight)
    slope, gap, *values = _split(ridge.coef_, [part.shape[1] for part in parts])
    slope = slope / scale
    share_missing = np.average(is_missing, axis=0, weights=weight) if len(numbers) else gap
    means = [np.average(part, axis=0, weights=weight) for part in dummies]
    return LinearHead(
        base=float(np.average(target, weights=weight)),
        columns=numbers,
        offset=_floats(-slope * center - gap * share_missing),
        slope=_floats(slope),
        missing=_floats(gap - gap * share_missing),
        levels=LevelTable(
            categories, tuple(_floats(v - v @ m) for v, m in zip(values, means, strict=True))
        ),
    )


def _measure(x: Matrix, weight: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean and spread of each column, missing values left out."""
    known = ~np.isnan(x)
    mass = np.maximum(weight @ known, 1e-12)
    center = weight @ np.where(known, x, 0.0) / mass
    scale = np.sqrt(weight @ np.where(known, x - center, 0.0) ** 2 / mass)
    return center, np.where(scale > SMALLEST_SPREAD, scale, 1.0)


def _spread_out(codes: Floats, count: int) -> Floats:
    dummies: Floats = np.eye(count + 1)[np.nan_to_num(codes, nan=count).astype(int)]
    return dummies


def _split(coef: Floats, widths: list[int]) -> list[Floats]:
    return np.split(coef, np.cumsum(widths)[:-1])


def _floats(values: Floats) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
