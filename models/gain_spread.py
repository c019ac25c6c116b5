"""How far the gain may be off: learnt from refits on residuals with their signs drawn anew."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.effects import Effects, GainConfig
from models.gain import FittedGain, fit_form, make_regression
from models.heads import SpreadHead
from models.levels import fit_levels
from models.net import fit_net
from models.spread import SpreadConfig, learn_variance, miss
from models.usual import Sample, UsualConfig, fit_boosted

Floats = NDArray[np.float64]


def fit_gain_spread(
    effects: Effects,
    fitted: FittedGain,
    usual: UsualConfig,
    config: GainConfig,
    spread: SpreadConfig,
    seed: int,
) -> SpreadHead:
    """Return the variance of the gain as a function of what is known of a case.

    A refit learns from the gain that was found, plus what was left over with the signs of whole
    persons drawn anew (wild bootstrap; Liu 1988): how far it misses that gain holds both noise and
    what a penalty flattens. On top come the error of the mean gain, and what forms that fit about
    as well disagree by. It is about the gain that the inputs can tell of; people with the same
    inputs differ by more.
    """
    if fitted.form == "constant":
        return SpreadHead(None, fitted.error**2)
    sample = make_regression(effects)
    known = fitted.head.predict(sample.matrix, usual.threads)
    rng = np.random.default_rng(seed)
    _, place = np.unique(sample.person, return_inverse=True)
    found = []
    for number in range(config.refits):
        signs = rng.choice([-1.0, 1.0], place.max() + 1)[place]
        again = replace(sample, target=known + signs * (sample.target - known))
        head = fit_form(again, fitted.form, fitted.net, usual, config, seed + number)
        gain = fitted.shrink * head.predict(sample.matrix, usual.threads)
        found.append(gain - np.average(gain - known, weights=effects.sample.weight))
    apart = _measure_disagreement(sample, fitted, usual, config, seed)
    variance = miss(np.array(found), known) + fitted.error**2 + apart
    encoding = fit_levels(
        sample.contract, sample.matrix, sample.target, sample.weight, usual.smoothing
    )
    rows = rng.permutation(len(sample))[: spread.most_cases]
    return learn_variance(sample.matrix[rows], variance[rows], encoding, usual, spread, seed)


def _measure_disagreement(
    sample: Sample, fitted: FittedGain, usual: UsualConfig, config: GainConfig, seed: int
) -> float:
    """Return the mean squared difference of lines and trees learnt from the same rows."""
    lines = fit_net(sample, fitted.net).predict(sample.matrix)
    boosted, _ = fit_boosted(sample, config.leaves, config.rounds, usual, seed)
    trees = boosted.predict(sample.matrix, usual.threads)
    return float(fitted.shrink**2 * np.var(lines - trees))
