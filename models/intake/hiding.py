"""Counts that are told, and those that are not: no small one, and none that follows from others.

A table with its totals is a network: each count is an edge, each sum a node that what comes in
leaves again. What an outsider can still work out of a hidden count is then the least and the most
flow that its edge can have (Cox, Journal of the American Statistical Association 90, 1995), and the
cheapest counts to hide beside it lie on a shortest path. Whole numbers stay whole in a network, so
these bounds are exact: nobody who adds and subtracts what is told comes closer.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf, log1p

import numpy as np
from numpy.typing import NDArray

from models.shares import FEWEST_SHOWN

WIDTH = FEWEST_SHOWN - 1  # how many other values a hidden count can have at least
LEAST = 1  # a count of nobody is told: whoever sees a hidden one knows that it is not 0
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Arc = tuple[int, int]  # an edge, and whether its flow rises (1) or falls (-1)


@dataclass(frozen=True)
class Count:
    """One count of a table: what it is part of (`tail`), and what it adds to (`head`)."""

    value: int
    tail: Hashable
    head: Hashable


def find_hidden(counts: Sequence[Count]) -> Bools:
    """Return which counts to hide: those under five, and as few others as it takes.

    What goes into each node has to come out of it. Each hidden count under five keeps at least
    `WIDTH` other values that agree with all that is told.
    """
    found = _Network(counts)
    small = [place for place, one in enumerate(counts) if 0 < one.value < FEWEST_SHOWN]
    found.hidden.update(small)
    for place in sorted(small, key=lambda place: counts[place].value):
        found.protect(place)
    return np.array([place in found.hidden for place in range(len(counts))], bool)


class _Network:
    """The counts that are not nought, which of them are hidden, and how these may vary."""

    def __init__(self, counts: Sequence[Count]) -> None:
        self.counts = counts
        self.hidden: set[int] = set()
        self._out: dict[Hashable, list[int]] = {}
        self._in: dict[Hashable, list[int]] = {}
        for place, one in enumerate(counts):
            if one.value > 0:
                self._out.setdefault(one.tail, []).append(place)
                self._in.setdefault(one.head, []).append(place)

    def protect(self, target: int) -> None:
        """Hide as much as it takes to leave a hidden count enough other values."""
        while True:
            width, moved = self._measure(target, 1)
            if width < WIDTH:
                more, fallen = self._measure(target, -1)
                width += more
            if width >= WIDTH:
                return
            path = self._find_cheapest(target, 1, moved) or self._find_cheapest(target, -1, fallen)
            self.hidden.update(place for place, _ in path)

    def _measure(self, target: int, sign: int) -> tuple[int, dict[int, int]]:
        """Return by how much a count can rise or fall, up to `WIDTH`, and what else moves then."""
        moved: dict[int, int] = {}
        most = WIDTH if sign > 0 else min(WIDTH, self.counts[target].value - LEAST)
        for step in range(most):
            path = self._find_path(target, sign, moved)
            if path is None:
                return step, moved
            for place, way in path:
                moved[place] = moved.get(place, 0) + way
        return most, moved

    def _find_path(self, target: int, sign: int, moved: dict[int, int]) -> list[Arc] | None:
        """Return hidden counts that can make up for a change of the target; None where none can."""
        start, goal = self._ends(target, sign)
        came: dict[Hashable, tuple[Hashable, Arc] | None] = {start: None}
        queue = deque([start])
        while queue:
            node = queue.popleft()
            if node == goal:
                return _walk_back(came, goal)
            for place, way, after in self._leave(node, target, moved):
                if place in self.hidden and after not in came:
                    came[after] = (node, (place, way))
                    queue.append(after)
        return None

    def _find_cheapest(self, target: int, sign: int, moved: dict[int, int]) -> list[Arc]:
        """Return the counts, hidden or told, that can make up for a change at the least loss.

        A large count is a greater loss than a small one, and two are a greater one than one.
        """
        start, goal = self._ends(target, sign)
        came: dict[Hashable, tuple[Hashable, Arc] | None] = {start: None}
        cost: dict[Hashable, float] = {start: 0.0}
        heap: list[tuple[float, int, Hashable]] = [(0.0, 0, start)]
        ranks = 0
        while heap:
            so_far, _, node = heappop(heap)
            if node == goal:
                return _walk_back(came, goal)
            if so_far > cost[node]:
                continue
            for place, way, after in self._leave(node, target, moved):
                lost = 0.0 if place in self.hidden else 1 + log1p(self.counts[place].value)
                if so_far + lost < cost.get(after, inf):
                    cost[after], came[after] = so_far + lost, (node, (place, way))
                    ranks += 1
                    heappush(heap, (so_far + lost, ranks, after))
        return []

    def _ends(self, target: int, sign: int) -> tuple[Hashable, Hashable]:
        one = self.counts[target]
        return (one.head, one.tail) if sign > 0 else (one.tail, one.head)

    def _leave(
        self, node: Hashable, target: int, moved: dict[int, int]
    ) -> Iterable[tuple[int, int, Hashable]]:
        """Yield the counts that can take what is too much at a node, and where it goes then."""
        for place in self._out.get(node, ()):
            if place != target:
                yield place, 1, self.counts[place].head
        for place in self._in.get(node, ()):
            left = self.counts[place].value + moved.get(place, 0)
            if place != target and left > LEAST:
                yield place, -1, self.counts[place].tail


def _walk_back(came: dict[Hashable, tuple[Hashable, Arc] | None], goal: Hashable) -> list[Arc]:
    path = []
    step = came[goal]
    while step is not None:
        node, arc = step
        path.append(arc)
        step = came[node]
    return path


@dataclass(frozen=True)
class Told:
    """A table of counts with its totals, None where one is hidden.

    `rows` has shape (rows, columns), `row_totals` (rows, blocks), `totals` (columns,) and
    `block_totals` (blocks,).
    """

    rows: list[list[int | None]]
    row_totals: list[list[int | None]]
    totals: list[int | None]
    block_totals: list[int | None]


def hide_table(counts: Ints, blocks: Sequence[Hashable] | None = None) -> Told:
    """Return a table with its totals, all safe against adding and subtracting.

    `counts` has shape (rows, columns). `blocks` names the block of each column, as the year of a
    month; columns of a block stand together, and without it all are of one. The totals of a row
    are per block, and so is the total of all rows.
    """
    named = [0] * counts.shape[1] if blocks is None else list(blocks)
    order = list(dict.fromkeys(named))
    edges = list(_list_edges(np.asarray(counts, np.int64), named, order))
    hidden = find_hidden([one for _, one in edges])
    told = {
        key: None if gone else one.value for (key, one), gone in zip(edges, hidden, strict=True)
    }
    rows, columns = range(counts.shape[0]), range(counts.shape[1])
    return Told(
        [[told["cell", r, c] for c in columns] for r in rows],
        [[told["row", r, b] for b in order] for r in rows],
        [told["column", None, c] for c in columns],
        [told["block", None, b] for b in order],
    )


Key = tuple[str, int | None, Hashable]


def _list_edges(
    counts: Ints, blocks: Sequence[Hashable], order: Sequence[Hashable]
) -> Iterable[tuple[Key, Count]]:
    """Yield every count: from all, to a row in a block, to a column, to a block, and back to all.

    The totals over all blocks are not told, but follow from those of the blocks.
    """
    member = np.array([[one == block for one in blocks] for block in order], np.int64)
    per_row, per_column = counts @ member.T, counts.sum(axis=0)
    for (r, c), value in np.ndenumerate(counts):
        yield ("cell", r, c), Count(int(value), ("row", r, blocks[c]), ("column", c))
    for (r, place), value in np.ndenumerate(per_row):
        yield ("row", r, order[place]), Count(int(value), "all", ("row", r, order[place]))
    for c, value in enumerate(per_column):
        yield ("column", None, c), Count(int(value), ("column", c), ("block", blocks[c]))
    for place, value in enumerate(per_row.sum(axis=0)):
        yield ("block", None, order[place]), Count(int(value), ("block", order[place]), "all")
