"""How far p_usual may be off: learnt from refits, and from answers hidden on purpose."""

from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from features.matrix import Matrix
from models.heads import SpreadHead, TreeHead, UsualHead
from models.trees import Trees
from models.usual import Sample, Shape, UsualConfig, fit_usual

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SpreadConfig:
    """How the interval is learnt; training/config.toml gives the reason of each number."""

    refits: int = 6
    most_cases: int = 30_000
    leaves: int = 6
    rounds: int = 120


def fit_spread(
    sample: Sample,
    head: UsualHead,
    shape: Shape,
    usual: UsualConfig,
    config: SpreadConfig,
    seed: int,
) -> SpreadHead:
    """Return the variance of p_usual as a function of what is known of a case.

    Two sources: how much the estimate differs between refits on persons drawn again with
    replacement, and, for a case without answers, how far its answers would have moved it. The
    second is seen on cases that did answer, with their answers hidden.
    """
    rng = np.random.default_rng(seed)
    used = sample.take(rng.permutation(len(sample))[: config.most_cases])
    refits = [
        fit_usual(_draw_persons(used, rng), shape, usual, seed + number)
        for number in range(config.refits)
    ]
    shrink = len(used) / len(sample)  # the variance of a mean falls with the number of cases
    rows, variance = used.matrix, _vary(refits, used.matrix) * shrink
    hidden = _hide_answers(used)
    if hidden is not None:
        seen, blank = hidden
        moved = (head.predict(seen, usual.threads) - head.predict(blank, usual.threads)) ** 2
        rows = np.vstack([rows, blank])
        variance = np.concatenate([variance, moved + _vary(refits, blank) * shrink])
    return _learn(rows, variance, head, usual, config, seed)


def _draw_persons(sample: Sample, rng: np.random.Generator) -> Sample:
    unique, place = np.unique(sample.person, return_inverse=True)
    times = rng.multinomial(len(unique), np.full(len(unique), 1 / len(unique)))
    return sample.take(np.repeat(np.arange(len(sample)), times[place]))


def _vary(refits: list[UsualHead], matrix: Matrix) -> Floats:
    variance: Floats = np.var([head.predict(matrix, 2) for head in refits], axis=0, ddof=1)
    return variance


def _hide_answers(sample: Sample) -> tuple[Matrix, Matrix] | None:
    """Return rows with answers, and the same rows without; None where nobody answered."""
    answers = list(sample.contract.answers)
    answered = ~np.isnan(sample.matrix[:, answers]).all(axis=1)
    if not answers or not answered.any():
        return None
    seen = sample.matrix[answered]
    blank = seen.copy()
    blank[:, answers] = np.nan
    return seen, blank


def _learn(
    rows: Matrix,
    variance: Floats,
    head: UsualHead,
    usual: UsualConfig,
    config: SpreadConfig,
    seed: int,
) -> SpreadHead:
    parameters = {
        "objective": "regression",
        "num_leaves": config.leaves,
        "learning_rate": usual.learning_rate,
        "min_data_in_leaf": max(5, min(100, len(rows) // 20)),
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": usual.threads,
        "verbosity": -1,
    }
    encoding = head.boosted.encoding
    data = lightgbm.Dataset(encoding.apply(rows), variance)
    booster = lightgbm.train(parameters, data, config.rounds)
    return SpreadHead(
        TreeHead(encoding, Trees(booster.model_to_string())), float(np.quantile(variance, 0.05))
    )
