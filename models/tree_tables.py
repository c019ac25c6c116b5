"""Boosted trees as tables, for many rows: contributions are looked up instead of computed anew.

What a tree adds to a row, and why, depends on nothing but the side that each of its splits sends
the row to. A tree of few leaves has few such patterns: LightGBM itself says once what each of them
contributes, and a row then costs a look-up per field of the tree. The numbers are LightGBM's own,
added up in the order of the trees.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from features.matrix import Matrix
from models.heads import AdditiveHead
from models.screening import ScreeningModel
from models.trees import Trees, list_tree_texts

Floats = NDArray[np.float64]
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
    highest bit of the pattern.
    """

    splits: tuple[tuple[int, int], ...]
    columns: tuple[int, ...]
    values: Floats


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
        self._check()

    def contributions(self, matrix: Matrix, threads: int = 1) -> Floats:  # noqa: ARG002
        """Return exact SHAP values, one per column, and in the last column the base value."""
        if matrix.ndim != 2 or matrix.shape[1] != self.width:
            raise ValueError(f"expected a matrix of {self.width} columns")
        found = np.empty((len(matrix), self.width + 1))
        for start in range(0, len(matrix), ROWS_AT_A_TIME):
            block = matrix[start : start + ROWS_AT_A_TIME]
            found[start : start + len(block), :-1] = self._add_up(self._encode(block)).T
        found[:, -1] = self._base
        return found

    def _add_up(self, codes: NDArray[np.uint16]) -> Floats:
        """Return the sum over all trees: fields x rows."""
        rows = codes.shape[1]
        total, found = np.zeros((self.width, rows)), np.empty(rows)
        pattern, goes_left = np.empty(rows, dtype=np.uint8), np.empty(rows, dtype=np.bool_)
        index = np.empty(rows, dtype=np.intp)
        for table in self._tables:
            _find_pattern(codes, table.splits, pattern, goes_left)
            index[...] = pattern
            for column, values in zip(table.columns, table.values, strict=True):
                np.take(values, index, out=found, mode="wrap")
                total[column] += found
        return total

    def _encode(self, matrix: Matrix) -> NDArray[np.uint16]:
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
        return Table(at, columns, values)

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
        missed = np.abs(self.contributions(rows) - super().contributions(rows)).max()
        if not missed <= TOLERANCE:
            raise ValueError("tables do not say what the trees say")


def tabulate(model: ScreeningModel) -> ScreeningModel:
    """Return a model for many rows: its reasons come from tables wherever those can hold them.

    The same estimates, intervals and reasons, but for the rounding of sums (below 1e-12).
    """
    gain = model.gain and replace(model.gain, head=_tabulate_head(model.gain.head))
    return replace(model, usual=_tabulate_head(model.usual), gain=gain)


def _tabulate_head(head: AdditiveHead) -> AdditiveHead:
    if head.boosted is None:
        return head
    try:
        tables = TabulatedTrees(head.boosted.trees.text)
    except ValueError:  # trees of many leaves: LightGBM goes through them, row by row
        return head
    return replace(head, boosted=replace(head.boosted, trees=tables))


def _find_pattern(
    codes: NDArray[np.uint16],
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


def _list_cuts(trees: list[list[Split]]) -> dict[int, Floats]:
    found: dict[int, set[float]] = {}
    for split in (split for splits in trees for split in splits):
        found.setdefault(split.feature, set()).add(split.cut)
    return {field: np.array(sorted(cuts)) for field, cuts in found.items()}


def _pass(cut: float) -> float:
    return cut + max(1.0, abs(cut))
