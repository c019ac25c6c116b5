"""Learning a straight line per field, with a penalty that few cases do not fool."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix
from models.heads import LinearHead
from models.levels import LevelTable, find_categories

Floats = NDArray[np.float64]
PENALTIES = np.logspace(-1, 5, 19)
SMALLEST_SPREAD = 1e-9


def fit_linear(
    contract: Contract,
    matrix: Matrix,
    target: Floats,
    weight: Floats,
    solve: Callable[[Floats, Floats, Floats], Floats] | None = None,
    *,
    uses_gaps: bool = True,
) -> LinearHead:
    """Return the weighted regression of `target`, a straight line per field.

    `solve` finds the coefficients from columns, target and weights: a ridge, averaged over
    penalties, unless told. Without `uses_gaps` what is missing counts as average.
    """
    design = build_design(contract, matrix, weight)
    columns = design.columns if uses_gaps else np.where(design.is_gap, 0.0, design.columns)
    coefficients = (solve or _fit_ridge)(columns, target, weight)
    slope, gap, *values = _split(coefficients, [part.shape[1] for part in design.parts])
    slope = slope / design.scale
    _, missing, *dummies = design.parts
    share_missing = np.average(missing, axis=0, weights=weight) if len(design.numbers) else gap
    means = [np.average(part, axis=0, weights=weight) for part in dummies]
    return LinearHead(
        base=float(np.average(target, weights=weight)),
        columns=design.numbers,
        offset=_floats(-slope * design.center - gap * share_missing),
        slope=_floats(slope),
        missing=_floats(gap - gap * share_missing),
        levels=LevelTable(
            design.categories,
            tuple(_floats(v - v @ m) for v, m in zip(values, means, strict=True)),
        ),
    )


@dataclass(frozen=True)
class Design:
    """A matrix as columns of a regression: numbers standardised, what is missing, and levels.

    `parts` are the standardised numbers (0 where missing), their gaps, and one block per category.
    """

    numbers: tuple[int, ...]
    categories: tuple[int, ...]
    center: Floats
    scale: Floats
    parts: tuple[Floats, ...]

    @property
    def columns(self) -> Floats:
        """Return all parts side by side."""
        return np.column_stack(self.parts)

    @property
    def is_gap(self) -> NDArray[np.bool_]:
        """Tell of each column whether it says that something is missing."""
        numbers = len(self.numbers)
        last = [np.arange(p.shape[1]) == p.shape[1] - 1 for p in self.parts[2:]]
        return np.concatenate([np.arange(2 * numbers) >= numbers, *last])

    @property
    def fields(self) -> NDArray[np.intp]:
        """Return for each column the place of its field."""
        blocks = [
            np.full(p.shape[1], c) for p, c in zip(self.parts[2:], self.categories, strict=True)
        ]
        return np.concatenate([self.numbers, self.numbers, *blocks]).astype(np.intp)


def build_design(contract: Contract, matrix: Matrix, weight: Floats) -> Design:
    """Return the columns of a regression on all fields."""
    categories = find_categories(contract)
    numbers = tuple(i for i in range(matrix.shape[1]) if i not in categories)
    x = matrix[:, numbers]
    center, scale = _measure(x, weight)
    is_missing = np.isnan(x)
    standard = np.where(is_missing, 0.0, (x - center) / scale)
    dummies = [_spread_out(matrix[:, c], len(contract.fields[c].levels)) for c in categories]
    return Design(
        numbers, categories, center, scale, (standard, is_missing.astype(float), *dummies)
    )


def _fit_ridge(x: Matrix, target: Floats, weight: Floats) -> Floats:
    """Return coefficients averaged over the penalties, by how well each predicts a row left out.

    On few rows many penalties do about as well, and the single best of them is luck: each counts
    for its likelihood under leave-one-out errors. On many rows the best one takes all.
    """
    root = np.sqrt(weight)[:, None]
    x = (x - np.average(x, axis=0, weights=weight)) * root
    y = (target - np.average(target, weights=weight)) * root[:, 0]
    size, axes = np.linalg.eigh(x.T @ x)
    along = x @ axes
    kept = 1 / (np.maximum(size, 0)[:, None] + PENALTIES)  # axes x penalties
    found = kept * (along.T @ y)[:, None]
    leverage = along**2 @ kept + (weight / weight.sum())[:, None]
    left_out = (y[:, None] - along @ found) / np.maximum(1 - leverage, SMALLEST_SPREAD)
    error = (left_out**2).sum(axis=0) / weight.sum()
    rows = np.count_nonzero(weight)  # each tells as much of the error, whatever its weight
    share = np.exp(-rows * (error / error.min() - 1) / 2) if error.min() > 0 else error == 0
    coefficients: Floats = axes @ (found @ (share / share.sum()))
    return coefficients


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
