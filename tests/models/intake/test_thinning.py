import numpy as np
import pytest
from scipy.stats import binom, norm

from models.intake.thinning import thin, to_share

Z = np.random.default_rng(1).standard_normal(20_000)


@pytest.mark.parametrize(
    ("n", "p"), [(0, 0.3), (3, 0.4), (20, 0.95), (200, 0.01), (1000, 0.999), (8, 0.0), (8, 1.0)]
)
def test_few_who_go_on_are_the_quantile_of_a_binomial(n: int, p: float) -> None:
    found = thin(Z, np.array(float(n)), np.array(p))

    assert (found == binom.ppf(norm.cdf(Z), n, p).clip(0)).all()


@pytest.mark.parametrize(("n", "p"), [(40, 0.4), (60, 0.9), (400, 0.03), (5000, 0.74)])
def test_many_who_go_on_are_never_more_than_one_off_that_quantile(n: int, p: float) -> None:
    found = thin(Z, np.array(float(n)), np.array(p))

    apart = np.abs(found - binom.ppf(norm.cdf(Z), n, p))
    assert apart.max() <= 1
    assert apart.mean() < 0.03


def test_with_the_same_luck_a_larger_chance_takes_hardly_anybody_away() -> None:
    chances = np.linspace(0.001, 0.999, 200)

    found = thin(Z[:500, None], np.array(50.0), chances)

    falls = np.diff(found, axis=1) < 0
    assert falls.mean() < 0.001
    assert np.diff(found, axis=1).min() >= -1


def test_the_normal_distribution_is_right_to_seven_digits() -> None:
    found = to_share(Z)

    assert np.abs(found - norm.cdf(Z)).max() < 1e-7
