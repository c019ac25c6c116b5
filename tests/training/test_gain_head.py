"""What the interval of a released gain allows for, whatever the verdict on ranking by it."""

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models import effects
from models.estimate import GainStatus
from models.gain import FittedGain, fit_gain
from models.heads import NINETY_PERCENT
from tests.models.worlds import get_extract
from training import gain
from training.config import Config, read_config
from training.evaluate import Measured
from training.gain import KnownGain, learn_gain
from training.ranking_skill import Skill

AS_OF = date(2026, 6, 30)


@cache
def fast() -> Config:
    config = read_config()
    return replace(
        config,
        usual=replace(config.usual, learning_rate=0.1, threads=1),
        gain=replace(
            config.gain, nuisance_rounds=30, support_rounds=30, rounds=10, folds=2, refits=2
        ),
        spread=replace(config.spread, refits=2, rounds=10),
    )


def learn(monkeypatch: pytest.MonkeyPatch, slope: float, *, by_lot: bool = False) -> KnownGain:
    """Return a gain of straight lines, by which a ranking is as good as the slope says."""

    def fit_lines(*given: Any) -> FittedGain:
        return replace(fit_gain(*given), form="linear")

    def rank(*_: object, **__: object) -> Skill:
        return Skill(Measured(slope, slope - 0.01, slope + 0.01), np.zeros(0), 500)

    monkeypatch.setattr(gain, "fit_gain", fit_lines)
    monkeypatch.setattr(gain, "measure_skill", rank)
    extract = get_extract("rct" if by_lot else "default")
    known = learn_gain(extract, fast(), 1, as_of=AS_OF, by_lot=by_lot).known
    assert known is not None
    return known


@pytest.mark.parametrize(
    ("slope", "status"), [(0.1, GainStatus.ESTIMATED), (0.0, GainStatus.SAME_FOR_ALL)]
)
def test_a_gain_carries_what_a_hidden_confounder_may_do(
    monkeypatch: pytest.MonkeyPatch, slope: float, status: GainStatus
) -> None:
    known = learn(monkeypatch, slope)

    assert known.head.status is status
    assert known.head.hidden == known.hidden > 0


def test_one_gain_for_all_may_be_off_by_chance_as_far_as_its_mean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = learn(monkeypatch, 0.0)

    by_chance = known.head.spread.half_width(np.zeros((1, 0)))
    assert by_chance == pytest.approx(NINETY_PERCENT * known.fitted.error)


def test_after_a_lot_nothing_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    known = learn(monkeypatch, 0.1, by_lot=True)

    assert known.head.hidden == 0.0


def test_a_cut_before_which_no_outcome_is_known_ranks_nobody() -> None:
    extract = get_extract("default")
    is_recent = extract.cases["screened_on"] > pd.Timestamp(AS_OF) - pd.DateOffset(months=20)
    young = replace(extract, cases=extract.cases[is_recent].reset_index(drop=True))
    config = replace(fast(), gain=replace(fast().gain, fewest_supported=20))

    known = learn_gain(young, config, 1, as_of=AS_OF).known

    assert known is not None
    assert known.head.status is GainStatus.SAME_FOR_ALL
    assert known.skill.supported < known.effects.supported.sum()


def test_where_nobody_is_comparable_the_gain_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def keep_nobody(*_: object) -> tuple[float, float]:
        return 2.0, 3.0

    monkeypatch.setattr(effects, "find_bounds", keep_nobody)
    learnt = learn_gain(get_extract("default"), fast(), 1, as_of=AS_OF)

    assert learnt.head is None
    assert learnt.why_unknown.startswith("the outcome is known of 0 comparable people who started")


def test_a_lot_that_gave_support_weeks_after_the_screening_is_none() -> None:
    with pytest.raises(gain.NoLotError, match=r"--by-lot: .* leave --by-lot out"):
        learn_gain(get_extract("default"), fast(), 1, as_of=AS_OF, by_lot=True)
