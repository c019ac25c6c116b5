"""Small searches for settings: samples in time order with a known truth."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from models.usual import Sample, UsualConfig
from tests.models.worlds import make_contract, make_matrix, true_chance
from training.config import TuneConfig, read_config
from training.tune import Budget, Tuned, tune
from training.tune_windows import Stage, Stages

SETTINGS = read_config().tune
FAST = replace(
    read_config().usual,
    leaves=(4, 8),
    most_rounds=40,
    round_step=20,
    learning_rate=0.1,
    folds=2,
    repeats=1,
    threads=1,
)
POOR = replace(FAST, penalty=5000.0, share_spread=1e-6)


def make_shares(rows: int) -> Sample:
    """Return cases whose outcome is the chance itself, twice per person: little is left to luck."""
    matrix = make_matrix(rows)
    return Sample(make_contract(), matrix, true_chance(matrix), np.ones(rows), np.arange(rows) // 2)


def make_stages(sample: Sample) -> Stages:
    """Return the stages of rows in time order: two that search, and one set aside."""
    cuts = (np.array([0.4, 0.6, 0.8, 1.0]) * len(sample)).astype(int)
    parts = [
        Stage(sample.take(np.arange(start)), sample.take(np.arange(start, end)))
        for start, end in pairwise(cuts)
    ]
    return Stages(tuple(parts[:-1]), parts[-1])


def search(
    sample: Sample,
    *,
    config: UsualConfig = FAST,
    settings: TuneConfig = SETTINGS,
    seed: int = 1,
    seconds: float | None = None,
    trials: int | None = None,
    folder: Path | None = None,
) -> Tuned:
    """Return what a search finds in rows that stand in time order."""
    budget = Budget(seconds, trials, folder)
    return tune(make_stages(sample), sample, config, settings, seed, budget, lambda _: None)
