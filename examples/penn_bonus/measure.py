"""The gain of the bonus: ours, beside two figures that anybody can check by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from examples.penn_bonus.extract import (
    ARM,
    QUARTERS,
    SECTORS,
    SITES,
)
from features.tables import read_extract
from features.trial import Trial, build_trial
from models.effects import measure_effects
from models.gain import FittedGain, fit_gain
from training.config import read_config

Floats = NDArray[np.float64]
BACK_BY_WEEK = 13
NORMAL_95 = 1.959964
# the inputs of our contract as the file has them
COVARIATES = ("dep", "recall", "agelt35", "agegt54", *SITES, *SECTORS)


@dataclass(frozen=True)
class Effect:
    """The mean effect of arm 4 against control, with its standard error."""

    mean: float
    error: float

    @classmethod
    def of(cls, fitted: FittedGain) -> "Effect":
        """Return the mean effect by the product: the doubly robust one."""
        return cls(fitted.mean, fitted.error)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return self.mean - NORMAL_95 * self.error, self.mean + NORMAL_95 * self.error


def find_back(claimants: pd.DataFrame) -> Floats:
    """Return 1 for each claimant whose benefit was over by week 13, 0 for the others."""
    back: Floats = (claimants["inuidur1"] <= BACK_BY_WEEK).to_numpy(dtype=float)
    return back


def compare_arms(claimants: pd.DataFrame, outcome: Floats) -> Effect:
    """Return the difference of the two means of an outcome, with nothing adjusted."""
    return _regress(claimants, outcome, ())


def adjust(claimants: pd.DataFrame, outcome: Floats, *, quarters: bool = False) -> Effect:
    """Return the difference by least squares on the inputs that our contract has too."""
    return _regress(claimants, outcome, COVARIATES + (QUARTERS[1:] if quarters else ()))


def _regress(claimants: pd.DataFrame, outcome: Floats, covariates: Sequence[str]) -> Effect:
    """Return the coefficient of arm 4; its error allows for unequal variances."""
    offered = (claimants["tg"] == ARM).to_numpy(dtype=float)
    others = claimants[list(covariates)].to_numpy(dtype=float)
    design = np.column_stack([offered, np.ones(len(claimants)), others])
    inverse = np.linalg.pinv(design.T @ design)
    residual = outcome - design @ (inverse @ design.T @ outcome)
    variance = inverse @ (design.T * residual**2) @ design @ inverse
    return Effect(float((inverse @ design.T @ outcome)[0]), float(np.sqrt(variance[0, 0])))


def read_trial(folder: Path) -> Trial:
    """Return the trial as the product makes it from an extract."""
    return build_trial(read_extract(folder), seed=1)


def learn_gain(trial: Trial, seed: int) -> FittedGain:
    """Return the gain as the product learns it where support went by lot."""
    config = read_config()
    usual = replace(config.usual, threads=1)
    effects = measure_effects(trial, usual, config.gain, seed, by_lot=True)
    return fit_gain(effects, usual, config.gain, seed)
