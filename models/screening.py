"""The whole model: from a matrix to estimates with their reasons and intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix
from models.answers import AnswerTable
from models.curve import CurveHead
from models.estimate import Estimate, Estimates, GainStatus, Sums, bound
from models.heads import AdditiveHead, GainHead, SpreadHead
from models.people import PeopleTable
from models.reference import Reference

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ScreeningModel:
    """p_usual and the gain of support, with intervals and with contributions that add up.

    Without `gain` nothing could be learnt of support: the gain of every case is unknown. `answers`
    are those that people give to its questions; `people` tells what became of earlier people, and
    `reference` what those of the release looked like.
    """

    contract: Contract
    usual: AdditiveHead
    spread: SpreadHead
    gain: GainHead | None = None
    curve: CurveHead | None = None
    answers: AnswerTable | None = None
    people: PeopleTable | None = None
    reference: Reference | None = None

    @property
    def gain_status(self) -> GainStatus:
        """What this model knows of the gain."""
        return GainStatus.UNKNOWN if self.gain is None else self.gain.status

    def estimate(self, row: Matrix) -> Estimate:
        """Return the estimate of one case from its row of the matrix, on one thread."""
        return self.estimate_many(row[None, :], threads=1).one(0)

    def estimate_many(self, matrix: Matrix, threads: int = 2) -> Estimates:
        """Return the estimates of all rows; raises ValueError for a matrix of another width."""
        if matrix.ndim != 2 or matrix.shape[1] != len(self.contract.fields):
            raise ValueError(f"expected a matrix of {len(self.contract.fields)} columns")
        base, parts = self.usual.contributions(matrix, threads)
        half = self.spread.half_width(matrix, threads)
        usual = _sum_up(base, parts, half, np.zeros(len(matrix)), 1.0)
        if self.gain is None:
            nothing = _make_unknown(usual)
            return Estimates(usual, nothing, nothing, GainStatus.UNKNOWN)
        gain, by_chance = self._estimate_gain(self.gain, matrix, usual.value, threads)
        # both chances partly cancel out; what is hidden does not
        both = np.hypot(half, by_chance) + self.gain.hidden
        support = Sums(
            value=usual.value + gain.value,
            low=bound(usual.value + gain.value - both, 0.0, 1.0),
            high=bound(usual.value + gain.value + both, 0.0, 1.0),
            base=usual.base + gain.base,
            contributions=usual.contributions + gain.contributions,
            limit=usual.limit + gain.limit,
        )
        return Estimates(usual, gain, support, self.gain.status, self.gain.hidden)

    @staticmethod
    def _estimate_gain(
        gain: GainHead, matrix: Matrix, p_usual: Floats, threads: int
    ) -> tuple[Sums, Floats]:
        """Return the gain, within what p_usual leaves, and half its interval for chance alone."""
        base, parts = gain.head.contributions(matrix, threads)
        by_chance = gain.spread.half_width(matrix, threads)
        parts = np.where(gain.covers(matrix, threads)[:, None], parts, np.nan)
        half = by_chance + gain.hidden
        return _sum_up(base, parts, half, -p_usual, 1.0 - p_usual), by_chance


def _sum_up(base: float, parts: Floats, half: Floats, least: Floats, most: Floats | float) -> Sums:
    total = base + parts.sum(axis=1)
    value = bound(total, least, most)
    return Sums(
        value=value,
        low=bound(value - half, least, most),
        high=bound(value + half, least, most),
        base=base,
        contributions=parts,
        limit=value - total,
    )


def _make_unknown(usual: Sums) -> Sums:
    nothing = np.full(len(usual), np.nan)
    return Sums(
        nothing, nothing, nothing, np.nan, np.full_like(usual.contributions, np.nan), nothing
    )
