"""What is reckoned once of an extract and shared by all that ask for it."""

import pytest

from tests.models.worlds import get_extract


@pytest.mark.parametrize("name", ["begun", "ends", "followed"])
def test_nobody_changes_the_days_that_others_look_at(name: str) -> None:
    shared = getattr(get_extract().timeline, name)

    with pytest.raises(ValueError, match="read-only"):
        shared[0] = 0


def test_nobody_changes_the_matrix_that_others_look_at() -> None:
    extract = get_extract()

    with pytest.raises(ValueError, match="read-only"):
        extract.matrix[0, 0] = 0

    assert extract.matrix is extract.matrix
