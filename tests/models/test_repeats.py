from dataclasses import replace

import numpy as np

from models.trees import average_trees
from models.usual import Shape, choose_shape, fit_boosted, fit_usual
from tests.models.conftest import FAST
from tests.models.worlds import make_matrix, make_sample

SHAPE = Shape(leaves=4, rounds=40, share=0.5, squared_error=0.0)


def test_averaged_trees_predict_and_explain_the_mean() -> None:
    sample, rows = make_sample(600), make_matrix(100, seed=9)
    fits = [fit_boosted(sample, 4, 40, FAST, seed)[0] for seed in (1, 2, 3)]
    encoded = fits[0].encoding.apply(rows)

    mean = average_trees([fit.trees for fit in fits])

    predicted = np.mean([fit.trees.predict(encoded) for fit in fits], axis=0)
    reasons = np.mean([fit.trees.contributions(encoded) for fit in fits], axis=0)
    assert np.abs(mean.predict(encoded) - predicted).max() < 1e-12
    assert np.abs(mean.contributions(encoded) - reasons).max() < 1e-12


def test_few_cases_get_the_mean_of_several_fits_and_many_cases_one() -> None:
    sample = make_sample(300)
    few = replace(FAST, repeats=3, most_cases_for_repeats=300)
    many = replace(FAST, repeats=3, most_cases_for_repeats=299)

    counts = []
    for config in (few, many):
        boosted = fit_usual(sample, SHAPE, config, seed=1).boosted
        assert boosted is not None
        counts.append(boosted.trees.text.count("\nTree="))

    assert counts == [120, 40]


def test_a_firm_belief_keeps_the_share_of_the_trees_at_a_half() -> None:
    sample = make_sample(300)

    firm = choose_shape(sample, replace(FAST, share_spread=1e-6), seed=1)
    loose = choose_shape(sample, replace(FAST, share_spread=1e6), seed=1)

    assert abs(firm.share - 0.5) < 1e-6
    assert abs(loose.share - 0.5) > 0.01
    assert loose.squared_error <= firm.squared_error
