"""Parts that do not add up, and rows that are a copy of the month before."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from features.entry_table import Defect, EntryTable, Floats

Mask = NDArray[np.bool_]
TOLERATED = 0.02  # of entered: parts may be rounded, or told on another day
TOLERATED_COUNT = 2
EXACT = 0.95  # where so many rows add up to the person, all of them should
TELLING = 20  # below it, equal counts are nothing special
FEWEST = 3  # regions before "nearly all" means something
MOST = 0.5
CHANCE = 1e-5  # of a copy of the month before by accident: with thousands of rows it still is none


def find_broken_splits(table: EntryTable) -> list[Defect]:
    """Return where the parts do not add up to entered, or equal each other in most regions."""
    if not table.parts:
        return []
    entered = table.get_counts()
    parts = [table.get_counts(name) for name in table.parts]
    apart = np.abs(sum(parts) - entered)
    known = ~np.isnan(apart)
    is_exact = (apart == 0).sum() > EXACT * known.sum()
    wrong = known & (apart > (0 if is_exact else np.maximum(TOLERATED * entered, TOLERATED_COUNT)))
    if wrong.sum() > MOST * known.sum():
        text = "the parts hardly ever add up to entered: is a part missing, or do they overlap?"
        return [Defect("split", "", "", text)]
    equal = _find_equal(parts, entered)
    found: list[Defect] = []
    for period in np.flatnonzero(wrong.any(axis=0) | equal.any(axis=0)).tolist():
        found += _tell_split(table, period, wrong[:, period], equal[:, period], known[:, period])
    return found


def _find_equal(parts: list[Floats], entered: Floats) -> Mask:
    """Return where two parts are equal to the person, in periods in which most regions have it."""
    equal = np.zeros(entered.shape, dtype=bool)
    for one, other in combinations(parts, 2):
        telling = (entered >= TELLING) & (one > 0)
        same = telling & (one == other)
        most = same.sum(axis=0) > np.maximum(MOST * telling.sum(axis=0), FEWEST - 1)
        equal |= same & most
    return equal


def _tell_split(
    table: EntryTable, period: int, wrong: Mask, equal: Mask, known: Mask
) -> Iterator[Defect]:
    month, total = table.months[period], int(known.sum())
    broken = wrong | equal
    if broken.sum() >= FEWEST and broken.sum() > MOST * total:
        told = []
        if equal.any():
            told.append(f"two parts equal each other in {int(equal.sum())} of {total} regions")
        if wrong.any():
            told.append(f"the parts do not add up to entered in {int(wrong.sum())} of {total}")
        text = f"{', and '.join(told)}: entered itself may be right"
        yield Defect("split", "", month, text)
        return
    for region in np.flatnonzero(wrong):
        text = "the parts do not add up to entered"
        yield Defect("split", table.regions[region], month, text)


def find_copies(table: EntryTable) -> list[Defect]:
    """Return the periods of which every count is that of the period before, to the person."""
    counts = np.stack([table.get_counts(name) for name in table.numbers])
    known = ~np.isnan(counts)
    equal = (counts[..., 1:] == counts[..., :-1]) | ~(known[..., 1:] | known[..., :-1])
    telling = counts[0] >= TELLING
    same = np.zeros(telling.shape, dtype=bool)
    same[:, 1:] = equal.all(axis=0)
    same &= telling
    rare = _find_chance(table, counts) < CHANCE
    found = []
    for period in np.flatnonzero(same.any(axis=0)).tolist():
        here, month = same[:, period], table.months[period]
        if here.sum() >= FEWEST and here.sum() > MOST * telling[:, period].sum():
            text = f"{int(here.sum())} regions have exactly the counts of the month before"
            found.append(Defect("copied", "", month, text))
            continue
        text = "every count is that of the month before"
        for region in np.flatnonzero(here & rare[:, period]):
            found.append(Defect("copied", table.regions[region], month, text))
    return found


def _find_chance(table: EntryTable, counts: Floats) -> Floats:
    """Return how likely all counts of a row are those of the row before by chance.

    Two Poisson counts with the same mean m are equal with a chance of about 1 / (2 sqrt(pi m)). The
    last part follows from the others.
    """
    last = table.parts[-1:]
    free = np.array([name not in last for name in table.numbers])
    equal = 1 / (2 * np.sqrt(np.pi * np.maximum(np.nan_to_num(counts[free]), 1)))
    chance: Floats = equal.prod(axis=0)
    return chance
