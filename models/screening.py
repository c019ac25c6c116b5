"""The whole model: from a matrix to estimates with their reasons and intervals."""

from dataclasses import dataclass

import numpy as np

from features.contract import Contract
from features.matrix import Matrix
from models.estimate import Estimate, Estimates
from models.heads import AdditiveHead, SpreadHead


@dataclass(frozen=True)
class ScreeningModel:
    """p_usual with an interval and with contributions that add up; the gain is not known yet."""

    contract: Contract
    usual: AdditiveHead
    spread: SpreadHead

    def estimate(self, row: Matrix) -> Estimate:
        """Return the estimate of one case from its row of the matrix, on one thread."""
        return self.estimate_many(row[None, :], threads=1).one(0)

    def estimate_many(self, matrix: Matrix, threads: int = 2) -> Estimates:
        """Return the estimates of all rows; raises ValueError for a matrix of another width."""
        if matrix.ndim != 2 or matrix.shape[1] != len(self.contract.fields):
            raise ValueError(f"expected a matrix of {len(self.contract.fields)} columns")
        base, contributions = self.usual.contributions(matrix, threads)
        total = base + contributions.sum(axis=1)
        p_usual = np.clip(total, 0.0, 1.0)
        half = self.spread.half_width(matrix, threads)
        return Estimates(
            p_usual=p_usual,
            low=np.clip(p_usual - half, 0.0, 1.0),
            high=np.clip(p_usual + half, 0.0, 1.0),
            gain=None,
            p_support=None,
            base=base,
            contributions=contributions,
            limit=p_usual - total,
        )
