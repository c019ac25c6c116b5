"""Rows of two regions that changed places in a period: each fits the history of the other."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from features.entry_levels import Levels, find_levels
from features.entry_table import PART, Defect, EntryTable, Floats

# on the public SSA file the one swap that is known scores 3.7, and no other pair above 1.2; with no
# more than entered and its parts it scores 2.8, and no other above 1.8
BETTER = 2.0
MISFIT = 2.0  # standard deviations, over all columns, that a row is away from its own history
MISFIT_OF_ONE = 5.0  # where there is one column only: it must tell what many would
FIT = 2.5  # and may be away from that of the other
FURTHEST = 10.0  # so that one wild column does not decide for all


def find_swaps(table: EntryTable) -> list[Defect]:
    """Return pairs of rows that fit each other's history far better than their own.

    Compared over all columns of counts at once: two regions of a size differ in their parts.
    """
    levels = list(_list_levels(table))
    own = _measure(np.stack([one.away for one in levels]))
    misfit = max(MISFIT, MISFIT_OF_ONE / np.sqrt(len(levels)))
    found = []
    for period in np.flatnonzero((own > misfit).sum(axis=0) >= 2).tolist():
        suspects = np.flatnonzero(own[:, period] > misfit).tolist()
        for score, one, other in _score_pairs(levels, own, suspects, period):
            found.append((score, period, one, other))
    named: list[tuple[int, int, int]] = []
    used: set[tuple[int, int]] = set()
    for _, period, one, other in sorted(found, reverse=True):
        if not used & {(period, one), (period, other)}:
            used |= {(period, one), (period, other)}
            named.append((period, one, other))
    return [_tell(table, *each) for each in sorted(named)]


def _list_levels(table: EntryTable) -> Iterator[Levels]:
    """Yield every column per day, and per person who entered what is a share of them."""
    entered = table.get_counts()
    for name in table.numbers:
        counts = table.get_counts(name)
        yield find_levels(counts, table.days)
        if name.startswith((PART, "off_")):
            yield find_levels(counts, np.maximum(entered, 1))


def _score_pairs(
    levels: list[Levels], own: Floats, suspects: list[int], period: int
) -> Iterator[tuple[float, int, int]]:
    for one, other in combinations(suspects, 2):
        places = np.array([one, other])
        crossed = np.stack(
            [
                (each.seen[places[::-1], period] - each.level[places, period])
                / each.error[places, period]
                for each in levels
            ]
        )
        worst = float(_measure(crossed).max())
        score = float(own[places, period].min()) / max(worst, 0.5)
        if worst < FIT and score > BETTER:
            yield score, one, other


def _measure(away: Floats) -> Floats:
    """Return the root of the mean square over columns, the first axis; NaN counts for nothing."""
    known = ~np.isnan(away)
    squares = np.where(known, np.clip(away, -FURTHEST, FURTHEST) ** 2, 0)
    mean: Floats = np.sqrt(squares.sum(axis=0) / np.maximum(known.sum(axis=0), 1))
    return mean


def _tell(table: EntryTable, period: int, one: int, other: int) -> Defect:
    first, second = table.regions[one], table.regions[other]
    text = (
        "their rows look swapped: each fits the months around it of the other better than its own. "
        "Look them up at the source, and give each the other's counts back"
    )
    return Defect("swapped", first, table.months[period], text, (second,))
