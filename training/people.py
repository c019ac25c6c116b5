"""Counting what became of earlier people, by estimates of a model that learnt nothing from them."""

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.heads import NINETY_PERCENT
from models.people import (
    CELLS,
    FEWEST_PEOPLE,
    ROUNDED_TO,
    WIDEST,
    PeopleGroup,
    PeopleTable,
    find_cell,
)
from models.usual import Sample

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Cells = NDArray[np.int64]


def count_people(
    estimated: Floats, sample: Sample, screened_from: date, screened_until: date
) -> PeopleTable:
    """Return what became of people whose outcome is known, weighted to stand for all of them.

    `estimated` must come from a model that learnt nothing from them.
    """
    cells = np.array([find_cell(p) for p in estimated.tolist()], dtype=np.int64)
    # of a contract without questions nobody answered
    is_blank = np.isnan(sample.matrix[:, list(sample.contract.answers)]).all(axis=1)
    groups = [
        group
        for answered in (True, False)
        for group in _group(cells, sample, is_blank != answered, answered=answered)
    ]
    return PeopleTable(screened_from, screened_until, tuple(groups))


def _group(cells: Cells, sample: Sample, rows: Bools, *, answered: bool) -> Iterator[PeopleGroup]:
    """Yield groups of neighbouring cells from low to high, each no wider than it needs to be."""

    def take(first: int, end: int) -> Sample:
        return sample.take(rows & (cells >= first) & (cells < end))

    for first, end in _pool(lambda a, b: count_effective(take(a, b))):
        part = take(first, end)
        share = float(np.average(part.target, weights=part.weight))
        low, high = bound_share(share, count_effective(part))
        people = len(np.unique(part.person))
        yield PeopleGroup(
            answered=answered,
            low=first / CELLS,
            high=end / CELLS,
            people=people - people % ROUNDED_TO,
            returned=round(share, 2),
            returned_low=round(low, 2),
            returned_high=round(high, 2),
        )


def _pool(count: Callable[[int, int], float]) -> list[tuple[int, int]]:
    """Return ranges of cells with enough people; a cell that stays alone joins the range below."""
    found: list[tuple[int, int]] = []
    first = 0
    while first < CELLS:
        if not count(first, first + 1):  # a range tells where its people are, and no further
            first += 1
            continue
        ends = range(first + 1, min(first + WIDEST, CELLS) + 1)
        end = next((e for e in ends if count(first, e) >= FEWEST_PEOPLE), None)
        if end is not None:
            found.append((first, end))
        elif found and found[-1][1] == first and first < found[-1][0] + WIDEST:
            found[-1] = (found[-1][0], first + 1)
        first = end or first + 1
    return found


def count_effective(part: Sample) -> float:
    """Return for how many people of equal weight these stand; a person counts once (Kish)."""
    if not len(part):
        return 0.0
    _, place = np.unique(part.person, return_inverse=True)
    weight = np.bincount(place, weights=part.weight)
    return float(weight.sum() ** 2 / (weight**2).sum())


def bound_share(share: float, count: float) -> tuple[float, float]:
    """Return the 90 % interval of a share among so many people, by Wilson's score."""
    z = NINETY_PERCENT
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * (share * (1 - share) / count + (z / (2 * count)) ** 2) ** 0.5
    return max(middle - half, 0.0), min(middle + half, 1.0)
