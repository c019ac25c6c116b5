"""What somebody who adds and subtracts can work out of a table in which counts are hidden."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from models.intake.hiding import LEAST, WIDTH, Ints, Told, hide_table
from models.shares import FEWEST_SHOWN

COUNTS = st.sampled_from([0, 0, 1, 1, 2, 3, 4, 5, 6, 9, 20, 300])


@st.composite
def tables(draw: st.DrawFn) -> tuple[Ints, list[str]]:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    counts = draw(st.lists(COUNTS, min_size=rows * columns, max_size=rows * columns))
    split = draw(st.integers(0, columns))
    return np.array(counts).reshape(rows, columns), ["a"] * split + ["b"] * (columns - split)


class Outsider:
    """Knows what is told, which sums hold, and that a hidden count is not of nobody."""

    def __init__(self, told: Told, blocks: list[str]) -> None:
        self.names: list[tuple[str, int, int]] = []
        self.known: dict[tuple[str, int, int], int | None] = {}
        order = list(dict.fromkeys(blocks))
        parts = {
            "row": told.row_totals,
            "cell": told.rows,
            "column": [told.totals],
            "block": [told.block_totals],
        }
        for name, part in parts.items():
            for r, row in enumerate(part):
                for c, value in enumerate(row):
                    self.known[name, r, c] = value
        self.names = list(self.known)
        self.sums: list[dict[tuple[str, int, int], int]] = []
        columns, rows = range(len(blocks)), range(len(told.rows))
        for r, b in product(rows, range(len(order))):
            parts_of = {("cell", r, c): 1 for c in columns if blocks[c] == order[b]}
            self.sums.append({**parts_of, ("row", r, b): -1})
        for c in columns:
            self.sums.append({**{("cell", r, c): 1 for r in rows}, ("column", 0, c): -1})
        for b, block in enumerate(order):
            inside = {("column", 0, c): 1 for c in columns if blocks[c] == block}
            self.sums.append({**inside, ("block", 0, b): -1})
            self.sums.append({**{("row", r, b): 1 for r in rows}, ("block", 0, b): -1})

    def work_out(self, name: tuple[str, int, int]) -> tuple[float, float]:
        """Return the least and the most that a hidden count can be."""
        hidden = [one for one in self.names if self.known[one] is None]
        matrix = np.array([[s.get(one, 0) for one in hidden] for s in self.sums])
        right = [-sum(v * (self.known[k] or 0) for k, v in s.items()) for s in self.sums]
        aim = np.array([float(one == name) for one in hidden])
        found = [
            linprog(sign * aim, A_eq=matrix, b_eq=right, bounds=(LEAST, 10_000)).fun
            for sign in (1, -1)
        ]
        return found[0], -found[1]


@given(tables())
def test_no_small_count_can_be_worked_out_by_adding_and_subtracting(
    table: tuple[Ints, list[str]],
) -> None:
    counts, blocks = table

    told = hide_table(counts, blocks)

    outsider = Outsider(told, blocks)
    truth = Outsider(hide_nothing(counts, blocks), blocks).known
    small = [name for name, value in truth.items() if 0 < (value or 0) < FEWEST_SHOWN]
    assert all(outsider.known[name] is None for name in small)
    for name in small:
        least, most = outsider.work_out(name)
        assert most - least >= WIDTH - 1e-6, (name, least, most)


@given(tables())
def test_what_is_told_is_true_and_nought_is_always_told(
    table: tuple[Ints, list[str]],
) -> None:
    counts, blocks = table

    told = Outsider(hide_table(counts, blocks), blocks).known
    truth = Outsider(hide_nothing(counts, blocks), blocks).known

    assert all(value in (None, truth[name]) for name, value in told.items())
    assert all(told[name] == 0 for name, value in truth.items() if value == 0)


def hide_nothing(counts: Ints, blocks: list[str]) -> Told:
    """Return the same table and totals with everything told."""
    order = list(dict.fromkeys(blocks))
    member = np.array([[one == block for one in blocks] for block in order], int)
    per_row = counts @ member.T
    return Told(
        counts.tolist(), per_row.tolist(), counts.sum(axis=0).tolist(), per_row.sum(axis=0).tolist()
    )


def test_one_small_count_in_a_row_takes_another_with_it_in_row_and_column() -> None:
    counts = np.array([[3, 50, 60], [40, 70, 9], [80, 90, 30]])

    told = hide_table(counts)

    hidden = [(r, c) for r, row in enumerate(told.rows) for c, v in enumerate(row) if v is None]
    assert (0, 0) in hidden
    assert len([one for one in hidden if one[0] == 0]) >= 2 or told.row_totals[0][0] is None
    assert len([one for one in hidden if one[1] == 0]) >= 2 or told.totals[0] is None
    assert len(hidden) <= 4


def test_a_year_less_its_other_months_does_not_give_the_month_that_is_hidden() -> None:
    months = [30] * 11 + [2]
    counts = np.array([months, [40] * 12])

    told = hide_table(counts, ["2025"] * 12)

    outsider = Outsider(told, ["2025"] * 12)
    least, most = outsider.work_out(("cell", 0, 11))
    assert most - least >= WIDTH


def test_a_table_of_large_counts_is_told_whole() -> None:
    counts = np.full((3, 4), 7)

    told = hide_table(counts, ["a", "a", "b", "b"])

    assert told.rows == counts.tolist()
    assert told.row_totals == [[14, 14]] * 3
    assert told.totals == [21] * 4
    assert told.block_totals == [42, 42]


def test_a_table_of_one_small_count_tells_no_total_either() -> None:
    told = hide_table(np.array([[0, 2]]))

    assert told == Told([[0, None]], [[None]], [0, None], [None])


@pytest.mark.parametrize("seed", range(3))
def test_many_regions_and_months_take_little_time_and_keep_most_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(2, 15, (12, 1)), (12, 36))

    told = hide_table(counts, [str(2023 + month // 12) for month in range(36)])

    small = int(((counts > 0) & (counts < FEWEST_SHOWN)).sum())
    hidden = sum(value is None for row in told.rows for value in row)
    assert hidden <= max(4 * small, 4)
