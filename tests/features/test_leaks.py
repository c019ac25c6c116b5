import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, parse_contract
from features.leaks import find_suspects
from features.matrix import Matrix
from tests.factories import make_contract, make_field, make_head

Column = NDArray[np.float64]


def make_outcome(count: int = 1000, seed: int = 3) -> tuple[Column, Column]:
    rng = np.random.default_rng(seed)
    days = rng.exponential(300, count)
    return (days <= 365).astype(float), np.where(days <= 1000, days, np.inf)


def make_matrix(*columns: Column) -> tuple[Matrix, Contract]:
    return np.column_stack(columns), make_contract(len(columns))


def test_a_cost_that_grows_while_absence_lasts_is_suspect() -> None:
    rng = np.random.default_rng(1)
    returned, days = make_outcome()
    cost = np.minimum(days, 1500) * rng.lognormal(0, 0.5, len(days))
    matrix, contract = make_matrix(rng.normal(size=len(days)), cost)

    suspects = find_suspects(matrix, returned, contract)

    assert [suspect.field for suspect in suspects] == ["x2"]
    assert suspects[0].auc > 0.75
    assert "leave it out of the contract" in str(suspects[0])


def test_a_gap_that_only_those_who_return_have_is_suspect() -> None:
    rng = np.random.default_rng(1)
    returned, _ = make_outcome()
    pension_day = np.where(returned == 1, np.nan, rng.normal(size=len(returned)))
    matrix, contract = make_matrix(pension_day)

    suspects = find_suspects(matrix, returned, contract)

    assert [suspect.field for suspect in suspects] == ["x1"]


def test_an_input_that_tells_only_the_extremes_apart_is_suspect() -> None:
    rng = np.random.default_rng(1)
    returned, _ = make_outcome()
    spread = np.where(returned == 1, 0.3, 3.0) * rng.normal(size=len(returned))
    matrix, contract = make_matrix(spread)

    suspects = find_suspects(matrix, returned, contract)

    assert [suspect.field for suspect in suspects] == ["x1"]


def test_a_level_that_names_the_outcome_is_suspect() -> None:
    returned, _ = make_outcome()
    text = make_head() + make_field("state", kind="category") + 'levels = ["off", "back", "new"]'

    suspects = find_suspects(returned[:, None], returned, parse_contract(text))

    assert [suspect.field for suspect in suspects] == ["state"]


def test_an_input_that_tells_how_soon_people_return_is_suspect() -> None:
    rng = np.random.default_rng(1)
    _, days = make_outcome()
    unknown = np.full(len(days), np.nan)
    last_seen = np.where(np.isfinite(days), days + rng.normal(0, 200, len(days)), np.nan)
    matrix, contract = make_matrix(last_seen)

    suspects = find_suspects(matrix, unknown, contract, days)

    assert [suspect.field for suspect in suspects] == ["x1"]
    assert "how soon people return" in str(suspects[0])


def test_a_good_but_honest_input_is_not_suspect() -> None:
    rng = np.random.default_rng(1)
    returned, days = make_outcome(5000)
    expectation = returned + rng.normal(0, 1.3, len(returned))
    matrix, contract = make_matrix(expectation)

    suspects = find_suspects(matrix, returned, contract, days)

    assert suspects == []


def test_few_cases_raise_no_alarm() -> None:
    returned, days = make_outcome(25)
    matrix, contract = make_matrix(np.minimum(days, 2000))

    suspects = find_suspects(matrix, returned, contract, days)

    assert suspects == []


def test_outcomes_without_any_return_raise_no_alarm() -> None:
    nobody = np.zeros(500)
    matrix, contract = make_matrix(np.full(500, np.nan))

    suspects = find_suspects(matrix, nobody, contract, np.full(500, np.inf))

    assert suspects == []
