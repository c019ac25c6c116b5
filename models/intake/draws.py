"""From expected counts and past errors to simulated futures that add up."""

from dataclasses import dataclass

import numpy as np

from models.intake.errors import LayerErrors, from_scale, to_scale
from models.intake.panel import Floats, Ints

Generator = np.random.Generator


@dataclass(frozen=True)
class Doubt:
    """What makes single regions less sure than their past errors tell.

    `wider` (regions, horizon) multiplies errors, `whole` (horizon,) those of the whole; `level`
    (regions,) is the standard deviation of the logarithm of a level that nobody has seen; `empty`
    (regions,) holds the days that passed without a single count where none ever came, else NaN;
    `most` (regions,) is the highest rate per day that a future may have.
    """

    wider: Floats
    whole: Floats
    level: Floats
    empty: Floats
    most: Floats


@dataclass(frozen=True)
class Layered:
    """The errors of the three layers, and the regions of each group."""

    whole: LayerErrors
    groups: LayerErrors
    regions: LayerErrors
    members: list[Ints]
    independent: Floats  # (horizon,): how many errors of the whole do not overlap


def draw_paths(
    point: Floats, days: Floats, layered: Layered, doubt: Doubt, draws: int, seed: int
) -> Ints:
    """Return whole counts (draws, regions, horizon) around `point` (regions, horizon)."""
    rng = np.random.default_rng(seed)
    members = layered.members
    grouped = np.stack([point[member].sum(axis=0) for member in members])
    most = np.maximum(doubt.most[:, None] * days, point)  # a backtest may expect more
    whole = draw_whole(point.sum(axis=0), layered, doubt.whole, draws, rng)
    whole = np.minimum(whole, most.sum(axis=0))
    steady = np.ones_like(grouped)
    groups = draw_parts(grouped, whole, layered.groups, steady, rng)
    found = np.empty((draws, *point.shape))
    for place, member in enumerate(members):
        errors = LayerErrors(layered.regions.off, layered.regions.a, layered.regions.spread[member])
        found[:, member] = draw_parts(
            point[member],
            groups[:, place],
            errors,
            doubt.wider[member],
            rng,
            layered.regions.pool(),
        )
    # a level that nobody has seen moves the sum, not the other regions
    unseen = doubt.level[None, :, None] * rng.standard_normal((draws, len(point), 1))
    found = np.minimum(found * np.exp(unseen), most)
    counts: Ints = np.floor(found + rng.random(found.shape)).astype(np.int64)
    return _fill_empty(counts, days, doubt.empty, rng)


def draw_whole(
    point: Floats, layered: Layered, wider: Floats, draws: int, rng: Generator
) -> Floats:
    """Return futures of the whole: (draws, horizon).

    Past error vectors, to either side, so that a drift of the past is not taken for one to come;
    spread as Student's t for as few independent errors as there are (a scale mixture).
    """
    pool = layered.whole.pool()
    off = pool[rng.integers(len(pool), size=draws)] * rng.choice((-1.0, 1.0), size=(draws, 1))
    free = np.maximum(layered.independent, 2.0)
    chance = rng.random(draws)
    scale = np.stack([_quantile_scale(chance, one) for one in free], axis=1)
    return from_scale(to_scale(point, layered.whole.a) + off * scale * wider, layered.whole.a)


def _quantile_scale(chance: Floats, free: float) -> Floats:
    """Return draws of sqrt(free / chi-square) by the Wilson-Hilferty cube: one chance, any free."""
    from statistics import NormalDist

    normal = np.array([NormalDist().inv_cdf(float(one)) for one in np.clip(chance, 1e-6, 1 - 1e-6)])
    chi = free * np.maximum(1 - 2 / (9 * free) + normal * np.sqrt(2 / (9 * free)), 0.25) ** 3
    return np.asarray(np.sqrt(free / chi))


def draw_parts(
    point: Floats,
    whole: Floats,
    errors: LayerErrors,
    wider: Floats,
    rng: Generator,
    pool: Floats | None = None,
) -> Floats:
    """Return futures of the parts that sum to the whole: (draws, parts, horizon).

    `point` and `wider` (parts, horizon), `whole` (draws, horizon).
    """
    pool = errors.pool() if pool is None else pool
    expected = point * (whole / np.maximum(point.sum(axis=0), 1e-9))[:, None]
    pick = rng.integers(len(pool), size=expected.shape[:2])
    off = pool[pick] * errors.spread[None, :, None] * wider * _undo(point)
    found = from_scale(to_scale(expected, errors.a) + off, errors.a)
    total = found.sum(axis=1)
    right = np.where(total > 0, whole / np.maximum(total, 1e-9), 1.0)
    return np.asarray(found * right[:, None])


def _undo(point: Floats) -> Floats:
    """Return by how much errors have to grow, as making parts sum to the whole shrinks them again.

    An error e of part i with share p becomes e_i - sum(p e): its variance falls by
    (1 - p_i)^2 + the sum of the other p^2. The mean of that over the parts: (horizon,).
    """
    share = point / np.maximum(point.sum(axis=0), 1e-9)
    left = (1 - share) ** 2 + (share**2).sum(axis=0) - share**2
    mean = left.mean(axis=0)
    return np.where(mean > 0, 1 / np.sqrt(np.maximum(mean, 1e-9)), 1.0) if len(point) > 1 else mean


def _fill_empty(counts: Ints, days: Floats, empty: Floats, rng: Generator) -> Ints:
    """Draw regions in which nothing ever came from what that still allows.

    Rate ~ Gamma(1/2, days seen): Jeffreys' posterior of a Poisson rate after no event.
    """
    for place in np.flatnonzero(np.isfinite(empty)):
        rate = rng.gamma(0.5, 1 / max(float(empty[place]), 1.0), size=(len(counts), 1))
        counts[:, place] = rng.poisson(rate * days)
    return counts
