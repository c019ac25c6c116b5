"""What a confounder that nobody wrote down could do to the gain.

Omitted-variable bias of a partially linear model (Cinelli and Hazlett 2020; Chernozhukov, Cinelli,
Newey, Sharma and Syrgkanis 2022): a hidden confounder that explains the shares `of_outcome` and
`of_support` of what is left of either moves the mean gain by at most `bound_bias`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.trial import Trial
from models.effects import Effects
from models.moments import Moments, build_design, sum_up

Floats = NDArray[np.float64]
SMALLEST_RIDGE = 1e-6


@dataclass(frozen=True)
class Confounder:
    """A field that bears on support and on outcome, with the share of either it alone explains."""

    field: str
    label_nl: str
    of_outcome: float
    of_support: float
    bias: float


def rank_confounders(trial: Trial, effects: Effects) -> list[Confounder]:
    """Return every field as if it were hidden, the one that would move the mean gain most first.

    The shares are those of a linear regression on all fields: what the field adds to the others.
    """
    rows, weight = effects.rows, effects.sample.weight
    matrix = trial.matrix[rows]
    design = build_design(trial.contract, matrix, weight)
    of_outcome, of_support = (
        _share_by_field(sum_up(design, matrix, target, weight).centre(), design.fields)
        for target in (trial.returned[rows], trial.supported[rows])
    )
    found = [
        Confounder(
            field.name,
            field.label_nl,
            of_outcome[place],
            of_support[place],
            bound_bias(effects, of_outcome[place], of_support[place]),
        )
        for place, field in enumerate(trial.contract.fields)
    ]
    return sorted(found, key=lambda one: (-one.bias, one.field))


def bound_bias(effects: Effects, of_outcome: float, of_support: float) -> float:
    """Return by how much such a confounder moves the mean gain, at most and either way."""
    ratio = of_outcome * of_support / (1 - min(of_support, 0.99))
    return float(np.sqrt(ratio)) * _scale(effects)


def find_robustness(effects: Effects, mean: float) -> float:
    """Return the share of both that a hidden confounder must explain to make the mean gain 0."""
    if _scale(effects) == 0:
        return 1.0
    strength = abs(mean) / _scale(effects)
    squared = strength**2
    return float(0.5 * (np.sqrt(squared**2 + 4 * squared) - squared))


def _scale(effects: Effects) -> float:
    """Return the spread of what is left of the outcome, per spread of what is left of support."""
    weight, exposure = effects.sample.weight, effects.exposure
    mass = float((weight * exposure**2).sum())
    level = float((weight * exposure * effects.residual).sum()) / mass
    left = effects.residual - level * exposure
    return float(np.sqrt((weight * left**2).sum() / mass))


def _share_by_field(sums: Moments, fields: NDArray[np.intp]) -> list[float]:
    """Return per field which share of the variance left by all other fields it explains."""
    # levels of a category add up to one: the smallest ridge makes the inverse exist
    inverse = np.linalg.inv(sums.xx + SMALLEST_RIDGE * sums.mass * np.eye(len(sums.xx)))
    found = inverse @ sums.xy
    left = float(sums.sum_squares(found))
    shares = []
    for field in range(fields.max() + 1 if len(fields) else 0):
        block = np.flatnonzero(fields == field)
        own = np.linalg.solve(inverse[np.ix_(block, block)], found[block])
        explained = max(float(found[block] @ own), 0.0)
        shares.append(explained / max(explained + left, 1e-300))
    return shares
