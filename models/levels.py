"""Categories as numbers: one value per level, looked up for whole matrices at once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


def find_categories(contract: Contract) -> tuple[int, ...]:
    """Return the places in the matrix of fields without an order of their own."""
    return tuple(i for i, f in enumerate(contract.fields) if f.kind == "category")


@dataclass(frozen=True)
class LevelTable:
    """For each category, one value per level and, last, one for a missing value."""

    columns: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]

    @cached_property
    def _padded(self) -> Floats:
        width = max((len(v) for v in self.values), default=1)
        padded = np.zeros((len(self.values), width))
        for row, values in zip(padded, self.values, strict=True):
            row[: len(values)] = values
        return padded

    @cached_property
    def _missing(self) -> Places:
        return np.array([len(v) - 1 for v in self.values], dtype=np.intp)

    @cached_property
    def places(self) -> Places:
        """The columns, ready to be looked up with."""
        return np.array(self.columns, dtype=np.intp)

    @cached_property
    def _rows(self) -> Places:
        return np.arange(len(self.values))

    def look_up(self, matrix: Matrix) -> Floats:
        """Return the values of every category: rows x categories."""
        codes = matrix[:, self.places]
        places = np.where(np.isnan(codes), self._missing, codes).astype(np.intp)
        found: Floats = self._padded[self._rows, places]
        return found

    def apply(self, matrix: Matrix) -> Matrix:
        """Return the matrix with each category replaced by its value."""
        encoded = matrix.copy()
        if self.columns:
            encoded[:, self.places] = self.look_up(matrix)
        return encoded


def fit_levels(
    contract: Contract, matrix: Matrix, target: Floats, weight: Floats, smoothing: float
) -> LevelTable:
    """Return the mean target of each level, drawn towards the overall mean.

    `smoothing` is the number of cases that the overall mean counts for; a level that was never
    seen, and a missing value that was never seen, get the overall mean.
    """
    columns = find_categories(contract)
    overall = float(np.average(target, weights=weight))
    values = []
    for column in columns:
        count = len(contract.fields[column].levels)
        codes = np.nan_to_num(matrix[:, column], nan=count).astype(np.intp)
        total = np.bincount(codes, weights=weight, minlength=count + 1)
        hits = np.bincount(codes, weights=weight * target, minlength=count + 1)
        means = (hits + smoothing * overall) / (total + smoothing)
        values.append(tuple(float(m) for m in means))
    return LevelTable(columns, tuple(values))
