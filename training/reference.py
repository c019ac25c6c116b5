"""What the newest year of screenings looked like, and how returns came: the release's reference."""

from datetime import date

import numpy as np

from features.cohort import build_screenings
from features.outcomes import NEVER
from features.returns import find_returns
from features.tables import Extract
from models.estimate import GainStatus
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
from models.suggestion import Suggestion, read_limits, suggest_many
from training.splits import Windows

DAYS = 365  # a whole year, so that every season is in it once
STEP = 14  # days; a finer shape of returns would be that of single people
FEWEST_RETURNS = 200  # with fewer the shape is guesswork, and straight lines do as well
OF_CURVE = 2  # horizons: as far as the return curve goes


def describe_release(extract: Extract, model: ScreeningModel, windows: Windows) -> Reference:
    """Return how the newest year of screenings is spread, and what the model tells of it.

    The model learnt from some of these people; of most the outcome was not known yet.
    """
    known = build_screenings(extract, as_of=windows.known_until)
    last = known.screened_on.max()
    newest = known.select(known.screened_on > last - np.timedelta64(DAYS, "D"))
    estimates = model.estimate_many(newest.matrix)
    limits = read_limits()
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
        _measure_shape(extract),
    )


def _measure_shape(extract: Extract) -> Shape | None:
    """Return how hazard adds up, by the estimator of Nelson (1969) and Aalen (1978)."""
    horizon = OF_CURVE * extract.contract.outcome.horizon_days
    found = find_returns(extract, horizon)
    seen = np.minimum(found.begun, found.seen_until)
    is_back = found.begun < NEVER
    if is_back.sum() < FEWEST_RETURNS:
        return None
    grid = np.unique([*range(0, horizon, STEP), horizon // 2, horizon])
    at_risk = len(seen) - np.searchsorted(np.sort(seen), np.arange(horizon + 1), side="left")
    events = np.bincount(seen[is_back].astype(np.int64), minlength=horizon + 1)
    hazard = np.cumsum(events / np.maximum(at_risk, 1))
    steps = [0.0, *(float(f"{hazard[day]:.6g}") for day in grid[1:])]
    return Shape(tuple(int(day) for day in grid), tuple(steps))
