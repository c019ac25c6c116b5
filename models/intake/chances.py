"""Chances of a step per region, drawn from what counts tell and do not tell.

Regions borrow from each other (a beta-binomial hierarchy): the chance of a region has a beta prior
around the chance of all, and the strength of that prior follows from how much regions differ beyond
lot. That difference is itself drawn, as few regions tell little of it.
"""

import numpy as np
from numpy.typing import NDArray

from models.intake.steps import Step

Floats = NDArray[np.float64]
STRONGEST = 1e7  # prior tries: regions are alike
WEAKEST = 2.0  # of one region nobody knows how others are: about as flat as a uniform prior
TINY = 1e-9


def draw_chances(step: Step, draws: int, rng: np.random.Generator) -> Floats:
    """Return chances of shape (draws, regions) from their posterior distribution.

    A region without tries gets what regions may differ by around the chance of all. A step that
    nobody tried gets a uniform chance: as wide as can be.
    """
    strength = draw_strength(step, draws, rng)[:, None]
    alike = 1 / (strength + 1)
    tells = (step.tried / (1 + np.maximum(step.tried - 1, 0) * alike)).sum(axis=1, keepdims=True)
    mean = _weigh(step, alike)
    centre = rng.beta(mean * tells + 0.5, (1 - mean) * tells + 0.5)
    centre = centre.clip(TINY, 1 - TINY)
    failed = step.tried - step.passed
    drawn = rng.beta(strength * centre + step.passed, strength * (1 - centre) + failed)
    return np.asarray(drawn.clip(TINY, 1 - TINY))


def _weigh(step: Step, alike: Floats) -> Floats:
    """Return the chance of all as each draw weighs regions: by what each tells of it."""
    if not step.tried.sum():
        return np.full((len(alike), 1), 0.5)
    weight = step.tried / (1 + np.maximum(step.tried - 1, 0) * alike)
    share = np.divide(step.passed, step.tried, out=np.zeros_like(step.passed), where=step.tried > 0)
    return np.asarray((weight * share).sum(axis=1, keepdims=True) / weight.sum(axis=1)[:, None])


def draw_strength(step: Step, draws: int, rng: np.random.Generator) -> Floats:
    """Return how many tries of its own the prior of a region is worth, once per draw.

    By the method of moments: the variance between regions follows from how far the chi-square of
    their shares lies over its degrees of freedom (Kleinman, JASA 1973; DerSimonian and Laird 1986).
    Each draw divides by another chi-square, so that few regions leave much open.
    """
    known = step.tried > 0
    count = int(known.sum())
    if count < 2:
        return np.full(draws, WEAKEST)
    tried, share = step.tried[known], step.passed[known] / step.tried[known]
    pooled = step.passed.sum() / step.tried.sum()
    lot = max(pooled * (1 - pooled), 0.5 / step.tried.sum())
    off = float((tried * (share - pooled) ** 2).sum() / lot)
    size = (tried.sum() - (tried**2).sum() / tried.sum()) / (count - 1)
    beyond = np.maximum(off / rng.chisquare(count - 1, draws) - 1, 0) / max(size, TINY)
    return np.asarray(np.clip(1 / np.maximum(beyond, 1 / STRONGEST) - 1, WEAKEST, STRONGEST))


def draw_delays(step: Step, draws: int, rng: np.random.Generator) -> Floats:
    """Return shares per month of delay, (draws, delays), from a Dirichlet distribution.

    It counts those who passed and one more, spread over the months in which somebody could pass:
    those up to the longest delay seen.
    """
    last = int(np.flatnonzero(step.delay)[-1])
    open_to = step.delay > 0
    if step.passed.sum() == 0 or open_to.sum() == 1:
        return np.tile(step.delay, (draws, 1))
    counts = step.delay * step.passed.sum() + (np.arange(len(step.delay)) <= last) * open_to * 0.01
    drawn = np.where(open_to, rng.standard_gamma(np.maximum(counts, TINY), (draws, len(counts))), 0)
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))
