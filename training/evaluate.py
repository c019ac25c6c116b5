"""How good estimates are on screenings that they have not seen: figures with intervals."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from features.errors import KantelpuntError
from models.usual import Sample
from training.config import EvaluateConfig

Floats = NDArray[np.float64]
Figure = Callable[[Floats, Floats, Floats], float]


@dataclass(frozen=True)
class Measured:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return the figure as a report shows it."""
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"


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
    """Return AUC, Brier score, calibration, and returns among the highest and lowest shares.

    Every figure is weighted for censoring; intervals come from persons drawn again.
    """
    figures = _list_figures(config)
    rng = np.random.default_rng(seed)
    draws = [_draw_persons(sample, rng) for _ in range(config.resamples)]
    return {name: _measure_one(figure, p, sample, draws) for name, figure in figures.items()}


def _list_figures(config: EvaluateConfig) -> dict[str, Figure]:
    figures: dict[str, Figure] = {
        "auc": lambda p, y, w: float(roc_auc_score(y, p, sample_weight=w)),
        "brier": lambda p, y, w: float(brier_score_loss(y, np.clip(p, 0, 1), sample_weight=w)),
        "mean_p_less_outcome": lambda p, y, w: float(np.average(p - y, weights=w)),
        "calibration_slope": lambda p, y, w: _recalibrate(p, y, w)[1],
        "calibration_intercept": lambda p, y, w: _recalibrate(p, y, w)[0],
        "ece": lambda p, y, w: calibration_error(p, y, w, config.bins),
    }
    for share in config.top_shares:
        percent = f"{share * 100:.0f}"
        figures[f"returned_highest_{percent}"] = _returned(share, highest=True)
        figures[f"returned_lowest_{percent}"] = _returned(share, highest=False)
    return figures


def _draw_persons(sample: Sample, rng: np.random.Generator) -> Floats:
    """Return how often each row is drawn, when persons are drawn with replacement."""
    unique, place = np.unique(sample.person, return_inverse=True)
    times = rng.multinomial(len(unique), np.full(len(unique), 1 / len(unique)))
    return times[place].astype(float)


def _measure_one(figure: Figure, p: Floats, sample: Sample, draws: list[Floats]) -> Measured:
    value = figure(p, sample.target, sample.weight)
    again = []
    for times in draws:
        rows = times > 0
        if len(np.unique(sample.target[rows])) == 2:
            again.append(figure(p[rows], sample.target[rows], (sample.weight * times)[rows]))
    low, high = np.quantile(again, [0.025, 0.975]) if again else (np.nan, np.nan)
    return Measured(value, float(low), float(high))


def _recalibrate(p: Floats, y: Floats, w: Floats) -> tuple[float, float]:
    """Return intercept and slope of the outcome on the log-odds of p (0 and 1 are perfect)."""
    bounded = np.clip(p, 0.005, 0.995)
    log_odds = np.log(bounded / (1 - bounded))[:, None]
    line = LogisticRegression(C=np.inf).fit(log_odds, y, sample_weight=w)
    return float(line.intercept_[0]), float(line.coef_[0, 0])


@dataclass(frozen=True)
class CalibrationBin:
    """Cases of about the same estimate: how many, what was estimated, what happened."""

    count: int
    estimated: float
    returned: float


def bin_calibration(p: Floats, y: Floats, w: Floats, bins: int) -> list[CalibrationBin]:
    """Return up to `bins` groups of equal size, from the lowest estimate to the highest."""
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part) and w[part].sum() > 0]
    return [
        CalibrationBin(
            len(part),
            float(np.average(p[part], weights=w[part])),
            float(np.average(y[part], weights=w[part])),
        )
        for part in parts
    ]


def calibration_error(p: Floats, y: Floats, w: Floats, bins: int) -> float:
    """Return the expected calibration error: the mean distance of bins from what happened."""
    found = bin_calibration(p, y, w, bins)
    total = sum(one.count for one in found)
    return sum(one.count * abs(one.estimated - one.returned) for one in found) / total


def _returned(share: float, *, highest: bool) -> Figure:
    def figure(p: Floats, y: Floats, w: Floats) -> float:
        order = np.argsort(-p if highest else p, kind="stable")
        count = int(np.searchsorted(np.cumsum(w[order]), share * w.sum())) + 1
        top = order[:count]
        return float(np.average(y[top], weights=w[top]))

    return figure
