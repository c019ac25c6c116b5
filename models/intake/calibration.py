"""Which past errors tell how wrong the next forecast will be."""

from dataclasses import replace

import numpy as np

from models.intake.draws import Layered
from models.intake.errors import LayerErrors, given, measure, to_scale
from models.intake.jumps import keep_own
from models.intake.panel import Floats, Ints

MOST_ORIGINS = 36  # errors from longer ago say little of how sure one can be today
FEW_ORIGINS = 12  # with fewer origins that know two years, earlier ones take part
LEAST_ORIGINS = 4  # with fewer still, errors are taken to be as `USUAL_OFF` says
USUAL_OFF = (0.15, 0.05)  # relative error of the next period, and what each further root adds


def choose_origins(periods: int, per_year: int) -> Ints:
    """Return the origins whose errors tell how wrong the next forecast will be.

    The latest ones that know two years; where there are few, earlier ones from half a year on.
    The last of them do not know the whole of what came: their error vectors are completed.
    """
    first = 2 * per_year
    if periods - first < FEW_ORIGINS:
        first = max(periods - FEW_ORIGINS, per_year // 2, 3)
    return np.arange(first, periods, dtype=np.int64)[-MOST_ORIGINS:]


def measure_layers(past: Floats, came: Floats, filled: Floats, members: list[Ints]) -> Layered:
    """Return past errors per layer from (origins, regions, horizon) of forecasts and what came.

    `filled` is what came with its gaps filled, for sums; where a count itself was not known, the
    region has no error.
    """
    horizon = past.shape[2]
    if len(past) < LEAST_ORIGINS:
        return _usual_errors(past.shape[1], horizon, members)
    grouped = np.stack([past[:, one].sum(axis=1) for one in members], axis=1)
    came_grouped = np.stack([filled[:, one].sum(axis=1) for one in members], axis=1)
    whole, came_whole = grouped.sum(axis=1, keepdims=True), came_grouped.sum(axis=1, keepdims=True)
    came = came.copy()
    everything = [np.arange(len(members), dtype=np.int64)]
    # a region that is alone in its group has no error beside that of the group
    alone = [one for one in members if len(one) == 1]
    came[:, np.concatenate([*alone, np.zeros(0, dtype=np.int64)])] = np.nan
    regions = measure(came, given(past, grouped, came_grouped, members))
    own = to_scale(came, regions.a) - to_scale(past, regions.a)
    return Layered(
        measure(came_whole, whole),
        measure(came_grouped, given(grouped, whole, came_whole, everything)),
        replace(regions, jumps=keep_own(regions.jumps, regions.off, own)),
        members,
        np.maximum(len(past) / np.arange(1, horizon + 1), 1.0) + 2.0,
    )


def _usual_errors(regions: int, horizon: int, members: list[Ints]) -> Layered:
    """Return wide errors for a panel that is too short to have made any."""
    first, further = USUAL_OFF
    size = first + further * (np.sqrt(np.arange(1, horizon + 1)) - 1)
    normal = np.random.default_rng(0).standard_normal((200, 1))

    # on this scale an error of one unit is a relative error of `first`
    def layer(parts: int) -> LayerErrors:
        off = np.repeat((normal * size / first)[:, None], parts, axis=1)
        return LayerErrors(off, first, np.ones(parts))

    return Layered(layer(1), layer(len(members)), layer(regions), members, np.full(horizon, 3.0))
