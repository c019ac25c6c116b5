import numpy as np

from models.linear import fit_linear
from tests.models.worlds import make_contract, make_matrix


def test_weights_that_differ_much_do_not_let_lines_follow_noise() -> None:
    rng = np.random.default_rng(2)
    matrix = make_matrix(20_000, seed=8)
    exposure = np.where(rng.random(20_000) < 0.08, 0.92, -0.08)  # as of support that few get
    weight = np.square(exposure)

    lines = fit_linear(
        make_contract(), matrix, rng.normal(0, 0.5, 20_000) / exposure, weight
    ).predict(matrix)

    assert lines.std() < 0.012


def test_lines_follow_what_is_there_whatever_the_weights() -> None:
    rng = np.random.default_rng(2)
    matrix = make_matrix(20_000, seed=8)
    weight = np.where(rng.random(20_000) < 0.1, 5.0, 0.1)
    truth = 0.5 + 0.004 * (matrix[:, 0] - 42)

    lines = fit_linear(
        make_contract(), matrix, truth + rng.normal(0, 0.5, 20_000) / np.sqrt(weight), weight
    ).predict(matrix)

    assert np.corrcoef(lines, truth)[0, 1] > 0.95
    assert np.abs(lines - truth).mean() < 0.02
