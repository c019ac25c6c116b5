"""How one quantity is spread over people: counts in bins, which say nothing of anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.shares import FEWEST_SHOWN

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]
MISSING = 255  # the code of what is not known
OTHER = ""  # no level has an empty name
BINS = 10  # of equal size; with fewer a shift hides within one, with more chance fills them
PER_BIN = 10  # people at least that a bin of numbers is made for
MOST_LEVELS = 200  # of one input; codes are bytes


@dataclass(frozen=True)
class Spread:
    """Counts per bin, and how many were missing.

    Numbers have inner `edges`: a bin begins on its edge and ends before the next. Levels have names
    instead, the last of them empty: for those with fewer than 5, and any that is new.
    """

    counts: tuple[int, ...]
    missing: int
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """The number of people, with those of whom it is missing."""
        return sum(self.counts) + self.missing

    def code(self, values: Floats, keys: Sequence[str] = ()) -> Codes:
        """Return the bin of each value, MISSING for NaN; a level is its place among `keys`."""
        known = ~np.isnan(values)
        codes = np.full(len(values), MISSING, dtype=np.uint8)
        if not self.levels:
            codes[known] = np.searchsorted(self.edges, values[known], side="right")
            return codes
        places = {name: place for place, name in enumerate(self.levels)}
        bins = np.array([places.get(key, len(self.levels) - 1) for key in keys], dtype=np.uint8)
        codes[known] = bins[values[known].astype(np.int64)]
        return codes

    def count(self, codes: Codes) -> tuple[Floats, int]:
        """Return how many of these codes are in each bin, and how many are missing."""
        found = np.bincount(codes, minlength=MISSING + 1)
        return found[: len(self.counts)].astype(float), int(found[MISSING])


def spread_numbers(values: Floats) -> Spread:
    """Return how numbers are spread, in bins of about equal size; NaN is missing."""
    known = values[~np.isnan(values)]
    missing = _hide(len(values) - len(known))
    if len(known) < FEWEST_SHOWN:
        return Spread((0,), missing)
    bins = max(min(BINS, len(known) // PER_BIN), 1)
    cuts = np.quantile(known, np.arange(1, bins) / bins, method="higher")
    edges = sorted({float(f"{cut:.6g}") for cut in cuts})
    counts = _count(known, edges)
    while edges and min(counts) < FEWEST_SHOWN:
        place = int(np.argmin(counts))
        edges.pop(min(place, len(edges) - 1))
        counts = _count(known, edges)
    return Spread(tuple(counts), missing, edges=tuple(edges))


def _count(known: Floats, edges: list[float]) -> list[int]:
    places = np.searchsorted(edges, known, side="right")
    return [int(one) for one in np.bincount(places, minlength=len(edges) + 1)]


def spread_levels(values: Floats, keys: Sequence[str]) -> Spread:
    """Return how levels are spread, given as places among `keys`; NaN is missing."""
    known = values[~np.isnan(values)].astype(np.int64)
    found = np.bincount(known, minlength=len(keys))
    kept = [(key, int(n)) for key, n in zip(keys, found, strict=True) if n >= FEWEST_SHOWN]
    rest = _hide(len(known) - sum(n for _, n in kept))
    return Spread(
        (*(n for _, n in kept), rest),
        _hide(len(values) - len(known)),
        levels=(*(key for key, _ in kept), OTHER),
    )


def _hide(count: int) -> int:
    return count if count >= FEWEST_SHOWN else 0


def read_spread(raw: Mapping[str, Any]) -> Spread:
    """Return a spread from JSON; raises ValueError for what no training wrote."""
    spread = Spread(
        tuple(raw["counts"]),
        raw["missing"],
        tuple(float(edge) for edge in raw["edges"]),
        tuple(raw["levels"]),
    )
    numbers = (*spread.counts, spread.missing)
    bins = len(spread.levels) or len(spread.edges) + 1
    if not all(type(one) is int and (one == 0 or one >= FEWEST_SHOWN) for one in numbers):
        raise ValueError("a spread counts too few, or what cannot be counted")
    if len(spread.counts) != bins or bins > MOST_LEVELS or any(np.diff(spread.edges) <= 0):
        raise ValueError("the bins of a spread do not fit")
    if spread.levels and (spread.edges or spread.levels[-1] != OTHER):
        raise ValueError("the levels of a spread do not fit")
    if not all(isinstance(level, str) for level in spread.levels):
        raise ValueError("the levels of a spread are texts")
    return spread
