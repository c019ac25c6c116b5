"""What a confounder that nobody saw did, beside what was said that it could do."""

from dataclasses import dataclass

import numpy as np
import pytest

from models.effects import Effects
from models.hidden import bound_bias, find_robustness
from models.usual import Sample
from tests.models.worlds import make_contract, make_matrix
from training.refute import find_strength


@dataclass(frozen=True)
class Omitted:
    """Effects that lack a confounder of known strength, and by how much that moves the mean."""

    effects: Effects
    of_outcome: float
    of_support: float
    bias: float


def omit_confounder(pull: float, push: float) -> Omitted:
    """Return what is left over when a confounder that pulls and pushes so much is not seen."""
    rng = np.random.default_rng(4)
    size = 40_000
    hidden = rng.normal(size=size)
    exposure = push * hidden + rng.normal(size=size)
    residual = 0.3 * exposure + pull * hidden + rng.normal(size=size)
    sample = Sample(make_contract(), make_matrix(size), residual, np.ones(size), np.arange(size))
    short = float(exposure @ residual / (exposure @ exposure))
    left = residual - short * exposure
    apart = hidden - float(exposure @ hidden / (exposure @ exposure)) * exposure
    return Omitted(
        Effects(
            np.arange(size), sample, exposure, residual, exposure, np.full(size, 0.5), by_lot=False
        ),
        float(np.corrcoef(left, apart)[0, 1] ** 2),
        float(np.corrcoef(exposure, hidden)[0, 1] ** 2),
        abs(short - 0.3),
    )


@pytest.mark.parametrize(("pull", "push"), [(0.2, 0.3), (0.5, 0.5), (1.0, 0.2)])
def test_the_bound_is_what_an_omitted_confounder_of_known_strength_did(
    pull: float, push: float
) -> None:
    omitted = omit_confounder(pull, push)

    bound = bound_bias(omitted.effects, omitted.of_outcome, omitted.of_support)

    assert omitted.bias > 0.03
    assert bound == pytest.approx(omitted.bias, abs=0.012)  # a draw of 40,000 is 0.005 off


def test_the_strength_that_is_told_moves_the_mean_by_as_much_as_was_asked() -> None:
    omitted = omit_confounder(0.2, 0.3)
    shares = (omitted.of_outcome / 3, omitted.of_support / 3)
    bound = bound_bias(omitted.effects, omitted.of_outcome, omitted.of_support)

    found = find_strength(omitted.effects, *shares, bound)

    assert found == pytest.approx(3.0)


def test_no_strength_is_told_where_none_is_enough_or_none_is_needed() -> None:
    effects = omit_confounder(0.2, 0.3).effects

    assert find_strength(effects, 0.5, 0.01, 5.0) is None
    assert find_strength(effects, 0.0, 0.1, 0.1) is None
    assert find_strength(effects, 0.01, 0.01, 0.0) == 0.0


def test_a_confounder_of_the_robustness_in_both_makes_the_mean_0() -> None:
    effects = omit_confounder(0.2, 0.3).effects

    share = find_robustness(effects, 0.3)

    assert bound_bias(effects, share, share) == pytest.approx(0.3)
