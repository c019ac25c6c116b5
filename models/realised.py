"""How good estimates turned out to be on people whose outcome is settled, beside the promised.

Weights are one over the chance of being settled (`features.outcomes.weigh`). The spread of a
weighted AUC is that of DeLong, DeLong and Clarke-Pearson (1988), each person by weight; weights
count as known, which makes intervals a little too wide rather than too narrow.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from models.watching import SMALLEST, Check, Limits, reach

Floats = NDArray[np.float64]
# of an AUC: five points less is what a year of training data brings, about
AUC = Limits(watch=0.02, alarm=0.05)
# chances that are 7 points off for everybody add 0.005 to a Brier score, 10 points add 0.01
BRIER = Limits(watch=0.005, alarm=0.01)
FEWEST_EVENTS = 10  # who returned, and who did not; with fewer either figure is one of a few people
WIDE = 1.96  # standard errors on either side for 95 %
NOT_MATURED = "not_matured"


def rank_values(values: Floats) -> NDArray[np.intp]:
    """Return the place of each value among the different ones, from low to high.

    Values in order, either way, are not sorted again: resamples of what was sorted once are.
    """
    steps = np.diff(values, prepend=values[:1])
    if (steps >= 0).all():
        return np.cumsum(steps > 0)
    if (steps <= 0).all():
        below: NDArray[np.intp] = np.cumsum(steps < 0)
        return np.asarray(below[-1] - below)
    return np.unique(values, return_inverse=True)[1]


def measure_auc(p: Floats, y: Floats, w: Floats) -> float:
    """Return how often, by weight, who returned has the higher estimate; a tie counts for half.

    What scikit-learn's `roc_auc_score` returns, fifteen times as fast: resamples ask for thousands.
    """
    place = rank_values(p)
    returned, others = (np.bincount(place, weights=one) for one in (w * y, w * (1 - y)))
    below = np.cumsum(others) - others / 2
    return float(returned @ below / (returned.sum() * others.sum()))


def check_realised(p: Floats, y: Floats, w: Floats) -> list[Check]:
    """Return by how much the AUC and the Brier score are worse than promised; still to be judged.

    `y` is 1 for who returned, `w` above 0 for all. What is promised is what these chances bring on
    these very people if they are right: p of a return, 1 - p of none (`models.expected`).
    """
    count = len(p)
    if count < SMALLEST or min(y.sum(), count - y.sum()) < FEWEST_EVENTS:
        return [Check("realised", name, why=NOT_MATURED, count=count) for name in ("auc", "brier")]
    auc, promised = measure_auc(p, y, w), measure_auc(p, p, w)
    loss, expected = (p - y) ** 2, p * (1 - p)
    brier, brier_error = _average(loss, w)
    worse, worse_error = _average(loss - expected, w)
    error = _find_error(p, y, w, auc)
    return [
        _tell("auc", (auc, error), promised, (promised - auc, error), AUC, count),
        _tell("brier", (brier, brier_error), brier - worse, (worse, worse_error), BRIER, count),
    ]


def _tell(
    name: str,
    found: tuple[float, float],
    promised: float,
    worse: tuple[float, float],
    limits: Limits,
    count: int,
) -> Check:
    (value, error), (off, off_error) = found, worse
    off_error = max(off_error, 1e-9)
    return Check(
        "realised",
        name,
        size=max(off, 0.0),
        chance=float(norm.sf(off / off_error)),
        limits=limits,
        count=count,
        needed=int(np.ceil(count * (reach(2) * off_error / limits.alarm) ** 2)),
        figures={
            name: value,
            "low": value - WIDE * error,
            "high": value + WIDE * error,
            "promised": promised,
        },
    )


def _average(values: Floats, w: Floats) -> tuple[float, float]:
    """Return a weighted mean with its standard error."""
    mean = float(np.average(values, weights=w))
    return mean, float(np.sqrt(np.sum((w * (values - mean)) ** 2)) / w.sum())


def _find_error(p: Floats, y: Floats, w: Floats, auc: float) -> float:
    """Return the standard error of a weighted AUC: by how much each person moves it."""
    place = rank_values(p)
    returned, others = (np.bincount(place, weights=one) for one in (w * y, w * (1 - y)))
    beaten = (np.cumsum(others) - others / 2) / others.sum()
    beating = 1 - (np.cumsum(returned) - returned / 2) / returned.sum()
    by_return = w * y * (beaten[place] - auc) / returned.sum()
    by_other = w * (1 - y) * (beating[place] - auc) / others.sum()
    return float(np.sqrt(by_return @ by_return + by_other @ by_other))
