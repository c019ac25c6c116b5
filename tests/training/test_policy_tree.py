from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models.worlds import make_contract, make_matrix
from training.policy import PolicyRows
from training.policy_tree import PolicyTree, fit_policy_tree, list_rules, tell_rules_nl

Floats = NDArray[np.float64]
ABILITY, EXPECTS = 3, 4


def true_gain(matrix: Floats) -> Floats:
    """Return 15 points for builders who do not expect to be back soon, 8 where unable, else 1."""
    is_builder, is_soon = matrix[:, 1] == 1, matrix[:, EXPECTS] == 2
    unable = matrix[:, ABILITY] < 4
    return np.where(is_builder & ~is_soon, 0.15, np.where(~is_builder & unable, 0.08, 0.01))


def make_tree(rows: int = 6000) -> PolicyTree:
    matrix = make_matrix(rows)
    return fit_policy_tree(make_contract(), matrix, true_gain(matrix), np.ones(rows))


def make_rows(matrix: Floats, seed: int = 1) -> PolicyRows:
    score = true_gain(matrix) + np.random.default_rng(seed).normal(0, 0.5, len(matrix))
    nought = np.zeros(len(matrix))
    return PolicyRows(score, nought, nought, np.ones(len(matrix)), np.arange(len(matrix)))


def test_a_law_of_three_questions_is_found_and_read_in_dutch() -> None:
    matrix = make_matrix(8000, seed=5)

    rules = list_rules(make_tree(), matrix, make_rows(matrix), 60, seed=1)

    assert len(rules) == 4
    assert rules[0].conditions_nl == (
        "Sector: bouw",
        "Eigen verwachting: niet of later of niet beantwoord",
    )
    assert rules[1].conditions_nl == ("Sector: niet bouw", "Werkvermogen: hoogstens 3,5")
    assert np.allclose(make_tree().predict(matrix), true_gain(matrix), atol=0.001)


def test_every_row_is_in_one_rule_and_measured_there() -> None:
    matrix = make_matrix(8000, seed=5)
    rows = make_rows(matrix)

    rules = list_rules(make_tree(), matrix, rows, 60, seed=1)

    assert sum(rule.persons for rule in rules) == 8000
    assert sum(rule.share for rule in rules) == pytest.approx(1.0)
    builders = (matrix[:, 1] == 1) & (matrix[:, EXPECTS] != 2)
    first = rules[0].gain
    assert first is not None
    assert first.value == pytest.approx(rows.score[builders].mean())
    assert rules[0].persons == builders.sum()
    assert first.low < 0.15 < first.high


def test_the_same_rows_give_the_same_rules() -> None:
    matrix = make_matrix(3000, seed=5)

    told = [
        tell_rules_nl(list_rules(make_tree(), matrix, make_rows(matrix), 20, seed=1))
        for _ in range(2)
    ]

    assert told[0] == told[1]


def test_a_gain_that_is_the_same_for_all_makes_one_rule_for_everybody() -> None:
    matrix = make_matrix(2000)

    tree = fit_policy_tree(make_contract(), matrix, np.full(2000, 0.04), np.ones(2000))
    text = tell_rules_nl(list_rules(tree, matrix, make_rows(matrix), 20, seed=1))

    assert text.startswith("1. iedereen\n   meerwaarde +")
    assert text.endswith("2.000 personen, 100,0 %")


def test_a_rule_reads_as_a_sentence_with_its_interval() -> None:
    matrix = make_matrix(8000, seed=5)

    lines = tell_rules_nl(list_rules(make_tree(), matrix, make_rows(matrix), 60, seed=1))

    assert lines.splitlines()[0] == "1. Sector: bouw"
    assert lines.splitlines()[1] == "   en Eigen verwachting: niet of later of niet beantwoord"
    assert lines.splitlines()[2].startswith("   meerwaarde +1")
    assert "op 100 (95 %-interval +" in lines.splitlines()[2]


def test_a_rule_with_few_persons_tells_no_gain() -> None:
    matrix = make_matrix(40, seed=5)

    rules = list_rules(make_tree(), matrix, make_rows(matrix), 10, seed=1)

    few = [rule for rule in rules if rule.persons < 20]
    assert few
    assert all(rule.gain is None for rule in few)
    assert "te weinig personen om de meerwaarde te meten" in tell_rules_nl(rules)


@pytest.mark.parametrize(
    ("column", "gain", "expected"),
    [
        (0, lambda x: x >= 50, ["Leeftijd: vanaf 50 jaar", "Leeftijd: hoogstens 49 jaar"]),
        (
            0,
            lambda x: (x >= 30) & (x < 40),
            [
                "Leeftijd: vanaf 30 en hoogstens 39 jaar",
                "Leeftijd: vanaf 40 jaar",
                "Leeftijd: hoogstens 29 jaar",
            ],
        ),
        (2, lambda x: x == 1, ["Toegelaten arbeid: ja", "Toegelaten arbeid: nee"]),
        (ABILITY, np.isnan, ["Werkvermogen: niet beantwoord", "Werkvermogen: beantwoord"]),
        (1, lambda x: x == 0, ["Sector: zorg", "Sector: niet zorg"]),
        (
            1,
            lambda x: 2.0 * (x == 0) + (x == 1),
            ["Sector: zorg", "Sector: bouw", "Sector: niet zorg en niet bouw"],
        ),
    ],
)
def test_questions_of_every_kind_have_their_words(
    column: int, gain: Callable[[Floats], Floats], expected: list[str]
) -> None:
    matrix = make_matrix(5000)
    matrix[:, EXPECTS] = 1.0
    target = np.asarray(gain(matrix[:, column]), dtype=float)

    tree = fit_policy_tree(make_contract(), matrix, target, np.ones(5000))
    rules = list_rules(tree, matrix, make_rows(matrix), 0, seed=1)

    told = [condition for rule in rules for condition in rule.conditions_nl]
    assert sorted(one.removesuffix(" of niet bekend") for one in told) == sorted(expected)
