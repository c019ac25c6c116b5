"""Tuning in time order: each part judges settings that learnt from earlier screenings of others."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from features.cohort import Screenings
from models.usual import Sample
from training.config import TuneConfig, WindowConfig
from training.samples import FEWEST_PERSONS
from training.splits import select_days


@dataclass(frozen=True)
class Stage:
    """What is learnt from, and the later screenings of other persons that judge it."""

    learn: Sample
    judge: Sample


@dataclass(frozen=True)
class Stages:
    """Where the search tries settings, and the newest people, whom it knows nothing of."""

    search: tuple[Stage, ...]
    aside: Stage


def part_in_time(
    screenings: Screenings, until: date, config: TuneConfig, fewest: WindowConfig
) -> Stages | None:
    """Return the stages of a learn window that ends on `until`; None where it is too short.

    Outcomes are as known on `until`, of screenings old enough to be settled on that day. Nobody is
    in both samples of a stage, nor in the search and among those set aside.
    """
    outcome = screenings.contract.outcome
    settle = timedelta(days=outcome.horizon_days + outcome.sustained_days)
    settled = select_days(screenings, None, until - settle)
    if not len(settled):
        return None
    cuts = np.quantile(settled.screened_on.astype(np.int64), config.cuts).astype(int)
    days = [*(date(1970, 1, 1) + timedelta(days=int(day)) for day in cuts), until - settle]
    aside = select_days(settled, days[-2], days[-1])
    searched = _without(settled, aside)
    stages = [
        _build_stage(select_days(searched, None, start), select_days(searched, start, end))
        for start, end in pairwise(days[:-1])
    ]
    last = _build_stage(select_days(settled, None, days[-2]), aside)
    if not all(_is_enough(stage, fewest) for stage in (*stages, last)):
        return None
    return Stages(tuple(stages), last)


def _build_stage(before: Screenings, later: Screenings) -> Stage:
    return Stage(Sample.of(_without(before, later)), Sample.of(later))


def _without(screenings: Screenings, others: Screenings) -> Screenings:
    """Return the screenings of persons who are not among `others`."""
    return screenings.select(~np.isin(screenings.person, others.person))


def _is_enough(stage: Stage, fewest: WindowConfig) -> bool:
    return (
        len(stage.learn) >= fewest.fewest_settled
        and len(stage.judge) >= fewest.fewest_tested
        and all(
            len(np.unique(one.person)) >= FEWEST_PERSONS and len(np.unique(one.target)) == 2
            for one in (stage.learn, stage.judge)
        )
    )
