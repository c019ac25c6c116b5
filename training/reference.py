"""What the newest year of screenings looked like, and how returns came: the release's reference."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.cohort import build_screenings
from features.returns import find_returns
from features.tables import Extract
from features.timeline import NEVER
from models.course import SUREST
from models.estimate import GainStatus
from models.expected import expect
from models.reference import (
    ANSWERED,
    FLAGS,
    GAIN,
    LIMITS,
    P_USUAL,
    SUGGESTION,
    Reference,
    Shape,
    find_answered,
    spread_inputs,
)
from models.screening import ScreeningModel
from models.spreads import spread_levels, spread_numbers
from models.suggestion import Suggestion, read_limits
from models.suggestion_many import suggest_many
from training.splits import Windows

Floats = NDArray[np.float64]
DAYS = 365  # a whole year, so that every season is in it once
STEP = 14  # days; a finer shape of returns would be that of single people
FEWEST_RETURNS = 200  # with fewer the shape is guesswork, and straight lines do as well
THREADS = 2  # as many as estimates take
OF_CURVE = 2  # horizons: as far as the return curve goes


def describe_release(extract: Extract, model: ScreeningModel, windows: Windows) -> Reference:
    """Return how the newest year of screenings is spread, and what the model tells of it.

    The model learnt from some of these people; of most the outcome was not known yet.
    """
    known = build_screenings(extract, as_of=windows.known_until)
    last = known.screened_on.max()
    newest = known.select(known.screened_on > last - np.timedelta64(DAYS, "D"))
    estimates = model.estimate_many(newest.matrix)
    p_usual = np.clip(model.usual.predict(extract.matrix, THREADS), 0.0, 1.0)
    promised, limits = expect(estimates.usual.value), read_limits()
    days = [day.astype(date) for day in newest.screened_on]
    keys = [one.value for one in Suggestion]
    suggested = [keys.index(one) for one in suggest_many(estimates, days, limits)]
    told = {
        P_USUAL: spread_numbers(estimates.usual.value),
        SUGGESTION: spread_levels(np.array(suggested, dtype=float), keys),
    }
    if estimates.gain_status is GainStatus.ESTIMATED:
        told[GAIN] = spread_numbers(estimates.gain.value)
    if model.contract.answers:
        told[ANSWERED] = spread_levels(find_answered(newest.matrix, model.contract), FLAGS)
    return Reference(
        newest.screened_on.min().astype(date),
        last.astype(date),
        len(newest),
        spread_inputs(newest.matrix, model.contract),
        told,
        {name: getattr(limits[-1], name) for name in LIMITS},
        measure_shape(extract, p_usual),
        promised.auc if promised else None,
    )


def measure_shape(extract: Extract, p_usual: Floats) -> Shape | None:
    """Return how hazard adds up for people of the same estimate (Breslow 1974).

    That of all people together would fall too soon: who returns easily has left by then.
    """
    horizon = OF_CURVE * extract.contract.outcome.horizon_days
    found = find_returns(extract, horizon)
    is_back = found.begun < NEVER
    if is_back.sum() < FEWEST_RETURNS:
        return None
    days = np.minimum(found.begun, found.seen_until).astype(np.int64)
    own = -np.log1p(-np.minimum(p_usual, SUREST))
    at_risk = np.bincount(days, weights=own, minlength=horizon + 1)[::-1].cumsum()[::-1]
    events = np.bincount(days[is_back], minlength=horizon + 1)
    hazard = np.cumsum(events / np.maximum(at_risk, 1e-9))
    grid = np.unique([*range(0, horizon, STEP), horizon // 2, horizon])
    steps = [0.0, *(float(f"{hazard[day]:.6g}") for day in grid[1:])]
    return Shape(tuple(int(day) for day in grid), tuple(steps))
