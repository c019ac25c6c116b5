"""Scores of forecasts: MASE, weighted quantile loss, coverage and width, per horizon.

MASE: Hyndman and Koehler (2006), Int. J. of Forecasting 22, 679-688, scaled by the mean error of
the seasonal naive forecast of counts before the first origin. Weighted quantile loss: twice the
pinball loss over the sum of what came, mean over `QUANTILES` (as in the M5 competition, without
its weights).
"""

from dataclasses import dataclass

import numpy as np

from models.intake.panel import Floats

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


@dataclass(frozen=True)
class Scores:
    """Figures per horizon; `coverage` and `width` per level, as a share and beside the scale."""

    mase: Floats
    wql: Floats
    coverage: dict[float, Floats]
    width: dict[float, Floats]

    def to_plain(self) -> dict[str, object]:
        """Return it for JSON: lists per horizon, and their means."""
        return {
            "mase": to_list(self.mase),
            "wql": to_list(self.wql),
            "coverage": {str(level): to_list(one) for level, one in self.coverage.items()},
            "width": {str(level): to_list(one) for level, one in self.width.items()},
            "mean": {
                "mase": mean_of(self.mase),
                "wql": mean_of(self.wql),
                "coverage": {str(level): mean_of(one) for level, one in self.coverage.items()},
            },
        }


def find_scale(counts: Floats, per_year: int) -> Floats:
    """Return the in-sample error of the seasonal naive forecast, NaN where it has none or nought.

    `counts` (regions, periods) up to the first origin. Series shorter than a year and a period
    are scaled by the error of the naive forecast of the next period.
    """
    found = np.full(len(counts), np.nan)
    for place, row in enumerate(counts):
        for step in (per_year, 1):
            off = np.abs(row[step:] - row[:-step])
            if np.isfinite(off).any() and np.isnan(found[place]) and np.nanmean(off) > 0:
                found[place] = np.nanmean(off)
    return found


def score(
    drawn: Floats, point: Floats, came: Floats, scale: Floats, levels: tuple[float, ...]
) -> Scores:
    """Return scores per horizon; parts of which nothing is known, or without scale, are left out.

    `drawn` holds quantiles (origins, levels of `find_levels`, parts, horizon), `point` and `came`
    (origins, parts, horizon), `scale` (parts,).
    """
    places = {one: at for at, one in enumerate(find_levels(levels))}
    off = np.abs(came - point) / scale[None, :, None]
    coverage, width = {}, {}
    for level in levels:
        low, high = (drawn[:, places[_round(one)]] for one in ((1 - level) / 2, (1 + level) / 2))
        inside = np.where(np.isfinite(came), (low <= came) & (came <= high), np.nan)
        coverage[level] = _average(inside)
        width[level] = _average((high - low) / scale[None, :, None])
    pinball = np.stack([_pinball(drawn[:, places[one]], came, one) for one in QUANTILES])
    total = np.nansum(np.abs(came), axis=(0, 1))
    loss = 2 * np.nansum(pinball.mean(axis=0), axis=(0, 1))
    return Scores(
        _average(off), np.where(total > 0, loss / np.maximum(total, 1), np.nan), coverage, width
    )


def find_levels(levels: tuple[float, ...]) -> tuple[float, ...]:
    """Return the quantiles that scores need."""
    ends = [_round(one) for level in levels for one in ((1 - level) / 2, (1 + level) / 2)]
    return tuple(sorted({*QUANTILES, *ends}))


def _round(level: float) -> float:
    return round(level, 6)


def _pinball(quantile: Floats, came: Floats, level: float) -> Floats:
    off = came - quantile
    return np.asarray(np.maximum(level * off, (level - 1) * off))


def _average(values: Floats) -> Floats:
    """Return the mean over parts of their means over origins, per horizon."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    part = np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    some = (count > 0).sum(axis=0)
    mean = np.where(count > 0, part, 0.0).sum(axis=0) / np.maximum(some, 1)
    return np.asarray(np.where(some > 0, mean, np.nan))


def to_list(values: Floats) -> list[float | None]:
    """Return numbers for JSON: four decimals, null for what is not known."""
    return [round(float(one), 4) if np.isfinite(one) else None for one in values]


def mean_of(values: Floats) -> float | None:
    """Return the mean over horizons, null where nothing is known."""
    known = values[np.isfinite(values)]
    return round(float(known.mean()), 4) if known.size else None
