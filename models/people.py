"""What became of earlier people with about the same estimate: counts that name nobody.

They are grouped by their estimate without support, apart for who answered the questionnaire and who
did not. A group holds so many people that a share of them says something, and nothing of one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

FEWEST_PEOPLE = 100  # of fewer the interval of a share is wider than 16 points
CELLS = 20  # of 5 points each: nobody tells estimates apart that are nearer than that
WIDEST = 4  # cells in a group: people further apart than 20 points are not alike
ROUNDED_TO = 10  # people: with one more or one less, a group mostly looks the same
_NEARLY = 1e-9  # 0.15 * 20 is less than 3 for a computer


@dataclass(frozen=True)
class PeopleGroup:
    """Earlier people whose estimate without support was from `low` up to `high`.

    `people` is rounded down to tens. `returned` is the share that returned on the usual course, to
    whole points, with a 90 % interval.
    """

    answered: bool
    low: float
    high: float
    people: int
    returned: float
    returned_low: float
    returned_high: float


@dataclass(frozen=True)
class PeopleTable:
    """Groups of earlier people, screened from a day until before another."""

    screened_from: date
    screened_until: date
    groups: tuple[PeopleGroup, ...]

    def find(self, p_usual: float, *, answered: bool) -> PeopleGroup | None:
        """Return the group of an estimate, None where too few people are like it."""
        middle = (find_cell(p_usual) + 0.5) / CELLS
        alike = (g for g in self.groups if g.answered == answered and g.low < middle < g.high)
        return next(alike, None)

    def plain(self) -> dict[str, Any]:
        """Return the table as JSON holds it."""
        groups = [vars(group) for group in self.groups]
        days = (self.screened_from.isoformat(), self.screened_until.isoformat())
        return {"screened_from": days[0], "screened_until": days[1], "groups": groups}


def find_cell(p_usual: float) -> int:
    """Return the cell of an estimate: 0 is the lowest."""
    return min(max(int(p_usual * CELLS + _NEARLY), 0), CELLS - 1)


def read_people(raw: Mapping[str, Any] | None) -> PeopleTable | None:
    """Return a table from JSON, None where the release counted nobody.

    Raises ValueError, or another error of foreign content, for what no training wrote.
    """
    if raw is None:
        return None
    table = PeopleTable(
        screened_from=date.fromisoformat(raw["screened_from"]),
        screened_until=date.fromisoformat(raw["screened_until"]),
        groups=tuple(PeopleGroup(**one) for one in raw["groups"]),
    )
    if not _is_whole(table):
        raise ValueError("groups of people overlap, are too small, or hold no shares")
    return table


def _is_whole(table: PeopleTable) -> bool:
    rows = [(g.answered, round(g.low * CELLS), round(g.high * CELLS)) for g in table.groups]
    apart = all(a[2] <= b[1] for a, b in pairwise(rows) if a[0] == b[0])
    ordered = [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)
    return apart and ordered and all(_is_group(g) for g in table.groups)


def _is_group(g: PeopleGroup) -> bool:
    cells = (g.low * CELLS, g.high * CELLS)
    return (
        type(g.answered) is bool
        and type(g.people) is int
        and g.people >= FEWEST_PEOPLE
        and 0 <= g.low < g.high <= 1
        and all(abs(cell - round(cell)) < _NEARLY for cell in cells)
        and 0 <= g.returned_low <= g.returned <= g.returned_high <= 1
    )
