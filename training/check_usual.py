"""How precise p_usual could be, before anything is trained."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.leaks import find_auc_error
from models.spread import fit_spread
from models.usual import Sample, fit_usual
from training.config import Config
from training.evaluate import NINETY_FIVE_PERCENT


@dataclass(frozen=True)
class UsualOutlook:
    """Half-widths: of the 90 % interval of one estimate, and of the 95 % interval of the AUC.

    `with_answers` and `without` are medians over people who did and did not answer the
    questionnaire, None where there are none. `learnt` and `tested` are the screenings with a known
    outcome in the two windows, `known` those of all windows, from which the release learns.
    """

    with_answers: float | None
    without: float | None
    around_auc: float
    learnt: int
    tested: int
    known: int


def look_at_usual(samples: dict[str, Sample], config: Config, seed: int) -> UsualOutlook:
    """Return what to expect of intervals: learnt as training does, with less search.

    The AUC has the error of Hanley and McNeil at a usual AUC.
    """
    known, test = samples["all"], samples["test"]
    half = _learn_widths(known, config, seed)
    blank = np.isnan(known.matrix[:, list(known.contract.answers)]).all(axis=1)
    if not known.contract.answers:
        blank = np.zeros(len(known), dtype=np.bool_)
    return UsualOutlook(
        float(np.median(half[~blank])) if not blank.all() else None,
        float(np.median(half[blank])) if blank.any() else None,
        NINETY_FIVE_PERCENT * find_auc_error(config.check.likely_auc, test.target == 1),
        len(samples["learn"]),
        len(test),
        len(known),
    )


def _learn_widths(sample: Sample, config: Config, seed: int) -> NDArray[np.float64]:
    """Return half of the 90 % interval of each row, with the shape of the nuisances of the gain."""
    usual = replace(config.usual, repeats=1)
    spread = replace(
        config.spread,
        refits=min(config.check.refits, config.spread.refits),
        most_cases=min(config.check.most_cases, config.spread.most_cases),
    )
    shape = config.gain.nuisance
    head = fit_usual(sample, shape, usual, seed)
    return fit_spread(sample, head, shape, usual, spread, seed).half_width(sample.matrix)
