"""Straight lines for a weak signal: an elastic net, which drops fields that tell nothing.

What is left of an outcome is nearly all noise. A ridge spreads what there is over all fields; an
elastic net (Zou and Hastie 2005) goes from that to a few of them, as far as held-out persons say.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import ElasticNet, ElasticNetCV

from models.heads import LinearHead
from models.linear import fit_linear
from models.usual import Sample, split_by_person

Floats = NDArray[np.float64]
RATIOS = (0.05, 0.3, 1.0)  # of the penalty on absolute size; 1 is a lasso
PENALTIES = 20
SMALLEST_PENALTY = 1e-2  # of the one that drops every field
MOST_STEPS = 5000
TOLERANCE = 1e-3  # of the variance of the target; a gain is far less sure than that
NEVER = 1e9  # a penalty that drops every field


@dataclass(frozen=True)
class Net:
    """Which penalty, which part of it is on absolute size, and whether gaps count."""

    penalty: float
    ratio: float
    uses_gaps: bool


def choose_net(sample: Sample, folds: int, seed: int, *, uses_gaps: bool) -> Net:
    """Return the penalty with the least squared error on persons held out.

    `uses_gaps`: whether something is missing may tell the target, and not its value alone.
    """
    if np.ptp(sample.target) == 0:
        return Net(NEVER, 1.0, uses_gaps)
    held_out = list(split_by_person(sample.person, folds, seed))
    found = []

    def solve(x: Floats, target: Floats, weight: Floats) -> Floats:
        model = ElasticNetCV(
            l1_ratio=RATIOS,
            alphas=PENALTIES,
            eps=SMALLEST_PENALTY,
            cv=[(np.flatnonzero(~out), np.flatnonzero(out)) for out in held_out],
            max_iter=MOST_STEPS,
            tol=TOLERANCE,
        )
        model.fit(x, target, sample_weight=weight)
        found.append(Net(float(model.alpha_), float(model.l1_ratio_), uses_gaps))
        return np.asarray(model.coef_)

    _fit(sample, solve, uses_gaps=uses_gaps)
    return found[0]


def fit_net(sample: Sample, net: Net) -> LinearHead:
    """Return a straight line per field; flat for fields that tell nothing."""

    def solve(x: Floats, target: Floats, weight: Floats) -> Floats:
        model = ElasticNet(
            alpha=net.penalty, l1_ratio=net.ratio, max_iter=MOST_STEPS, tol=TOLERANCE
        )
        return np.asarray(model.fit(x, target, sample_weight=weight).coef_)

    return _fit(sample, solve, uses_gaps=net.uses_gaps)


def _fit(
    sample: Sample, solve: Callable[[Floats, Floats, Floats], Floats], *, uses_gaps: bool
) -> LinearHead:
    return fit_linear(
        sample.contract, sample.matrix, sample.target, sample.weight, solve, uses_gaps=uses_gaps
    )
