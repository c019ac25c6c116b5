"""What the verdict is worth on this many claimants: how often a difference is seen, or invented.

The arms are drawn anew by lot, so that the bonus does nothing. Then it is made to help those under
35 and to harm the others by as many points.
"""

from dataclasses import replace

import numpy as np

from examples.penn_bonus.measure import learn_gain
from features.trial import Trial

PLANTED = (0.0, 0.05, 0.075, 0.10)


def count_differing(trial: Trial, points: float, draws: int) -> int:
    """Return in how many draws the gain was found to differ between people."""
    rng = np.random.default_rng(1)
    forms = [learn_gain(plant(trial, points, rng), seed).form for seed in range(draws)]
    return draws - forms.count("constant")


def plant(trial: Trial, points: float, rng: np.random.Generator) -> Trial:
    """Return the trial with arms by lot, and a gain of `points` for the young, less for others."""
    supported, returned = rng.permutation(trial.supported), trial.returned.copy()
    is_young = trial.matrix[:, trial.contract.names.index("age_group")] == 0
    for group, before in ((is_young, 0.0), (~is_young, 1.0)):
        arm = group & (supported == 1)
        turned = rng.choice(
            np.flatnonzero(arm & (returned == before)), round(points * arm.sum()), replace=False
        )
        returned[turned] = 1 - before
    return replace(trial, supported=supported, returned=returned)


def show_power(trial: Trial, draws: int) -> None:
    """Print how often the gain was found to differ, for each size of a planted difference."""
    print("\nArms drawn anew; under 35 the bonus adds the points, for others it takes them away:")
    for points in PLANTED:
        found = count_differing(trial, points, draws)
        print(f"  {100 * points:4.1f} points: found to differ in {found} of {draws}", flush=True)
