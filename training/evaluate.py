"""How good estimates are on screenings that they have not seen: figures with intervals."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from features.errors import KantelpuntError
from models.realised import measure_auc, rank_values
from models.usual import Sample
from training.config import EvaluateConfig

Floats = NDArray[np.float64]
NEWTON_STEPS = 8
NINETY_FIVE_PERCENT = 1.959963984540054  # standard errors on either side, by the normal law


@dataclass(frozen=True)
class Measured:
    """A figure with its 95 % interval, or another where it is said."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return the figure as a report shows it."""
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"

    def plain(self) -> list[float]:
        """Return value, low and high, as the bundle and the figures keep them."""
        return [round(number, 6) for number in (self.value, self.low, self.high)]


class NothingToMeasureError(KantelpuntError):
    """Screenings on which no figure can be measured."""


def check_measurable(sample: Sample) -> None:
    """Raise NothingToMeasureError unless some returned and some did not."""
    if len(np.unique(sample.target)) < 2:
        raise NothingToMeasureError(
            f"{len(sample)} screenings have a known outcome, and it is not of both kinds: figures "
            "need some that returned and some that did not"
        )


def measure(p: Floats, sample: Sample, config: EvaluateConfig, seed: int) -> dict[str, Measured]:
    """Return AUC, Brier score, calibration, and what happened among the highest and lowest shares.

    `precision_lowest_5` is the part of the lowest 5 % that did not return, `recall_lowest_5` the
    part of all who did not that is among them. Every figure is weighted for censoring; intervals
    come from persons drawn again.
    """
    order = np.argsort(p, kind="stable")  # once: what is drawn again stays in order
    p, sample = p[order], sample.take(order)
    value = _measure_once(p, sample.target, sample.weight, config)
    draws = draw_persons(sample.person, config.resamples, seed)
    again = [_measure_again(p, sample, config, times) for times in draws]
    return {
        name: bound(found, [draw[name] for draw in again if draw]) for name, found in value.items()
    }


def _measure_once(p: Floats, y: Floats, w: Floats, config: EvaluateConfig) -> dict[str, float]:
    intercept, slope = _recalibrate(p, y, w)
    figures = {
        "auc": measure_auc(p, y, w),
        "brier": float(np.average((np.clip(p, 0, 1) - y) ** 2, weights=w)),
        "mean_p_less_outcome": float(np.average(p - y, weights=w)),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "ece": calibration_error(p, y, w, config.bins),
    }
    for share in config.top_shares:
        percent = f"{share * 100:.0f}"
        figures[f"returned_highest_{percent}"] = _take_first(-p, y, w, share) / (share * w.sum())
        missed = _take_first(p, 1 - y, w, share)
        figures[f"precision_lowest_{percent}"] = missed / (share * w.sum())
        figures[f"recall_lowest_{percent}"] = missed / float(w @ (1 - y))
    return figures


def draw_persons(person: NDArray[np.int64], resamples: int, seed: int) -> Iterator[Floats]:
    """Yield how often each row counts when persons are drawn again with replacement."""
    unique, place = np.unique(person, return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        times = rng.multinomial(len(unique), np.full(len(unique), 1 / len(unique)))
        yield times[place].astype(float)


def _measure_again(
    p: Floats, sample: Sample, config: EvaluateConfig, times: Floats
) -> dict[str, float]:
    """Measure with each row counted some times; nothing where one outcome is absent."""
    rows = times > 0
    if len(np.unique(sample.target[rows])) < 2:
        return {}
    weight = sample.weight[rows] * times[rows]
    return _measure_once(p[rows], sample.target[rows], weight, config)


def bound_by_error(value: float, error: float) -> Measured:
    """Return a figure with the 95 % interval that its standard error tells."""
    return Measured(value, value - NINETY_FIVE_PERCENT * error, value + NINETY_FIVE_PERCENT * error)


def bound(value: float, again: list[float]) -> Measured:
    """Return a figure with the 95 % interval that its draws tell."""
    low, high = np.quantile(again, [0.025, 0.975]) if again else (value, value)
    return Measured(value, float(low), float(high))


def _recalibrate(p: Floats, y: Floats, w: Floats) -> tuple[float, float]:
    """Return intercept and slope of the outcome on the log-odds of p (0 and 1 are perfect).

    Newton's steps for a logistic regression of two numbers: hundreds of resamples ask for it.
    """
    bounded = np.clip(p, 0.005, 0.995)
    design = np.column_stack([np.ones(len(p)), np.log(bounded / (1 - bounded))])
    found = np.zeros(2)  # from a slope of 1 the steps run away where estimates say little
    for _ in range(NEWTON_STEPS):
        chance = expit(design @ found)
        hessian = (design * (w * chance * (1 - chance))[:, None]).T @ design
        found = found + np.linalg.lstsq(hessian, design.T @ (w * (y - chance)))[0]
    return float(found[0]), float(found[1])


@dataclass(frozen=True)
class CalibrationBin:
    """Cases of about the same estimate: how many, what was estimated, what happened."""

    count: int
    weight: float
    estimated: float
    returned: float


def bin_calibration(p: Floats, y: Floats, w: Floats, bins: int) -> list[CalibrationBin]:
    """Return up to `bins` groups of about equal size, from the lowest estimate to the highest.

    Cases of the same estimate are in the same group: their order says nothing.
    """
    return [
        CalibrationBin(
            len(part),
            float(w[part].sum()),
            float(np.average(p[part], weights=w[part])),
            float(np.average(y[part], weights=w[part])),
        )
        for part in split_bins(p, w, bins)
    ]


def split_bins(p: Floats, w: Floats, bins: int) -> list[NDArray[np.intp]]:
    """Return the rows of each group of `bin_calibration`."""
    order = np.argsort(p, kind="stable")
    edges = np.searchsorted(p[order], p[order][np.arange(1, bins) * len(p) // bins], side="left")
    return [part for part in np.split(order, np.unique(edges)) if w[part].sum() > 0]


def calibration_error(p: Floats, y: Floats, w: Floats, bins: int) -> float:
    """Return the expected calibration error: the mean distance of bins from what happened.

    Chance alone makes it more than 0, the more so the fewer the cases.
    """
    found = bin_calibration(p, y, w, bins)
    total = sum(one.weight for one in found)
    return sum(one.weight * abs(one.estimated - one.returned) for one in found) / total


def _take_first(key: Floats, y: Floats, w: Floats, share: float) -> float:
    """Return how many of y, by weight, are among the share of cases with the smallest keys.

    Where cases of the same key do not all fit in, each counts for the part that does.
    """
    place = rank_values(key)
    mass, hits = np.bincount(place, weights=w), np.bincount(place, weights=w * y)
    room = share * w.sum() - (np.cumsum(mass) - mass)
    part = np.clip(room / np.maximum(mass, 1e-300), 0, 1)
    return float(part @ hits)
