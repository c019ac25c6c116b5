"""Values of fields that may be shown, and groups that may not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.factories import (
    make_contract,
)
from training.traits import find_hidden, list_traits


def share_out(*sizes: int) -> list[NDArray[np.bool_]]:
    """Return groups of so many persons, one row each."""
    label = np.repeat(np.arange(len(sizes)), sizes)
    return [np.asarray(label == place) for place in range(len(sizes))]


HIDDEN = [
    ([50, 30, 20], [False, False, False]),
    ([50, 30, 4], [False, True, True]),  # 4 alone follow from the total less the others
    ([50, 30, 3, 4], [False, False, True, True]),
    ([50, 3], [True, True]),
    ([2, 2], [True, True]),
    ([50, 5, 1], [False, True, True]),
    ([50, 30, 0], [False, False, True]),  # nobody is in it: nothing to find
]


@pytest.mark.parametrize(("sizes", "expected"), HIDDEN)
def test_a_group_under_five_people_cannot_be_found_by_subtraction(
    sizes: list[int], expected: list[bool]
) -> None:
    groups = share_out(*sizes)

    assert find_hidden(groups, np.arange(sum(sizes))) == expected


def test_many_screenings_of_few_people_are_still_few_people() -> None:
    groups = share_out(40, 40, 40)
    person = np.concatenate([np.arange(40), np.arange(40, 80), np.repeat([80, 81], 20)])

    assert find_hidden(groups, person) == [True, False, True]


def test_values_of_too_few_people_are_no_trait() -> None:
    contract = make_contract()
    matrix = np.full((60, 5), np.nan)
    matrix[:, 2] = np.repeat([0, 1], [56, 4])

    traits = list_traits(contract, matrix, np.arange(60))

    assert [one.value_nl for one in traits if one.place == 2] == ["vroege"]
