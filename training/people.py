"""Counting what became of earlier people, by estimates of a model that learnt nothing from them."""

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.cohort import Screenings, build_screenings
from features.tables import Extract
from models.heads import AdditiveHead
from models.people import (
    CELLS,
    FEWEST_PEOPLE,
    ROUNDED_TO,
    WIDEST,
    PeopleGroup,
    PeopleTable,
    find_cell,
)
from models.shares import bound_share
from models.usual import Sample, split_by_person
from training.splits import Windows, select_days

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Cells = NDArray[np.int64]
Fit = Callable[[Sample], AdditiveHead]
MOST_SCREENINGS = (
    30_000  # the newest: enough for every group, and who is older lived in other times
)


def count_earlier_people(
    extract: Extract, windows: Windows, fit: Fit, folds: int, seed: int
) -> PeopleTable:
    """Return what became of the people whose outcome is settled, screened before the windows end.

    Each is estimated by what `fit` learns from other people alone.
    """
    everything = build_screenings(extract, as_of=windows.known_until)
    settled = take_newest(select_days(everything, None, windows.test_until), MOST_SCREENINGS)
    sample = Sample.of(settled)
    estimated = np.zeros(len(sample))
    for held_out in split_by_person(sample.person, folds, seed):
        head = fit(sample.take(~held_out))
        estimated[held_out] = head.predict(sample.matrix[held_out])
    first: date = settled.screened_on.min().astype("datetime64[D]").astype(date)
    return count_people(estimated, sample, first, windows.test_until)


def take_newest(screenings: Screenings, most: int) -> Screenings:
    """Return the newest screenings, of whole days, so many or a few more."""
    if len(screenings) <= most:
        return screenings
    from_day = np.sort(screenings.screened_on)[-most]
    return screenings.select(screenings.screened_on >= from_day)


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


def describe_people(table: PeopleTable | None) -> list[str]:
    """Return the paragraphs of the card on what became of earlier people."""
    if table is None:
        return []
    lines = ["| estimate without support | answered | people | returned of 100 |"]
    lines.append("| --- | --- | --- | --- |")
    for g in table.groups:
        low, high, value, least, most = (
            f"{100 * one:.0f}"
            for one in (g.low, g.high, g.returned, g.returned_low, g.returned_high)
        )
        said = "yes" if g.answered else "no"
        lines.append(f"| {low} to {high} | {said} | {g.people:,} | {value} ({least} to {most}) |")
    return [
        "### What became of earlier people",
        f"Screened from {table.screened_from} until {table.screened_until}, estimated by what "
        f"others alone taught; 90 % intervals. Fewer than {FEWEST_PEOPLE} effective people within "
        f"{100 * WIDEST // CELLS} points have no number.",
        "\n".join(lines),
    ]
