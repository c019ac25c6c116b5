"""How good estimates are to be expected, before anybody's outcome is known.

Confidence-based performance estimation (Humphrey et al. 2022, and NannyML's CBPE): if a chance is
right, it tells itself how often it will be wrong. Each person counts as p of one who returns and
1 - p of one who does not. That needs no outcome, so nothing is censored. It holds only as long as
the estimates are calibrated, which only outcomes can show (`models.course`): it tells what other
people bring about, not that the world has changed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.watching import SMALLEST

Floats = NDArray[np.float64]
BINS = 400  # of p: finer ones change an AUC in the sixth digit
DRAWS = 200
Bounded = tuple[float, float, float]


@dataclass(frozen=True)
class Expected:
    """The Brier score, the AUC and the share that returns, with 95 % intervals for the sampling."""

    count: int
    brier: Bounded
    auc: Bounded
    returned: Bounded


def expect(p: Floats, seed: int = 0) -> Expected | None:
    """Return what these estimates let expect; None of too few people to tell."""
    if len(p) < SMALLEST:
        return None
    counts = np.bincount((np.clip(p, 0, 1 - 1e-12) * BINS).astype(np.int64), minlength=BINS)
    middle = _find_middle(p, counts)
    # a bootstrap of people is one of counts: nobody needs to be looked at again
    drawn = np.random.default_rng(seed).multinomial(len(p), counts / len(p), DRAWS).astype(float)
    return Expected(
        len(p),
        *(
            _bound(of(counts[None, :].astype(float), middle), of(drawn, middle))
            for of in (_brier, _auc, _share)
        ),
    )


def _find_middle(p: Floats, counts: NDArray[np.int64]) -> Floats:
    sums = np.bincount(
        (np.clip(p, 0, 1 - 1e-12) * BINS).astype(np.int64), weights=p, minlength=BINS
    )
    middle: Floats = np.where(
        counts > 0, sums / np.maximum(counts, 1), (np.arange(BINS) + 0.5) / BINS
    )
    return middle


def _bound(value: Floats, drawn: Floats) -> Bounded:
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return float(value[0]), float(low), float(high)


def _brier(counts: Floats, p: Floats) -> Floats:
    found: Floats = counts @ (p * (1 - p)) / counts.sum(axis=1)
    return found


def _share(counts: Floats, p: Floats) -> Floats:
    found: Floats = counts @ p / counts.sum(axis=1)
    return found


def _auc(counts: Floats, p: Floats) -> Floats:
    """Return the AUC when each person is p of a return; of equals each wins half of the time."""
    back, away = counts * p, counts * (1 - p)
    below = np.cumsum(away, axis=1) - away
    pairs = back.sum(axis=1) * away.sum(axis=1)
    found: Floats = (back * (below + away / 2)).sum(axis=1) / np.maximum(pairs, 1e-300)
    return found
