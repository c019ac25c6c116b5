"""Regressions from sums over parts of the rows, beside those of scikit-learn on all at once."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, ElasticNetCV

from models import moments, net
from models.linear import fit_linear
from models.moments import build_design, sum_up
from models.net import choose_net, fit_net
from models.usual import Sample, split_by_person
from tests.models.worlds import make_sample

FOLDS, SEED = 3, 5


@pytest.fixture
def sample() -> Sample:
    """Return rows of unlike weight whose outcome is mostly noise."""
    drawn, rng = make_sample(1200, 3), np.random.default_rng(4)
    noisy = drawn.target + rng.normal(0, 1, len(drawn))
    return replace(drawn, target=noisy, weight=rng.uniform(0.5, 3, len(drawn)))


def test_lines_do_not_depend_on_how_many_rows_are_looked_at_at_a_time(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit_linear(sample.contract, sample.matrix, sample.target, sample.weight)
    monkeypatch.setattr(moments, "ROWS", 7)

    parts = fit_linear(sample.contract, sample.matrix, sample.target, sample.weight)

    np.testing.assert_allclose(parts.predict(sample.matrix), whole.predict(sample.matrix))


@pytest.mark.parametrize("uses_gaps", [True, False])
def test_a_net_from_sums_is_the_net_of_all_rows(sample: Sample, uses_gaps: bool) -> None:
    design = build_design(sample.contract, sample.matrix, sample.weight, uses_gaps=uses_gaps)
    columns = design.spread_out(sample.matrix)
    held_out = list(split_by_person(sample.person, FOLDS, SEED))
    steps = {"max_iter": net.MOST_STEPS, "tol": net.TOLERANCE}
    theirs = ElasticNetCV(
        l1_ratio=net.RATIOS,
        alphas=net.PENALTIES,
        eps=net.SMALLEST_PENALTY,
        cv=[(np.flatnonzero(~out), np.flatnonzero(out)) for out in held_out],
        **steps,
    ).fit(columns, sample.target, sample_weight=sample.weight)

    chosen = choose_net(sample, FOLDS, SEED, uses_gaps=uses_gaps)
    lines = fit_net(sample, chosen)

    again = ElasticNet(alpha=theirs.alpha_, l1_ratio=theirs.l1_ratio_, **steps)
    again.fit(columns, sample.target, sample_weight=sample.weight)
    assert chosen.penalty == pytest.approx(theirs.alpha_)
    assert chosen.ratio == theirs.l1_ratio_
    np.testing.assert_allclose(lines.predict(sample.matrix), again.predict(columns), atol=1e-9)


def test_sums_of_parts_add_up_to_the_squared_error_of_the_whole(sample: Sample) -> None:
    design = build_design(sample.contract, sample.matrix, sample.weight)
    half = len(sample) // 2
    first, second = (
        sum_up(design, sample.matrix[rows], sample.target[rows], sample.weight[rows])
        for rows in (slice(half), slice(half, None))
    )
    line = np.random.default_rng(1).normal(size=len(design.fields))

    found = (first + second).sum_squares(line)

    left = sample.target - design.spread_out(sample.matrix) @ line
    assert found == pytest.approx(sample.weight @ left**2)
