"""Boosted trees as tables, for many rows: contributions are looked up instead of computed anew.

What a tree adds to a row, and why, depends on nothing but the side that each of its splits sends
the row to. A tree of few leaves has few such patterns: LightGBM itself says once what each of them
contributes, and a row then costs a look-up per field of the tree. The numbers are LightGBM's own,
added up in the order of the trees.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from features.matrix import Matrix
from models.heads import TreeHead
from models.screening import ScreeningModel
from models.trees import Trees, list_tree_texts

Floats = NDArray[np.float64]
Codes = NDArray[np.uint16]
MOST_SPLITS = 8  # 256 patterns: what stays in the nearest cache
ROWS_AT_A_TIME = 8192  # of one block: codes and sums stay in the second cache
CHECKED = 200  # made-up rows on which tables must say what the trees say
TOLERANCE = 1e-12
_CATEGORICAL, _DEFAULT_LEFT, _MISSING_NONE, _MISSING_NAN = 1, 2, 0, 2  # of LightGBM's tree.h


@dataclass(frozen=True)
class Split:
    """A split of a tree: a value of at most `cut` goes left, a missing one where it was learnt."""

    feature: int
    cut: float
    misses_left: bool


@dataclass(frozen=True)
class Table:
    """One tree: `values` has a row per field of `columns`, and a column per pattern of `splits`.

    A split is the place of its codes and the highest code that goes left; the first one is the
    highest bit of the pattern. `leaves` is what the tree predicts for each pattern.
    """

    splits: tuple[tuple[int, int], ...]
    columns: tuple[int, ...]
    values: Floats
    leaves: Floats


class TabulatedTrees(Trees):
    """The same trees, with contributions from tables: made once, worth it for thousands of rows."""

    def __init__(self, text: str) -> None:
        """Read the model and fill its tables.

        Raises TreesUnreadableError, and ValueError where tables cannot hold the trees.
        """
        super().__init__(text)
        trees = [_read_splits(block) for block in list_tree_texts(text)]
        self._cuts = _list_cuts(trees)
        # the codes of a field: one row where what is missing goes right, then one where it is left
        self._fields = sorted(self._cuts)
        self._base = float(super().contributions(np.zeros((1, self.width)))[0, -1])
        self._tables = [self._tabulate(place, splits) for place, splits in enumerate(trees)]
        self._to_scale = _read_scale(text)
        self._check()

    def predict(self, matrix: Matrix, threads: int = 1) -> Floats:  # noqa: ARG002
        """Return one value per row."""
        found = np.concatenate([self._sum_leaves(codes) for codes in self._list_codes(matrix)])
        return self._to_scale(found)

    def contributions(self, matrix: Matrix, threads: int = 1) -> Floats:  # noqa: ARG002
        """Return exact SHAP values, one per column, and in the last column the base value."""
        found, done = np.empty((len(matrix), self.width + 1)), 0
        for codes in self._list_codes(matrix):
            found[done : done + codes.shape[1], :-1] = self._add_up(codes).T
            done += codes.shape[1]
        found[:, -1] = self._base
        return found

    def _list_codes(self, matrix: Matrix) -> Iterator[Codes]:
        """Yield the codes of one block of rows after another, also of a matrix without rows."""
        if matrix.ndim != 2 or matrix.shape[1] != self.width:
            raise ValueError(f"expected a matrix of {self.width} columns")
        for start in range(0, max(len(matrix), 1), ROWS_AT_A_TIME):
            yield self._encode(matrix[start : start + ROWS_AT_A_TIME])

    def _add_up(self, codes: Codes) -> Floats:
        """Return the contributions of all trees together: fields x rows."""
        total, found = np.zeros((self.width, codes.shape[1])), np.empty(codes.shape[1])
        for table, index in zip(self._tables, _list_patterns(codes, self._tables), strict=True):
            for column, values in zip(table.columns, table.values, strict=True):
                np.take(values, index, out=found, mode="wrap")
                total[column] += found
        return total

    def _sum_leaves(self, codes: Codes) -> Floats:
        """Return what all trees together predict, before it goes to the scale of the target."""
        total, found = np.zeros(codes.shape[1]), np.empty(codes.shape[1])
        for table, index in zip(self._tables, _list_patterns(codes, self._tables), strict=True):
            np.take(table.leaves, index, out=found, mode="wrap")
            total += found
        return total

    def _encode(self, matrix: Matrix) -> Codes:
        """Return how many cuts of its field lie below each value: two rows per field."""
        codes = np.empty((2 * len(self._fields), len(matrix)), dtype=np.uint16)
        for place, field in enumerate(self._fields):
            values = np.ascontiguousarray(matrix[:, field])
            right = np.searchsorted(self._cuts[field], values)  # NaN lies beyond all cuts
            codes[2 * place] = right
            codes[2 * place + 1] = np.where(np.isnan(values), 0, right)
        return codes

    def _tabulate(self, place: int, splits: list[Split]) -> Table:
        columns = tuple(sorted({split.feature for split in splits}))
        at = tuple(
            (
                2 * self._fields.index(split.feature) + split.misses_left,
                int(np.searchsorted(self._cuts[split.feature], split.cut)),
            )
            for split in splits
        )
        rows = self._make_rows(splits, columns)
        pattern = np.empty(len(rows), dtype=np.uint8)
        _find_pattern(self._encode(rows), at, pattern, np.empty(len(rows), dtype=np.bool_))
        # one row of each pattern that exists: two splits on one field cannot disagree
        patterns, first = np.unique(pattern, return_index=True)
        values = np.zeros((len(columns), 2 ** len(splits)))
        said = self.contributions_of(rows[first], place)
        values[:, patterns] = said[:, columns].T
        leaves = np.zeros(2 ** len(splits))
        leaves[patterns] = said.sum(axis=1)
        return Table(at, columns, values, leaves)

    def _make_rows(self, splits: list[Split], columns: tuple[int, ...]) -> Matrix:
        """Return rows that go every way a row can go: on and past the cuts, and missing."""
        own = [sorted({split.cut for split in splits if split.feature == f}) for f in columns]
        ways = list(product(*([*cuts, _pass(cuts[-1]), np.nan] for cuts in own)))
        rows = np.zeros((len(ways), self.width))
        rows[:, list(columns)] = ways
        return rows

    def _check(self) -> None:
        """Raise ValueError where the tables do not say what the trees say."""
        rng = np.random.default_rng(0)
        rows = np.full((CHECKED, self.width), np.nan)
        for field, cuts in self._cuts.items():
            rows[:, field] = rng.choice([*cuts, _pass(cuts[-1]), np.nan], CHECKED)
        reasons = np.abs(self.contributions(rows) - super().contributions(rows)).max()
        values = np.abs(self.predict(rows) - super().predict(rows)).max()
        if not max(reasons, values) <= TOLERANCE:
            raise ValueError("tables do not say what the trees say")


def tabulate(model: ScreeningModel) -> ScreeningModel:
    """Return a model for many rows: what trees say comes from tables wherever those can hold them.

    The same estimates, intervals and reasons, but for the rounding of sums (below 1e-12).
    """
    gain = model.gain
    if gain is not None:
        overlap = gain.overlap and replace(gain.overlap, chance=_quicken(gain.overlap.chance))
        spread = replace(gain.spread, variance=_quicken(gain.spread.variance))
        head = replace(gain.head, boosted=_quicken(gain.head.boosted))
        gain = replace(gain, head=head, spread=spread, overlap=overlap)
    usual = replace(model.usual, boosted=_quicken(model.usual.boosted))
    spread = replace(model.spread, variance=_quicken(model.spread.variance))
    return replace(model, usual=usual, spread=spread, gain=gain)


Head = TypeVar("Head", TreeHead, TreeHead | None)


def _quicken(head: Head) -> Head:
    if head is None:
        return head
    try:
        return replace(head, trees=TabulatedTrees(head.trees.text))
    except ValueError:  # trees of many leaves: LightGBM goes through them, row by row
        return head


def _list_patterns(codes: Codes, tables: list[Table]) -> Iterator[NDArray[np.intp]]:
    """Yield for one tree after another the pattern of each row, in the same memory."""
    rows = codes.shape[1]
    pattern, goes_left = np.empty(rows, dtype=np.uint8), np.empty(rows, dtype=np.bool_)
    index = np.empty(rows, dtype=np.intp)
    for table in tables:
        _find_pattern(codes, table.splits, pattern, goes_left)
        index[...] = pattern
        yield index


def _find_pattern(
    codes: Codes,
    splits: tuple[tuple[int, int], ...],
    pattern: NDArray[np.uint8],
    goes_left: NDArray[np.bool_],
) -> None:
    """Write the pattern of each row: one bit per split, whether it goes left."""
    pattern[...] = 0
    for place, highest in splits:
        np.less_equal(codes[place], highest, out=goes_left)
        np.add(pattern, pattern, out=pattern)
        np.bitwise_or(pattern, goes_left.view(np.uint8), out=pattern)


def _read_splits(text: str) -> list[Split]:
    """Return the splits of one tree; raises ValueError for one that tables cannot hold."""
    facts = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
    if int(facts["num_leaves"]) == 1:
        return []
    found = list(_parse_splits(facts))
    if len(found) > MOST_SPLITS or facts.get("is_linear", "0") != "0":
        raise ValueError("a tree of another kind, or of too many leaves")
    return found


def _parse_splits(facts: dict[str, str]) -> Iterator[Split]:
    columns = (facts[name].split() for name in ("split_feature", "threshold", "decision_type"))
    for feature, cut, decision in zip(*columns, strict=True):
        kind, missing = int(decision), int(decision) >> 2
        if kind & _CATEGORICAL or missing not in (_MISSING_NONE, _MISSING_NAN):
            raise ValueError("a split of another kind")
        # where training saw nothing missing, a missing value counts as 0
        counts_as_left = float(cut) >= 0 if missing == _MISSING_NONE else bool(kind & _DEFAULT_LEFT)
        yield Split(int(feature), float(cut), counts_as_left)


def _read_scale(text: str) -> Callable[[Floats], Floats]:
    """Return what brings sums of leaves to the scale of the target; raises ValueError."""
    found = re.search(r"^objective=(.*)$", text, re.MULTILINE)
    objective = found[1].split() if found else []
    if objective == ["regression"]:
        return lambda total: total
    if objective and objective[0] == "binary" and objective[1].startswith("sigmoid:"):
        steepness = float(objective[1].removeprefix("sigmoid:"))
        return lambda total: 1.0 / (1.0 + np.exp(-steepness * total))
    raise ValueError("a target of another kind")


def _list_cuts(trees: list[list[Split]]) -> dict[int, Floats]:
    found: dict[int, set[float]] = {}
    for split in (split for splits in trees for split in splits):
        found.setdefault(split.feature, set()).add(split.cut)
    return {field: np.array(sorted(cuts)) for field, cuts in found.items()}


def _pass(cut: float) -> float:
    return cut + max(1.0, abs(cut))
