"""What the gates of a release ask of its training: rivals and calibration, overall and per group.

Measured on the test window, by the model that knew nothing of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.cohort import Screenings
from features.outcomes import weigh
from models.usual import Sample
from training.config import Config
from training.evaluate import Measured, calibration_error, split_bins
from training.groups import Labels
from training.rivals import compare_errors

Floats = NDArray[np.float64]
SURE = 0.95


@dataclass(frozen=True)
class CalibrationGap:
    """The calibration error of some cases, and how much of it chance alone may have made.

    `error` exceeds the true error by more than `chance` in at most one of twenty releases (over
    all groups together), whatever the true error is: see `_bound_chance`.
    """

    attribute: str
    group: str
    persons: int
    error: float
    chance: float

    def plain(self) -> dict[str, Any]:
        """Return plain values; persons in tens, so that no small rest can be worked out."""
        return {
            "attribute": self.attribute,
            "group": self.group,
            "persons": self.persons // 10 * 10,
            "error": round(self.error, 6),
            "chance": round(self.chance, 6),
        }


@dataclass(frozen=True)
class Evidence:
    """By how much the Brier score of each rival exceeds what ships, and the calibration errors.

    `p_usual` are the chances of the tested kin of what ships, on the rows of the test sample.
    """

    p_usual: Floats
    baselines: Mapping[str, Measured]
    overall: CalibrationGap
    groups: tuple[CalibrationGap, ...]

    def plain(self) -> dict[str, Any]:
        """Return plain values for the bundle."""
        return {
            "baselines": {name: one.plain() for name, one in self.baselines.items()},
            "calibration": self.overall.plain(),
            "group_calibration": [one.plain() for one in self.groups],
        }


def gather_evidence(
    estimated: Mapping[str, Floats],
    shipped: str,
    test: Sample,
    labels: Mapping[str, Labels],
    config: Config,
    seed: int,
) -> Evidence:
    """Return the evidence; `labels` are the groups of each row of the test sample."""
    gaps = measure_gaps(estimated[shipped], test, labels, config, seed)
    return Evidence(
        estimated[shipped],
        compare_errors(estimated, test, config.evaluate.resamples, seed, than=shipped),
        gaps[0],
        tuple(gaps[1:]),
    )


def keep_known(tested: Screenings, groups: Mapping[str, Labels]) -> dict[str, Labels]:
    """Return the labels of the screenings that `Sample.of` keeps."""
    known = weigh(tested.returned, tested.known_days, tested.open_days, tested.by_support) > 0
    return {name: labels[known] for name, labels in groups.items()}


def measure_gaps(
    p: Floats,
    test: Sample,
    labels: Mapping[str, Labels],
    config: Config,
    seed: int,
) -> list[CalibrationGap]:
    """Return the calibration error overall, and then of each group that is large enough."""
    _, place = np.unique(test.person, return_inverse=True)
    left = _draw_left(p, test.weight, place, config.gates.draws, seed)
    groups = [
        (name, str(label), np.flatnonzero(column == label))
        for name, column in labels.items()
        for label in np.unique(column.astype(str))
        if label
    ]
    least = config.fairness.smallest_group
    groups = [one for one in groups if len(np.unique(place[one[2]])) >= least]
    found, parts = [], []
    for name, label, rows in (("", "", np.arange(len(test))), *groups):
        bins = config.evaluate.bins
        if name:
            bins = int(np.clip(len(rows) // config.gates.cases_per_bin, 1, bins))
        part = (p[rows], test.target[rows], test.weight[rows])
        found.append((name, label, len(np.unique(place[rows])), calibration_error(*part, bins)))
        off = part[2] * (part[1] - part[0]) / part[2].sum()
        split = split_bins(part[0], part[2], bins)
        gaps = np.array([off[one].sum() for one in split])
        noise = np.array([left[:, rows[one]].sum(axis=1, dtype=float) for one in split])
        parts.append((gaps, noise / part[2].sum()))
    chances = [*_bound_chance(parts[:1]), *_bound_chance(parts[1:])]
    return [CalibrationGap(*one, chance) for one, chance in zip(found, chances, strict=True)]


def _draw_left(
    p: Floats, w: Floats, place: NDArray[np.intp], draws: int, seed: int
) -> NDArray[np.float32]:
    """Return by row, for each draw of outcomes from the estimates, weight times what is left over.

    The screenings of one person share a draw, and so move together as much as they can.
    """
    rng = np.random.default_rng(seed)
    luck = rng.random((draws, int(place.max()) + 1), dtype=np.float32)[:, place]
    left: NDArray[np.float32] = np.multiply(luck < p, w, dtype=np.float32)
    left -= (np.clip(p, 0, 1) * w).astype(np.float32)
    return left


def _bound_chance(parts: list[tuple[Floats, Floats]]) -> list[float]:
    """Return how much of the error of each part chance may have made, of all at once.

    Given are what each bin is off, by its weight, and the same of the draws. The true error is at
    least the found one less the noise of all bins, by the triangle inequality; and at least what
    all bins are off together, or the lower half less the upper, each less its own noise, which is
    far smaller: bins that err the same way add up. All these bounds hold in 95 of 100 draws, by
    the largest standardised excess over all of them (Westfall and Young 1993).
    """
    if not parts:
        return []
    noises = [one for gaps, noise in parts for one in _sum_ways(noise)]
    bounds = iter(_bound_together(noises))
    found = []
    for gaps, _ in parts:
        sums = _sum_ways(gaps[:, None])
        least = max(float(one[0]) - next(bounds) for one in sums)
        found.append(float(np.abs(gaps).sum()) - least)
    return found


def _sum_ways(gaps: Floats) -> list[Floats]:
    """Return what bins are off in any direction, all in one, and the halves against each other."""
    halves = np.where(np.arange(len(gaps)) < len(gaps) / 2, 1.0, -1.0)
    return [np.abs(gaps).sum(axis=0), np.abs(gaps.sum(axis=0)), np.abs(halves @ gaps)]


def _bound_together(noises: list[Floats]) -> list[float]:
    """Return a bound per group that chance keeps to in all of them at once, in 95 of 100 draws.

    By the largest standardised excess over all groups (Westfall and Young 1993).
    """
    drawn = np.array(noises)
    mean, spread = drawn.mean(axis=1), np.maximum(drawn.std(axis=1), 1e-12)
    most = float(np.quantile(((drawn - mean[:, None]) / spread[:, None]).max(axis=0), SURE))
    return [float(one) for one in mean + most * spread]
