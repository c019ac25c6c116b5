"""Straight lines for a weak signal: an elastic net, which drops fields that tell nothing.

What is left of an outcome is nearly all noise. A ridge spreads what there is over all fields; an
elastic net (Zou and Hastie 2005) goes from that to a few of them, as far as held-out persons say.
"""

from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import ElasticNet, enet_path

from models.heads import LinearHead
from models.linear import fit_linear
from models.moments import Moments, build_design, sum_up
from models.usual import Sample, split_by_person

Floats = NDArray[np.float64]
RATIOS = (0.05, 0.3, 1.0)  # of the penalty on absolute size; 1 is a lasso
PENALTIES = 20
SMALLEST_PENALTY = 1e-2  # of the one that drops every field
MOST_STEPS = 5000
TOLERANCE = 1e-3  # of the variance of the target; a gain is far less sure than that
NEVER = 1e9  # a penalty that drops every field
SMALLEST_SIZE = 1e-12  # of the largest axis of the columns: under it they do not differ along it


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
    design = build_design(sample.contract, sample.matrix, sample.weight, uses_gaps=uses_gaps)
    parts = [
        sum_up(design, sample.matrix[out], sample.target[out], sample.weight[out])
        for out in split_by_person(sample.person, folds, seed)
    ]
    steepest = float(np.abs(reduce(add, parts).centre().xy).max() / sum(p.mass for p in parts))
    best = Net(NEVER, 1.0, uses_gaps)
    least = np.inf
    for ratio in RATIOS:
        most = max(steepest / ratio, np.finfo(float).resolution)
        penalties = np.geomspace(most, most * SMALLEST_PENALTY, num=PENALTIES)
        errors = np.mean(
            [_judge(parts, out, ratio, penalties) for out in range(len(parts))], axis=0
        )
        if errors.min() < least:
            least = errors.min()
            best = Net(float(penalties[errors.argmin()]), ratio, uses_gaps)
    return best


def _judge(parts: list[Moments], out: int, ratio: float, penalties: Floats) -> Floats:
    """Return the squared error on one part of what the others teach, for each penalty."""
    learn, test = reduce(add, parts[:out] + parts[out + 1 :]), parts[out]
    x, y = _shrink(learn.centre())
    _, found, _ = enet_path(
        x, y, l1_ratio=ratio, alphas=penalties, max_iter=MOST_STEPS, tol=TOLERANCE
    )
    return test.move(learn.x / learn.mass, learn.y / learn.mass).sum_squares(found) / test.mass


def _shrink(centred: Moments) -> tuple[Floats, Floats]:
    """Return as few rows as columns, and one more, that any penalised line fits as it does all.

    Squared error asks of rows their products alone; the row more holds what no line explains.
    """
    size, axes = np.linalg.eigh(centred.xx)
    root: Floats = np.sqrt(np.where(size > SMALLEST_SIZE * size.max(), size, 0.0))
    x = root[:, None] * axes.T
    y = np.divide(axes.T @ centred.xy, root, out=np.zeros(len(root)), where=root > 0)
    rest = np.sqrt(max(centred.yy - float(y @ y), 0.0))
    scale = np.sqrt((len(y) + 1) / centred.mass)  # errors are means over rows, weighted here
    rows = np.vstack([x, np.zeros(len(root))])
    return np.asfortranarray(rows * scale), np.append(y, rest) * scale


def fit_net(sample: Sample, net: Net) -> LinearHead:
    """Return a straight line per field; flat for fields that tell nothing."""

    def solve(centred: Moments) -> Floats:
        model = ElasticNet(
            alpha=net.penalty,
            l1_ratio=net.ratio,
            fit_intercept=False,
            max_iter=MOST_STEPS,
            tol=TOLERANCE,
        )
        return np.asarray(model.fit(*_shrink(centred)).coef_)

    return fit_linear(
        sample.contract,
        sample.matrix,
        sample.target,
        sample.weight,
        solve,
        uses_gaps=net.uses_gaps,
    )
