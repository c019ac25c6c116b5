"""Is it of use to act on p_usual? Net benefit at each limit, beside support for all and for none.

Vickers and Elkin 2006, of the chance of no return. Who sets the limit on p_usual at t takes it that
support offered to somebody who returns anyway costs (1 - t) / t of what it is worth to offer it to
somebody who does not: at 50 % as much, at 80 % a quarter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.usual import Sample
from training.config import DecisionConfig
from training.evaluate import Measured, bound, draw_persons

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DecisionPoint:
    """Net benefit per person if all with p_usual of at most `threshold` are offered support.

    `model` by our estimates, `everyone` by offering it to all; offering it to none is 0. `less`
    is the model less the better of the two.
    """

    threshold: float
    model: Measured
    everyone: Measured
    less: Measured


def measure_decisions(
    p: Floats, sample: Sample, config: DecisionConfig, resamples: int, seed: int
) -> list[DecisionPoint]:
    """Return the decision curve, weighted for censoring; intervals from persons drawn again."""
    limits = np.array(config.thresholds)
    chosen = np.asarray(p[None, :] <= limits[:, None], dtype=float)
    value = _find_benefits(chosen, limits, sample.target, sample.weight)
    again = np.array(
        [
            _find_benefits(chosen, limits, sample.target, sample.weight * times)
            for times in draw_persons(sample.person, resamples, seed)
        ]
    ).reshape(-1, *value.shape)
    return [
        DecisionPoint(
            float(limit),
            *(bound(float(value[kind, i]), again[:, kind, i].tolist()) for kind in range(3)),
        )
        for i, limit in enumerate(limits)
    ]


def _find_benefits(chosen: Floats, limits: Floats, y: Floats, w: Floats) -> Floats:
    """Return for the model, for everyone, and for the difference with the best: one per limit."""
    share = w / w.sum()
    odds = (1 - limits) / limits
    model = chosen @ (share * (1 - y)) - odds * (chosen @ (share * y))
    everyone = share @ (1 - y) - odds * (share @ y)
    return np.stack([model, everyone, model - np.maximum(everyone, 0.0)])


def tabulate_decisions(points: list[DecisionPoint]) -> str:
    """Return a Markdown table, per 100 people."""
    lines = [
        "| limit on p_usual | by the estimates | everyone | more than everyone or nobody |",
        "| --- | --- | --- | --- |",
    ]
    for point in points:
        shown = (
            f"{100 * one.value:.1f} ({100 * one.low:.1f} to {100 * one.high:.1f})"
            for one in (point.model, point.everyone, point.less)
        )
        lines.append(f"| {point.threshold:.0%} | " + " | ".join(shown) + " |")
    return "\n".join(lines)
