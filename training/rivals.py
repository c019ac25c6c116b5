"""What a release must beat: plain models, tested beside it on the same later screenings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.matrix import Matrix
from models.baseline import Baseline, fit_logistic, fit_tree
from models.calibration import fit_calibration, measure_slope
from models.heads import AdditiveHead, Calibration
from models.usual import Sample, Shape, UsualConfig, fit_lines, fit_single_tree, fit_usual
from training.evaluate import Measured, bound, draw_persons

Floats = NDArray[np.float64]
Predict = Callable[[Matrix], Floats]
OURS, LINES, TREE, LOGISTIC = "kantelpunt", "lines", "tree", "logistic"
# what a reader is told of each
NAMES = {
    OURS: "trees and lines together",
    LINES: "straight lines alone",
    LOGISTIC: "logistic regression",
    TREE: "one tree of at most eight leaves",
}
# what ships where a plain model is at least as good: its kin whose reasons add up in points
KIN = {LINES: LINES, LOGISTIC: LINES, TREE: TREE}


@dataclass(frozen=True)
class Contest:
    """The recipe and its rivals, learnt from the same screenings; corrected, ready to be tested.

    `raw` is the recipe without correction, `tree_text` the readable tree.
    """

    raw: dict[str, Predict]
    corrected: dict[str, Predict]
    tree_text: str


def hold_contest(
    learn: Sample, calibrate: Sample | None, shape: Shape, config: UsualConfig, seed: int
) -> Contest:
    """Return ours and three plain models, each with the correction that a later window asks for."""
    ours = fit_usual(learn, shape, config, seed)
    tree: Baseline = fit_tree(learn)
    raw: dict[str, Predict] = {
        OURS: lambda matrix: ours.predict(matrix, config.threads),
        LINES: fit_lines(learn).predict,
        LOGISTIC: fit_logistic(learn).predict,
        TREE: tree.predict,
    }
    return Contest(raw, {name: _correct(one, calibrate) for name, one in raw.items()}, tree.text)


def _correct(predict: Predict, sample: Sample | None) -> Predict:
    if sample is None or len(sample) == 0:
        return predict
    found = fit_calibration(predict(sample.matrix), sample.target, sample.weight)
    return lambda matrix: found.apply(predict(matrix))


def compare_errors(
    estimated: Mapping[str, Floats], test: Sample, resamples: int, seed: int, than: str = OURS
) -> dict[str, Measured]:
    """Return by how much each other's Brier score exceeds that of one, with a paired interval."""
    errors = {name: (np.clip(p, 0, 1) - test.target) ** 2 for name, p in estimated.items()}
    found = {}
    for name in errors.keys() - {than}:
        more = errors[name] - errors[than]
        draws = draw_persons(test.person, resamples, seed)
        again = [
            float(np.average(more, weights=test.weight * times))
            for times in draws
            if (test.weight * times).any()
        ]
        found[name] = bound(float(np.average(more, weights=test.weight)), again)
    return dict(sorted(found.items()))


def choose_shipped(more: Mapping[str, Measured]) -> str:
    """Return ours where no rival has a Brier score as low, else the kin of the best rival.

    Not where ours is surely better than that kin: it would lose to what could have shipped.
    """
    best = min(more, key=lambda name: (more[name].value, name))
    return OURS if more[best].value > 0 or more[KIN[best]].low > 0 else KIN[best]


def fit_shipped(
    name: str, sample: Sample, shape: Shape, config: UsualConfig, seed: int
) -> AdditiveHead:
    """Return what ships, learnt from a sample."""
    if name == LINES:
        return AdditiveHead(fit_lines(sample), None, 0.0)
    if name == TREE:
        return fit_single_tree(sample, config, seed)
    return fit_usual(sample, shape, config, seed)


def fit_release(
    name: str,
    samples: Mapping[str, Sample],
    shape: Shape,
    tested: Predict,
    config: UsualConfig,
    seed: int,
) -> AdditiveHead:
    """Return the model learnt from everything, with the slope that later windows asked for.

    Its level is compared with the newest settled window, which is a part of what it learnt from:
    with few inputs that tell time it fits a drift there only in part, and what it did fit needs no
    correction. The level found for the tested model was partly the noise of that model's own,
    smaller sample, and is not carried over.
    """
    newest = samples["test"]
    slope = find_slope(tested, samples.get("calibrate"), newest)
    head = fit_shipped(name, samples["all"], shape, config, seed)
    p = head.predict(newest.matrix, config.threads)
    calibration: Calibration = fit_calibration(p, newest.target, newest.weight, slope)
    return replace(head, calibration=calibration)


def find_slope(predict: Predict, calibrate: Sample | None, test: Sample) -> float:
    """Return the slope for the release, from both windows that the tested model did not learn from.

    One window alone is little to tell a slope by. Nothing is corrected without a first window.
    """
    if calibrate is None:
        return 1.0
    later = (calibrate, test)
    return measure_slope(
        np.concatenate([predict(one.matrix) for one in later]),
        np.concatenate([one.target for one in later]),
        np.concatenate([one.weight for one in later]),
    )
