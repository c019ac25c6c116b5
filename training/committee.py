"""What a ranking by gain brings to people who came later, and the tree that says it in rules."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.estimate import GainStatus
from training.config import Config
from training.gain import LearntGain
from training.policy import TREE, Policies, PolicyRows, measure_policies
from training.policy_tree import Rule, fit_policy_tree, list_rules
from training.rankings import build_rankings
from training.rivals import Predict

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Figures of rankings on later people, and the rules of a tree of depth 3 with what they bring.

    Without differences in the gain of the release there are no rules.
    """

    policies: Policies
    rules: tuple[Rule, ...]


def judge_policies(learnt: LearntGain, usual: Predict, config: Config, seed: int) -> Judged | None:
    """Return what rankings bring, by people who began after all that the gain was learnt from.

    `usual` is the tested p_usual. Among the people who began first it had learnt from some: that
    can only flatter the ranking by p_usual. None where nobody came later.
    """
    known = learnt.known
    if known is None or np.isnan(known.skill.gain).all():
        return None
    tested = ~np.isnan(known.skill.gain)
    later, gain = known.effects.take(tested), known.skill.gain[tested]
    matrix, contract = later.sample.matrix, later.sample.contract
    rows = PolicyRows.of(later, known.fitted.held_out[tested])
    rankings = build_rankings(contract, matrix, gain, usual(matrix), config.policy)
    keys, rules = dict(rankings.keys), []
    if known.head.status is GainStatus.ESTIMATED:
        tree = fit_policy_tree(contract, matrix, gain, later.sample.weight)
        keys[TREE] = tree.predict(matrix)
        rules = list_rules(tree, matrix, rows, config.evaluate.resamples, seed)
    policies = measure_policies(
        rows,
        keys,
        config.policy.capacities,
        config.evaluate.resamples,
        seed,
        rankings.left_out,
    )
    return Judged(policies, tuple(rules))
