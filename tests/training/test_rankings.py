from dataclasses import replace

import numpy as np
import pytest

from features.contract import default_contract
from tests.models.worlds import make_contract
from training.config import ConfigError, PolicyConfig, read_config
from training.rankings import build_rankings

CONFIG = PolicyConfig((0.08,), "age_years", "expectation", ("never", "later", "", "soon"))
MATRIX = np.array(
    [
        [30.0, 0.0, 0.0, 5.0, 2.0],
        [50.0, 1.0, 0.0, 5.0, np.nan],
        [40.0, 2.0, 1.0, 5.0, 0.0],
        [60.0, 2.0, 1.0, 5.0, 1.0],
    ]
)
GAIN, USUAL = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.9, 0.5, 0.7, 0.2])


def test_each_rule_puts_in_front_whom_it_says() -> None:
    found = build_rankings(make_contract(), MATRIX, GAIN, USUAL, CONFIG)

    order = {name: np.argsort(-key, kind="stable").tolist() for name, key in found.keys.items()}
    assert order == {
        "gain": [3, 2, 1, 0],
        "random": [0, 1, 2, 3],
        "lowest_p_usual": [3, 1, 2, 0],
        "longest_waiting": [3, 1, 2, 0],
        "own_expectation": [2, 3, 1, 0],
    }
    assert found.left_out == ()


def test_a_lot_says_the_same_of_all() -> None:
    found = build_rankings(make_contract(), MATRIX, GAIN, USUAL, CONFIG)

    assert len(np.unique(found.keys["random"])) == 1


def test_rules_whose_fields_the_contract_lacks_are_left_out_and_named() -> None:
    config = replace(CONFIG, waiting_field="absent_days", expectation_field="own_expectation")

    found = build_rankings(make_contract(), MATRIX, GAIN, USUAL, config)

    assert list(found.keys) == ["gain", "random", "lowest_p_usual"]
    assert found.left_out == (
        "longest absent: the contract has no field absent_days",
        "own expectation: the contract has no field own_expectation",
    )


@pytest.mark.parametrize(
    ("field", "order"),
    [("expectation", ("never", "soon")), ("expectation", ("never", "soon", "")), ("age_years", ())],
)
def test_an_order_that_does_not_fit_the_levels_is_not_guessed_at(
    field: str, order: tuple[str, ...]
) -> None:
    config = replace(CONFIG, expectation_field=field, expectation_order=order)

    found = build_rankings(make_contract(), MATRIX, GAIN, USUAL, config)

    assert "own_expectation" not in found.keys
    assert "are not those of [policy] expectation_order" in found.left_out[0]


def test_the_rules_that_ship_fit_the_contract_that_ships() -> None:
    contract = default_contract()
    matrix = np.zeros((3, len(contract.fields)))

    found = build_rankings(contract, matrix, np.zeros(3), np.zeros(3), read_config().policy)

    assert found.left_out == ()


def test_a_capacity_in_percent_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("config") / "config.toml"
    path.write_text("[policy]\ncapacities = [8]\n")

    with pytest.raises(ConfigError, match="shares of 1"):
        read_config(path)
