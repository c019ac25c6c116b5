"""A matrix as columns of a regression, and the sums that least squares on them asks for.

The columns take several times the memory of the matrix: they are made for some rows at a time, and
what is kept of them are sums.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix
from models.levels import find_categories

Floats = NDArray[np.float64]
ROWS = 20_000  # at a time: 150 columns of them take 24 MB
SMALLEST_SPREAD = 1e-9


@dataclass(frozen=True)
class Design:
    """How rows become columns: numbers standardised (0 where missing), their gaps, and levels.

    `widths` are the columns of each category: its levels, and one for what is missing. Without
    `uses_gaps` what is missing counts as average.
    """

    numbers: tuple[int, ...]
    categories: tuple[int, ...]
    widths: tuple[int, ...]
    center: Floats
    scale: Floats
    uses_gaps: bool = True

    @property
    def ends(self) -> NDArray[np.intp]:
        """Return where each part of the columns ends, but for the last."""
        return np.cumsum([len(self.numbers), len(self.numbers), *self.widths])[:-1]

    @property
    def fields(self) -> NDArray[np.intp]:
        """Return for each column the place of its field."""
        levels = np.repeat(np.array(self.categories, dtype=np.intp), self.widths)
        return np.concatenate([self.numbers, self.numbers, levels]).astype(np.intp)

    def spread_out(self, matrix: Matrix) -> Floats:
        """Return the columns of rows."""
        x = matrix[:, self.numbers]
        is_missing = np.isnan(x)
        standard = np.where(is_missing, 0.0, (x - self.center) / self.scale)
        parts = [standard, is_missing.astype(float) * self.uses_gaps]
        for column, width in zip(self.categories, self.widths, strict=True):
            known = np.eye(width)
            known[-1] *= self.uses_gaps
            parts.append(known[np.nan_to_num(matrix[:, column], nan=width - 1).astype(int)])
        return np.column_stack(parts)

    def walk(self, matrix: Matrix) -> Iterator[tuple[slice, Floats]]:
        """Yield the columns of some rows after the others."""
        for first in range(0, len(matrix), ROWS):
            rows = slice(first, first + ROWS)
            yield rows, self.spread_out(matrix[rows])


def build_design(
    contract: Contract, matrix: Matrix, weight: Floats, *, uses_gaps: bool = True
) -> Design:
    """Return the columns of a regression on all fields."""
    categories = find_categories(contract)
    numbers = tuple(i for i in range(matrix.shape[1]) if i not in categories)
    measured = [_measure(matrix[:, place], weight) for place in numbers]
    return Design(
        numbers,
        categories,
        tuple(len(contract.fields[c].levels) + 1 for c in categories),
        np.array([center for center, _ in measured]),
        np.array([scale for _, scale in measured]),
        uses_gaps,
    )


def _measure(x: Floats, weight: Floats) -> tuple[float, float]:
    """Return the weighted mean and spread of a column, missing values left out."""
    known = ~np.isnan(x)
    x, weight = x[known], weight[known]
    mass = max(float(weight.sum()), 1e-12)
    center = float(weight @ x) / mass
    scale = float(np.sqrt(weight @ (x - center) ** 2 / mass))
    return center, scale if scale > SMALLEST_SPREAD else 1.0


@dataclass(frozen=True)
class Moments:
    """Weighted sums of columns, of the target, and of their products."""

    mass: float
    x: Floats
    y: float
    xx: Floats
    xy: Floats
    yy: float

    def __add__(self, other: "Moments") -> "Moments":
        """Return the sums of both."""
        return Moments(
            self.mass + other.mass,
            self.x + other.x,
            self.y + other.y,
            self.xx + other.xx,
            self.xy + other.xy,
            self.yy + other.yy,
        )

    def centre(self) -> "Moments":
        """Return the sums of columns and target counted from their means."""
        return self.move(self.x / self.mass, self.y / self.mass)

    def move(self, x: Floats, y: float) -> "Moments":
        """Return the sums of columns and target counted from other points than 0."""
        off = self.x - self.mass * x
        return Moments(
            self.mass,
            off,
            self.y - self.mass * y,
            self.xx - np.outer(x, self.x) - np.outer(off, x),
            self.xy - x * self.y - y * off,
            self.yy - y * (2 * self.y - self.mass * y),
        )

    def sum_squares(self, coefficients: Floats) -> Floats:
        """Return the weighted squared error of lines through 0, one per column given."""
        explained = np.einsum("i...,i...->...", coefficients, self.xx @ coefficients)
        left: Floats = self.yy - 2 * self.xy @ coefficients + explained
        return np.maximum(left, 0.0)


def sum_up(design: Design, matrix: Matrix, target: Floats, weight: Floats) -> Moments:
    """Return the sums of all rows."""
    width = len(design.fields)
    total = Moments(0.0, np.zeros(width), 0.0, np.zeros((width, width)), np.zeros(width), 0.0)
    for rows, x in design.walk(matrix):
        w, y = weight[rows], target[rows]
        weighted = x * w[:, None]
        total += Moments(
            float(w.sum()),
            weighted.sum(axis=0),
            float(w @ y),
            weighted.T @ x,
            weighted.T @ y,
            float(w @ y**2),
        )
    return total
