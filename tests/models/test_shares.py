import numpy as np
import pytest

from models.shares import bound_share

# as scipy.stats.binomtest gives them, at 90 %
WILSON = [(5, 10, 0.2692718, 0.7307282), (0, 10, 0.0, 0.2129424), (10, 10, 0.7870576, 1.0)]


@pytest.mark.parametrize(("found", "of", "low", "high"), WILSON)
def test_the_interval_is_that_of_wilson(found: int, of: int, low: float, high: float) -> None:
    assert bound_share(found / of, of) == pytest.approx((low, high), abs=1e-6)


def test_the_interval_covers_the_truth_nine_times_in_ten() -> None:
    rng = np.random.default_rng(3)
    shares = rng.binomial(120, 0.3, 2000) / 120

    bounds = np.array([bound_share(share, 120) for share in shares])

    assert 0.87 < np.mean((bounds[:, 0] <= 0.3) & (bounds[:, 1] >= 0.3)) < 0.94
