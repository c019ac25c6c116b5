"""The parts of a fitted model: each gives one number per field, in points that add up.

Nothing here learns, and nothing here needs more than numpy and LightGBM's library: this is the
road that a single case takes.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.matrix import Matrix
from models.estimate import GainStatus
from models.levels import LevelTable
from models.trees import Trees

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LinearHead:
    """A straight line per number and a value per level, each counted from its average.

    For a number x the field adds `offset + slope * x`, and `missing` where x is not known.
    """

    base: float
    columns: tuple[int, ...]
    offset: tuple[float, ...]
    slope: tuple[float, ...]
    missing: tuple[float, ...]
    levels: LevelTable

    @cached_property
    def _numbers(self) -> tuple[NDArray[np.intp], Floats, Floats, Floats]:
        return (
            np.array(self.columns, dtype=np.intp),
            np.array(self.offset),
            np.array(self.slope),
            np.array(self.missing),
        )

    def contributions(self, matrix: Matrix) -> Floats:
        """Return rows x fields; the base is not among them."""
        columns, offset, slope, missing = self._numbers
        found = np.zeros_like(matrix)
        if len(columns):
            x = matrix[:, columns]
            found[:, columns] = np.where(np.isnan(x), missing, offset + slope * x)
        if self.levels.columns:
            found[:, self.levels.places] = self.levels.look_up(matrix)
        return found

    def predict(self, matrix: Matrix) -> Floats:
        """Return one value per row."""
        values: Floats = self.base + self.contributions(matrix).sum(axis=1)
        return values


@dataclass(frozen=True)
class TreeHead:
    """Boosted trees on a matrix whose categories are numbers."""

    encoding: LevelTable
    trees: Trees

    def contributions(self, matrix: Matrix, threads: int = 1) -> tuple[float, Floats]:
        """Return the base value, and exact SHAP values: rows x fields."""
        found = self.trees.contributions(self.encoding.apply(matrix), threads)
        base = float(found[0, -1]) if len(found) else 0.0
        return base, found[:, :-1]

    def predict(self, matrix: Matrix, threads: int = 1) -> Floats:
        """Return one value per row."""
        return self.trees.predict(self.encoding.apply(matrix), threads)


@dataclass(frozen=True)
class Calibration:
    """A straight correction, measured on a later window: `intercept + slope * p`."""

    intercept: float = 0.0
    slope: float = 1.0

    def apply(self, p: Floats) -> Floats:
        """Return the corrected values."""
        return self.intercept + self.slope * p


@dataclass(frozen=True)
class AdditiveHead:
    """A weighted mean of boosted trees and of straight lines, then corrected.

    Everything is on the probability scale, so the contributions are probabilities and they add up
    to the estimate exactly. Without boosted trees `share` is 0.
    """

    linear: LinearHead
    boosted: TreeHead | None
    share: float  # of the boosted trees; the straight lines have the rest
    calibration: Calibration = Calibration()

    @property
    def trees(self) -> TreeHead:
        """The boosted part; raises ValueError for a head without one."""
        if self.boosted is None:
            raise ValueError("this head has no boosted trees")
        return self.boosted

    def contributions(self, matrix: Matrix, threads: int = 1) -> tuple[float, Floats]:
        """Return the base value, and one value per row and field."""
        slope = self.calibration.slope
        parts = (1 - self.share) * slope * self.linear.contributions(matrix)
        base = (1 - self.share) * self.linear.base
        if self.boosted is not None:
            tree_base, tree_parts = self.boosted.contributions(matrix, threads)
            parts += self.share * slope * tree_parts
            base += self.share * tree_base
        return self.calibration.intercept + slope * base, parts

    def predict(self, matrix: Matrix, threads: int = 1) -> Floats:
        """Return one value per row, not bounded to any range."""
        value = (1 - self.share) * self.linear.predict(matrix)
        if self.boosted is not None:
            value += self.share * self.boosted.predict(matrix, threads)
        return self.calibration.apply(value)


NINETY_PERCENT = 1.6448536269514722  # the 95th percentile of the normal law: 5 % on either side


@dataclass(frozen=True)
class SpreadHead:
    """How far an estimate may be off, as a variance that is never under `floor`.

    Without `variance` it is `floor` for everybody.
    """

    variance: TreeHead | None
    floor: float

    def half_width(self, matrix: Matrix, threads: int = 1) -> Floats:
        """Return half of the 90 % interval of each row."""
        if self.variance is None:
            return np.full(len(matrix), NINETY_PERCENT * np.sqrt(self.floor))
        found = np.maximum(self.variance.predict(matrix, threads), self.floor)
        half: Floats = NINETY_PERCENT * np.sqrt(found)
        return half


@dataclass(frozen=True)
class OverlapHead:
    """Where somebody comparable was supported, and somebody comparable was not.

    `chance` estimates how likely support is for a case; outside `least` to `most` one of the two
    is missing, and the gain rests on nobody.
    """

    chance: TreeHead
    least: float
    most: float

    def covers(self, matrix: Matrix, threads: int = 1) -> NDArray[np.bool_]:
        """Tell of each row whether its gain can be known."""
        chance = self.chance.predict(matrix, threads)
        return (chance >= self.least) & (chance <= self.most)


@dataclass(frozen=True)
class GainHead:
    """The gain of support, how far it may be off, and for whom it is known.

    `spread` is what chance may do, differently for each. `hidden` is by how much a confounder that
    nobody measured may move the gain of all alike; 0 where support went by lot. Without `overlap`
    the gain is known for everybody.
    """

    status: GainStatus
    head: AdditiveHead
    spread: SpreadHead
    overlap: OverlapHead | None
    hidden: float = 0.0

    def covers(self, matrix: Matrix, threads: int = 1) -> NDArray[np.bool_]:
        """Tell of each row whether its gain is known."""
        if self.overlap is None:
            return np.ones(len(matrix), dtype=np.bool_)
        return self.overlap.covers(matrix, threads)
