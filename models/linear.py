"""Learning a straight line per field, with a penalty that few cases do not fool."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix
from models.heads import LinearHead
from models.levels import LevelTable
from models.moments import SMALLEST_SPREAD, Design, Moments, build_design, sum_up

Floats = NDArray[np.float64]
PENALTIES = np.logspace(-1, 5, 19)


def fit_linear(
    contract: Contract,
    matrix: Matrix,
    target: Floats,
    weight: Floats,
    solve: Callable[[Moments], Floats] | None = None,
    *,
    uses_gaps: bool = True,
) -> LinearHead:
    """Return the weighted regression of `target`, a straight line per field.

    `solve` finds the coefficients from centred sums: a ridge, averaged over penalties, unless told.
    Without `uses_gaps` what is missing counts as average.
    """
    design = build_design(contract, matrix, weight, uses_gaps=uses_gaps)
    sums = sum_up(design, matrix, target, weight)
    coefficients = (
        solve(sums.centre()) if solve else _fit_ridge(design, sums, matrix, target, weight)
    )
    slope, gap, *values = np.split(coefficients, design.ends)
    _, missing, *means = np.split(sums.x / sums.mass, design.ends)
    slope = slope / design.scale
    return LinearHead(
        base=sums.y / sums.mass,
        columns=design.numbers,
        offset=_floats(-slope * design.center - gap * missing),
        slope=_floats(slope),
        missing=_floats(gap - gap * missing),
        levels=LevelTable(
            design.categories,
            tuple(_floats(v - v @ m) for v, m in zip(values, means, strict=True)),
        ),
    )


def _fit_ridge(
    design: Design, sums: Moments, matrix: Matrix, target: Floats, weight: Floats
) -> Floats:
    """Return coefficients averaged over the penalties, by how well each predicts a row left out.

    On few rows many penalties do about as well, and the single best of them is luck: each counts
    for its likelihood under leave-one-out errors. On many rows the best one takes all.
    """
    centred = sums.centre()
    size, axes = np.linalg.eigh(centred.xx)
    kept = 1 / (np.maximum(size, 0)[:, None] + PENALTIES)  # axes x penalties
    found = kept * (axes.T @ centred.xy)[:, None]
    error = np.zeros(len(PENALTIES))
    for rows, x in design.walk(matrix):
        root = np.sqrt(weight[rows])[:, None]
        along = ((x - sums.x / sums.mass) * root) @ axes
        y = (target[rows] - sums.y / sums.mass)[:, None] * root
        leverage = along**2 @ kept + root**2 / sums.mass
        left_out = (y - along @ found) / np.maximum(1 - leverage, SMALLEST_SPREAD)
        error += (left_out**2).sum(axis=0)
    rows_told = np.count_nonzero(weight)  # each tells as much of the error, whatever its weight
    least = error.min()
    share = np.exp(-rows_told * (error / least - 1) / 2) if least > 0 else error == 0
    coefficients: Floats = axes @ (found @ (share / share.sum()))
    return coefficients


def _floats(values: Floats) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
