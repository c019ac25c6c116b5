"""A recipe beside the champion on what neither could know: all that was seen since it learnt.

A champion of less than two years has learnt from the test window, or from a part of it, and looks
better there than it is. So the recipe learns once more, from what was known on the day until which
the champion learnt. Both are held against everybody who was screened after that day, as far as they
were followed: by the deviance of returns as they come (McCullagh and Nelder 1989, section 13.3).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from features.cohort import build_screenings
from features.matrix import Matrix
from features.returns import find_returns
from features.tables import Extract
from features.timeline import NEVER
from models.bundle import Bundle
from models.course import SUREST, add_hazard
from models.reference import Shape
from models.usual import Sample
from training.evaluate import Measured, bound, draw_persons
from training.pipeline import Trained
from training.rivals import fit_shipped

Floats = NDArray[np.float64]
FEWEST_RETURNS = 100  # since the champion learnt; with fewer only gross faults would show
LEAST = 0.005  # a chance of 0 would make one return count without end


def compare_since(
    trained: Trained, extract: Extract, champion: Bundle, theirs: Matrix, seed: int
) -> Measured | None:
    """Return by how much our deviance per screening exceeds the champion's, with its interval.

    `theirs` are all cases of the extract as the champion reads them. The shape of the recipe and
    its correction are those of the release. None where too few returned since the champion learnt,
    or nothing was known before.
    """
    day, horizon = champion.trained_on, extract.contract.outcome.horizon_days
    found = find_returns(extract, horizon)
    screened = extract.cases["screened_on"].to_numpy(dtype="datetime64[D]")
    rows = (screened > np.datetime64(day)) & (found.seen_until > 0)
    back = found.begun[rows] < NEVER
    before = Sample.of(build_screenings(extract, as_of=day))
    if back.sum() < FEWEST_RETURNS or len(np.unique(before.target)) < 2:
        return None
    usual = trained.config.usual
    head = fit_shipped(trained.shipped, before, trained.shape, usual, seed)
    head = replace(head, calibration=trained.model.usual.calibration)
    shape = champion.model.reference.shape if champion.model.reference else None
    seen = np.minimum(found.begun, found.seen_until)[rows]
    ours, other = (
        _measure_deviance(p, seen, back, horizon, shape)
        for p in (
            head.predict(extract.matrix[rows], usual.threads),
            champion.model.usual.predict(theirs[rows], usual.threads),
        )
    )
    person = np.unique(extract.cases["person_key"].to_numpy()[rows], return_inverse=True)[1]
    more, draws = ours - other, draw_persons(person, trained.config.evaluate.resamples, seed)
    again = [float(np.average(more, weights=times)) for times in draws]
    return bound(float(more.mean()), again)


def _measure_deviance(
    p: Floats, seen: Floats, back: NDArray[np.bool_], horizon: int, shape: Shape | None
) -> Floats:
    """Return the deviance of each, but for what is the same for any estimate."""
    bounded = np.clip(p, LEAST, SUREST)
    hazard = add_hazard(bounded[:, None], (horizon,), seen, shape)
    found: Floats = 2 * (hazard - back * np.log(-np.log1p(-bounded)))
    return found
