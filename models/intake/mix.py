"""What the intake to come is made of: bands of gain and of score, suggestions, limits on gain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.intake.faults import IntakeError

Floats = NDArray[np.float64]
LOW, HIGH = 0.025, 0.975
STRONGEST, WEAKEST = 1e6, 4.0  # cases that the mix of all regions counts for in one region
BORROWED = 50.0  # cases that the shares of all count for in the table of limits of one region


@dataclass(frozen=True)
class Mix:
    """Counts of recent screenings per region; the last axis runs over bands, keys or limits.

    `gain_edges` and `score_edges` are one longer than their bands. `refer` counts how many of
    `screened` would be suggested for support at each of `limits` on the gain, which rise;
    `gain_from` is the limit that holds, of all or of each region. Any of the parts may be empty.
    """

    gain_edges: tuple[float, ...] = ()
    gains: Floats | None = None
    score_edges: tuple[float, ...] = ()
    scores: Floats | None = None
    suggestions: tuple[str, ...] = ()
    suggested: Floats | None = None
    limits: tuple[float, ...] = ()
    refer: Floats | None = None
    screened: Floats | None = None
    gain_from: float | tuple[float, ...] | None = None

    def find_shares(self, gain_from: float | Sequence[float]) -> Floats:
        """Return the share per region that is suggested for support at a limit on the gain.

        The limit is one for all regions, or one of each.

        Between two limits of the table it goes straight; regions with few cases lean on all.
        Raises IntakeError where there is no table, or the limit lies outside it.
        """
        if self.refer is None or self.screened is None or not self.limits:
            raise IntakeError("gain_from: no table of limits was kept, so it cannot be tried")
        asked = np.broadcast_to(np.asarray(gain_from, float), len(self.refer))
        if not self.limits[0] <= asked.min() <= asked.max() <= self.limits[-1]:
            raise IntakeError(
                f"gain_from: expected {self.limits[0]:g} to {self.limits[-1]:g}, as the table has"
            )
        pooled = self.refer.sum(axis=0) / max(self.screened.sum(), 1.0)
        lent = (self.refer + BORROWED * pooled) / (self.screened + BORROWED)[:, None]
        pairs = zip(asked, lent, strict=True)
        return np.array([np.interp(limit, self.limits, row) for limit, row in pairs])

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        plain: dict[str, Any] = {}
        for name, value in vars(self).items():
            plain[name] = value.tolist() if isinstance(value, np.ndarray) else value
        return plain

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Mix":
        """Return what `to_plain` wrote."""
        parts: dict[str, Any] = {
            name: None if plain.get(name) is None else np.asarray(plain[name], float)
            for name in ("gains", "scores", "suggested", "refer", "screened")
        }
        for name in ("gain_edges", "score_edges", "suggestions", "limits"):
            parts[name] = tuple(plain.get(name, ()))
        held = plain.get("gain_from")
        return cls(**parts, gain_from=tuple(held) if isinstance(held, list) else held)


def tell_mix(mix: Mix, coming: Floats, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return the expected mix of the intake to come, first of all regions, then of each.

    `coming` are screenings expected, (draws, regions). Each part is a share with a 95 % interval.
    """
    told: list[dict[str, Any]] = [{} for _ in range(coming.shape[1] + 1)]
    for name, counts, edges in (
        ("bands", mix.gains, mix.gain_edges),
        ("scores", mix.scores, mix.score_edges),
    ):
        if counts is None:
            continue
        for place, rows in enumerate(_tell_shares(counts, coming, rng)):
            bands = zip(edges[:-1], edges[1:], rows, strict=True)
            told[place][name] = [{"from": low, "to": high} | row for low, high, row in bands]
    if mix.suggested is not None:
        for place, rows in enumerate(_tell_shares(mix.suggested, coming, rng)):
            told[place]["suggestions"] = dict(zip(mix.suggestions, rows, strict=True))
    return told


def _tell_shares(
    counts: Floats, coming: Floats, rng: np.random.Generator
) -> list[list[dict[str, float]]]:
    shares = draw_shares(counts, len(coming), rng)
    number = np.maximum(np.rint(coming), 1).astype(np.int64)
    drawn = rng.multinomial(number, shares).astype(float)
    whole = drawn.sum(axis=1)
    parts = [whole / whole.sum(axis=1, keepdims=True)]
    parts += [drawn[:, r] / number[:, r, None] for r in range(counts.shape[0])]
    return [_tell(part) for part in parts]


def _tell(share: Floats) -> list[dict[str, float]]:
    low, high = np.quantile(share, (LOW, HIGH), axis=0)
    rows = zip(share.mean(axis=0), low, high, strict=True)
    return [
        {"mean": round(float(m), 5), "low": round(float(a), 5), "high": round(float(b), 5)}
        for m, a, b in rows
    ]


def draw_shares(counts: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Return shares per region, (draws, regions, kinds), that add up to 1.

    A Dirichlet distribution around the shares of all regions; how strongly it holds them there
    follows from how much regions differ beyond lot, by moments (Mosimann, Biometrika 1962).
    """
    size, kinds = counts.sum(axis=1), counts.shape[1]
    pooled = (counts.sum(axis=0) + 0.5) / (counts.sum() + 0.5 * kinds)
    strength = _draw_strength(counts, size, pooled, draws, rng)[:, None, None]
    centre = rng.standard_gamma(counts.sum(axis=0) + 0.5, (draws, 1, kinds))
    centre = centre / centre.sum(axis=2, keepdims=True)
    drawn = rng.standard_gamma(np.maximum(strength * centre + counts, 1e-3))
    return np.asarray(drawn / drawn.sum(axis=2, keepdims=True))


def _draw_strength(
    counts: Floats, size: Floats, pooled: Floats, draws: int, rng: np.random.Generator
) -> Floats:
    known = size > 0
    free = (int(known.sum()) - 1) * (len(pooled) - 1)
    if free < 1:
        return np.full(draws, WEAKEST)
    share = counts[known] / size[known, None]
    off = (size[known, None] * (share - pooled) ** 2 / pooled).sum()
    unit = (size.sum() - (size**2).sum() / size.sum()) / (known.sum() - 1)
    beyond = np.maximum(off / rng.chisquare(free, draws) - 1, 0) / max(float(unit), 1e-9)
    return np.asarray(np.clip(1 / np.maximum(beyond, 1 / STRONGEST) - 1, WEAKEST, STRONGEST))
