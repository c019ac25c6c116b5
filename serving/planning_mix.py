"""What recent screenings were made of: bands of gain and chance, suggestions, and limits tried."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.estimate import Estimate, GainStatus
from models.intake.change import MOST
from models.intake.mix import Mix
from models.suggestion import Limits, Suggestion, suggest
from serving.store.planning_gains import Gained

Floats = NDArray[np.float64]
# percentage points: the ends hold all beyond them
GAIN_BANDS = (-100, 0, 2, 4, 6, 8, 10, 15, 100)
SCORE_BANDS = (0, 20, 40, 60, 80, 100)
BELOW = 1 - 1e-9  # so that rounding never makes more be suggested than were screened
# limits on the gain that a question of what-if can try, and between which it goes straight
TRIED = (-1.0, *(step / 200 for step in range(-4, 61)), 0.35, 0.4, 0.5, 1.0)


def build_mix(
    gained: Iterable[Gained],
    samples: Mapping[str, Sequence[Estimate]],
    regions: tuple[str, ...],
    limits: Mapping[str, Limits],
) -> Mix:
    """Return the mix of recent screenings; `limits` are those that hold in each region.

    Where the gain differs between nobody, no limit on it can be tried.
    """
    places = {region: place for place, region in enumerate(regions)}
    gains = np.zeros((len(regions), len(GAIN_BANDS) - 1))
    scores = np.zeros((len(regions), len(SCORE_BANDS) - 1))
    suggested = np.zeros((len(regions), len(Suggestion)))
    kinds = [kind.value for kind in Suggestion]
    for one in gained:
        if one.region not in places:
            continue
        place = places[one.region]
        suggested[place, kinds.index(one.suggestion)] += one.people
        scores[place, _find_band(one.chance, SCORE_BANDS)] += one.people
        if one.gain is not None:
            gains[place, _find_band(one.gain, GAIN_BANDS)] += one.people
    differs = any(
        one.gain_status is GainStatus.ESTIMATED for part in samples.values() for one in part
    )
    refer, screened = _try_limits(samples, regions, limits) if differs else (None, None)
    return Mix(
        gain_edges=_to_edges(GAIN_BANDS) if gains.any() else (),
        gains=gains if gains.any() else None,
        score_edges=_to_edges(SCORE_BANDS),
        scores=scores,
        suggestions=tuple(kinds),
        suggested=suggested,
        limits=TRIED if differs else (),
        refer=refer,
        screened=screened,
        gain_from=tuple(limits[region].gain_from for region in regions) if differs else None,
    )


def as_if_held(passed: Floats, tried: Floats, mix: Mix, before: Floats) -> Floats:
    """Return who would have been suggested for support had the limit of the months to come held.

    `passed` has shape (regions, months, delays), `tried` and `before`, the limits on the gain that
    held in each month, (regions, months). Each month counts by how much larger a share of recent
    cases the limit to come suggests. Without such a limit, or a table of shares, what was stays.
    """
    if mix.gain_from is None or mix.refer is None:
        return passed
    low, high = mix.limits[0], mix.limits[-1]
    months = (mix.find_shares(held) for held in before.clip(low, high).T)
    ratio = (mix.find_shares(mix.gain_from) + MOST)[:, None] / (np.stack(list(months), 1) + MOST)
    most = tried / np.maximum(passed.sum(axis=2), 1.0)
    return np.asarray(passed * np.minimum(ratio, np.maximum(most * BELOW, 1.0))[..., None])


def _find_band(points: int, bands: Sequence[int]) -> int:
    return int(np.clip(np.searchsorted(bands, points, side="right") - 1, 0, len(bands) - 2))


def _to_edges(bands: Sequence[int]) -> tuple[float, ...]:
    return tuple(edge / 100 for edge in bands)


def _try_limits(
    samples: Mapping[str, Sequence[Estimate]],
    regions: tuple[str, ...],
    limits: Mapping[str, Limits],
) -> tuple[Floats, Floats]:
    """Return how many of a sample are suggested for support at each limit, and of how many."""
    refer, screened = np.zeros((len(regions), len(TRIED))), np.zeros(len(regions))
    for place, region in enumerate(regions):
        cases = samples.get(region, ())
        screened[place] = len(cases)
        for number, gain_from in enumerate(TRIED):
            tried = replace(limits[region], gain_from=gain_from)
            refer[place, number] = sum(suggest(one, tried) is Suggestion.REFER for one in cases)
    return refer, screened
