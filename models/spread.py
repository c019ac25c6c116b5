"""How far p_usual may be off: learnt from refits, and from answers hidden on purpose."""

from dataclasses import dataclass, replace

import lightgbm
import numpy as np
from numpy.typing import NDArray

from features.matrix import Matrix
from models.heads import AdditiveHead, SpreadHead, TreeHead
from models.levels import LevelTable, fit_levels
from models.trees import Trees
from models.usual import Sample, Shape, UsualConfig, fit_usual

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SpreadConfig:
    """How the interval is learnt; training/config.toml gives the reason of each number."""

    refits: int
    most_cases: int
    leaves: int
    rounds: int
    learning_rate: float


def fit_spread(
    sample: Sample,
    head: AdditiveHead,
    shape: Shape,
    usual: UsualConfig,
    config: SpreadConfig,
    seed: int,
) -> SpreadHead:
    """Return the variance of p_usual as a function of what is known of a case.

    Two sources. How far refits miss a truth that is known: outcomes are drawn anew from the
    estimates themselves, so that both noise and what a penalty flattens are seen. And, for a case
    without answers, how far its answers would have moved it: seen on cases that did answer, with
    their answers hidden.
    """
    rng = np.random.default_rng(seed)
    used = sample.take(rng.permutation(len(sample))[: config.most_cases])
    known = np.clip(head.predict(used.matrix, usual.threads), 0.0, 1.0)
    refits = [
        fit_usual(_draw_outcomes(used, known, rng), shape, usual, seed + number)
        for number in range(config.refits)
    ]
    rows = used.matrix
    found = np.array([refit.predict(rows, usual.threads) for refit in refits])
    error = miss(found, known, len(used) / len(sample))
    hidden = _hide_answers(used)
    if hidden is not None:
        answered, blank = hidden
        # of those who truly did not answer nobody knows how far answers would have moved them
        rows, error = rows[answered], error[answered]
        from_blank = head.predict(blank, usual.threads)
        moved = (known[answered] - from_blank) ** 2
        rows = np.vstack([rows, blank])
        error = np.append(error, moved + error)  # the answers move it to what is missed too
    return learn_variance(rows, error, _find_encoding(sample, head, usual), usual, config, seed)


def _draw_outcomes(sample: Sample, chance: Floats, rng: np.random.Generator) -> Sample:
    return replace(sample, target=(rng.random(len(sample)) < chance).astype(float))


def miss(found: Floats, known: Floats, shrink: float = 1.0) -> Floats:
    """Return per row the squared distance of refits (refits x rows) from what they should find.

    Their noise falls with the number of cases, by `shrink`; what they all miss alike does not.
    """
    noise = found.var(axis=0, ddof=min(1, len(found) - 1))
    alike = (found.mean(axis=0) - known) ** 2 - noise / len(found)
    missed: Floats = shrink * noise + np.maximum(alike, 0.0)
    return missed


def _hide_answers(sample: Sample) -> tuple[NDArray[np.bool_], Matrix] | None:
    """Return which rows have answers, and those rows without; None where nobody answered."""
    answers = list(sample.contract.answers)
    answered = np.asarray(~np.isnan(sample.matrix[:, answers]).all(axis=1))
    if not answers or not answered.any():
        return None
    blank = sample.matrix[answered]
    blank[:, answers] = np.nan
    return answered, blank


def _find_encoding(sample: Sample, head: AdditiveHead, usual: UsualConfig) -> LevelTable:
    """Return the numbers that stand for categories: those of the head, where it has trees."""
    if head.boosted is not None:
        return head.boosted.encoding
    return fit_levels(sample.contract, sample.matrix, sample.target, sample.weight, usual.smoothing)


def learn_variance(
    rows: Matrix,
    variance: Floats,
    encoding: LevelTable,
    usual: UsualConfig,
    config: SpreadConfig,
    seed: int,
) -> SpreadHead:
    """Return boosted trees that tell the variance of each row, never under its lowest twentieth."""
    parameters = {
        "objective": "regression",
        "num_leaves": config.leaves,
        "learning_rate": config.learning_rate,
        "min_data_in_leaf": max(5, min(100, len(rows) // 20)),
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": usual.threads,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(encoding.apply(rows), variance)
    booster = lightgbm.train(parameters, data, config.rounds)
    trees = TreeHead(encoding, Trees(booster.model_to_string()))
    return SpreadHead(trees, float(np.quantile(variance, 0.05)))
