"""Which open questions would narrow an estimate most."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.matrix import Matrix
from models.estimate import bound
from models.screening import ScreeningModel

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sharpener:
    """A question without an answer, and how far the estimate moves over the answers to it.

    `points` is the standard deviation, in percentage points, over the answers that people give.
    """

    field: str
    label_nl: str
    points: float


def find_sharpeners(model: ScreeningModel, row: Matrix, most: int = 3) -> list[Sharpener]:
    """Return the open questions of a case that move its estimate most, the strongest first.

    The estimate is p_support, and p_usual where the gain of the case is not known. Empty where
    everything is answered, or the model keeps no answers.
    """
    if model.answers is None:
        return []
    table = zip(model.answers.columns, model.answers.values, model.answers.shares, strict=True)
    asked = [question for question in table if np.isnan(row[question[0]])]
    if not asked:
        return []
    variants = np.repeat(row[None, :], sum(len(values) for _, values, _ in asked), axis=0)
    begin, spreads = 0, []
    for column, values, _ in asked:
        variants[begin : begin + len(values), column] = values
        begin += len(values)
    p, begin = _predict(model, row, variants), 0
    for _, values, shares in asked:
        spreads.append(_spread(p[begin : begin + len(values)], np.array(shares)))
        begin += len(values)
    fields = [model.contract.fields[column] for column, _, _ in asked]
    found = [
        Sharpener(field.name, field.label_nl, 100 * spread)
        for field, spread in zip(fields, spreads, strict=True)
        if spread > 0
    ]
    return sorted(found, key=lambda one: -one.points)[:most]


def _predict(model: ScreeningModel, row: Matrix, variants: Matrix) -> Floats:
    """Return the estimates as `estimate_many` does, without their reasons: those take longer."""
    p = bound(model.usual.predict(variants), 0.0, 1.0)
    if model.gain is None or not model.gain.covers(row[None, :])[0]:
        return p
    return bound(p + model.gain.head.predict(variants), 0.0, 1.0)


def _spread(p: Floats, share: Floats) -> float:
    return float(np.sqrt(share @ (p - share @ p) ** 2))
