"""How wrong forecasts were in the past, layer by layer, on a scale that fits counts.

The whole is measured by itself; groups given the whole that came, regions given their group. So
what hits all regions at once counts once, and the parts can be drawn apart and put together.
Scale: `to_scale`, the variance-stabilising transform of a count whose variance is m + a^2 m^2
(Laubscher 1961, Annals of Mathematical Statistics 32, 1105-1111): like the square root for small
counts, like the logarithm for large ones.
"""

from dataclasses import dataclass

import numpy as np

from models.intake.jumps import Jump, find_jumps, leave_out
from models.intake.panel import Floats, Ints

LEAST_A, MOST_A = 0.02, 0.5
MOST_SCALE = 30.0  # far beyond any count: keeps a wild error from becoming infinite
SHIFT = 0.375  # Anscombe's, for counts near nought
ENOUGH = 6  # origins that tell how large errors are at a horizon; with fewer, nearer ones tell
OWN_WEIGHT = 4.0  # so many independent errors of its own weigh as much as those of all together


@dataclass(frozen=True)
class LayerErrors:
    """Errors of one layer, given the layer above it.

    `off` (origins, parts, horizon), NaN where what came is not known; `a` of the scale; `spread`
    (parts,) is how large the errors of a part are beside those of all.
    """

    off: Floats
    a: float
    spread: Floats
    jumps: tuple[Jump, ...] = ()

    def pool(self) -> Floats:
        """Return the errors of all parts on one footing, as whole vectors: (vectors, horizon)."""
        scaled = self.off / self.spread[None, :, None]
        flat = scaled.reshape(-1, scaled.shape[2])
        flat = flat[np.isfinite(flat).any(axis=1)]
        if not len(flat):
            return np.zeros((1, self.off.shape[2]))
        return complete(flat, find_spread(self.off))


def to_scale(count: Floats, a: float) -> Floats:
    """Return counts on the scale on which errors of small and large ones are alike."""
    return np.asarray(2 / a * np.arcsinh(a * np.sqrt(np.maximum(count, 0.0) + SHIFT)))


def from_scale(value: Floats, a: float) -> Floats:
    """Return counts from the scale of `to_scale`, never below nought."""
    root = np.sinh(np.clip(a * value / 2, 0.0, MOST_SCALE)) / a
    return np.asarray(np.maximum(root**2 - SHIFT, 0.0))


def measure(came: Floats, expected: Floats) -> LayerErrors:
    """Return the errors of a layer from (origins, parts, horizon) of what came and was expected."""
    a = _find_a(came[:, :, :1], expected[:, :, :1])
    off = to_scale(came, a) - to_scale(expected, a)
    kept = leave_out(off)
    return LayerErrors(kept, a, _find_spread(kept), find_jumps(off))


def given(expected: Floats, above: Floats, came_above: Floats, members: list[Ints]) -> Floats:
    """Return what was expected of the parts had the layer above been known.

    `above` and `came_above`: (origins, groups, horizon); `members` the parts of each group.
    """
    found = expected.copy()
    for place, member in enumerate(members):
        right = came_above[:, place] / np.maximum(above[:, place], 1e-9)
        found[:, member] = expected[:, member] * right[:, None]
    return found


def _find_a(came: Floats, expected: Floats) -> float:
    """Return by how much variances of the next period exceed chance, relative to the mean."""
    known = np.isfinite(came) & np.isfinite(expected) & (expected > 0)
    if not known.any():
        return LEAST_A
    more = ((came - expected)[known] ** 2 - expected[known]) / expected[known] ** 2
    # 0.455: the median of a squared standard normal error
    return float(np.clip(np.sqrt(max(float(np.median(more)) / 0.455, 0.0)), LEAST_A, MOST_A))


def _find_spread(off: Floats) -> Floats:
    """Return the size of each part's errors beside those of all, held to 1 by what is few."""
    square = off**2
    if not np.isfinite(square).any():
        return np.ones(off.shape[1])
    usual = np.sqrt(_mean(square, (0, 1)))[None, None]
    relative = np.minimum(square / np.maximum(usual, 1e-9) ** 2, 25.0)
    # errors over a horizon overlap: origins / horizon tells how many are independent
    count = np.isfinite(relative).sum(axis=(0, 2)) / off.shape[2] / max(off.shape[2] / 2, 1.0)
    own = np.where(count > 0, _mean(relative, (0, 2)), 1.0)
    return np.asarray(np.sqrt((OWN_WEIGHT + count * own) / (OWN_WEIGHT + count)))


def _mean(values: Floats, axes: tuple[int, int]) -> Floats:
    known = np.isfinite(values)
    return np.asarray(
        np.where(known, values, 0.0).sum(axis=axes) / np.maximum(known.sum(axis=axes), 1)
    )


def complete(off: Floats, spread: Floats) -> Floats:
    """Return error vectors (vectors, horizon) without gaps: the error before, grown to size.

    `spread` (horizon,) is the usual size at each horizon. A gap at the front takes what follows.
    """
    found = off / spread
    for step in range(1, found.shape[1]):
        found[:, step] = np.where(np.isfinite(found[:, step]), found[:, step], found[:, step - 1])
    for step in range(found.shape[1] - 2, -1, -1):
        found[:, step] = np.where(np.isfinite(found[:, step]), found[:, step], found[:, step + 1])
    return np.asarray(found * spread)


def find_spread(off: Floats) -> Floats:
    """Return the usual size of errors at each horizon; where unknown, grown with its root."""
    horizon = np.arange(1, off.shape[-1] + 1)
    flat = off.reshape(-1, off.shape[-1])
    count = np.isfinite(flat).sum(axis=0)
    size = np.sqrt(np.where(np.isfinite(flat), flat**2, 0.0).sum(axis=0) / np.maximum(count, 1))
    origins = np.isfinite(off).any(axis=1).sum(axis=0) if off.ndim == 3 else count
    known = np.flatnonzero((origins >= min(ENOUGH, origins.max(initial=1))) & (size > 0))
    if not known.size:
        return np.ones(len(horizon))
    near = known[np.abs(horizon[:, None] - horizon[known][None]).argmin(axis=1)]
    return np.asarray(size[near] * np.sqrt(horizon / horizon[near]))
