"""Returns next to what was told, in a cohort of which the truth is known."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.contract import default_contract
from features.synthetic import build_cohort
from features.tables import Extract
from models.course import OVERALL, Course, compare_returns
from models.expected import expect
from models.reference import Reference, Shape
from models.watching import Check, Verdict, judge
from serving.monitor_checks import check_expected
from serving.monitor_outcomes import RECENT, Matured, follow
from serving.monitor_rows import Told
from training.reference import measure_shape

HORIZON, YEARS = 365, 1095
DAY = date(2026, 1, 1)


def make_cohort() -> tuple[Extract, np.ndarray, Shape | None]:
    """Return the screenings of three years with the true chance of each, and how returns come."""
    made = build_cohort(default_contract(), 12_000, 1)
    extract = Extract(
        contract=default_contract(), rejected=made.tables["groups"].iloc[:0], **made.tables
    )
    truth = made.truth["p_usual"].to_numpy()
    shape = measure_shape(extract, truth)
    last = extract.follow_up["observed_until"].max()
    kept = (extract.cases["screened_on"] > last - pd.Timedelta(days=YEARS)).to_numpy()
    return replace(extract, cases=extract.cases[kept].reset_index(drop=True)), truth[kept], shape


def tell(extract: Extract, p: np.ndarray) -> Told:
    """Return estimates of these cases: of all that is kept only what returns are held against."""
    count = len(p)
    zeros, labels = np.zeros(count), np.full(count, "1", dtype=object)
    unknown = np.full((count, 1), np.nan)
    days = extract.cases["screened_on"].to_numpy(dtype="datetime64[D]")
    return Told(
        case=np.arange(count),
        screened_on=days,
        began_on=days,
        made_at=zeros,
        version=labels,
        p_usual=p,
        gain=zeros,
        differs=zeros > 0,
        suggestion=np.zeros(count, dtype=np.int64),
        answered=zeros,
        limits=np.zeros((count, 3)),
        codes=np.zeros((count, 0), dtype=np.uint8),
        usual=unknown,
        support=unknown,
        groups={},
    )


def lose_recent_returns(extract: Extract, share: float) -> Extract:
    """Return the cohort as if, since half a year, so many who returned had not."""
    periods, last = extract.work_periods, extract.follow_up["observed_until"].max()
    lag = extract.contract.outcome.sustained_days
    since = last - pd.Timedelta(days=RECENT + lag)
    lost = extract.cases["case_id"].to_numpy()
    lost = lost[np.random.default_rng(1).random(len(lost)) < share]
    gone = (periods["started_on"] > since) & periods["case_id"].isin(lost)
    return replace(extract, work_periods=periods[~gone].reset_index(drop=True))


def look(course: Course) -> Check:
    [found] = judge([compare_returns("returns", "ratio", "", course, 4, OVERALL)])
    return found


def test_a_world_that_changed_of_late_is_seen_at_once_and_not_only_years_later() -> None:
    extract, truth, shape = make_cohort()

    def watch(world: Extract) -> Matured:
        return follow(tell(world, truth), world, (HORIZON,), HORIZON, shape)

    before, after = watch(extract), watch(lose_recent_returns(extract, 0.3))

    assert look(before.recent).verdict is not Verdict.ALARM
    assert look(before.recent).figures["low"] < 1 < look(before.recent).figures["high"]
    assert look(after.course).verdict is not Verdict.ALARM
    assert look(after.recent).verdict is Verdict.ALARM


@pytest.mark.parametrize(
    ("people", "tested", "verdict"),
    [
        (32, [0.70, 0.69, 0.71], Verdict.INSUFFICIENT),  # too few to see it fall
        (5000, [0.70, 0.69, 0.71], Verdict.OK),
        (5000, [0.70, 0.64, 0.76], Verdict.INSUFFICIENT),  # the release itself was hardly tested
        (5000, [0.84, 0.83, 0.85], Verdict.ALARM),
    ],
)
def test_an_auc_is_in_order_only_where_a_fall_would_have_been_seen(
    people: int, tested: list[float], verdict: Verdict
) -> None:
    p = np.random.default_rng(1).beta(2.5, 3.5, people)

    [found] = check_expected(p, None, {"auc": tested})

    assert found.verdict is verdict


def test_estimates_that_are_too_sure_are_held_against_what_they_promised_before() -> None:
    p = np.random.default_rng(1).beta(0.8, 1.2, 5000)  # they promise more than was ever found
    before = expect(np.random.default_rng(2).beta(0.8, 1.2, 5000))
    worse = np.random.default_rng(3).beta(2.5, 3.5, 5000)
    assert before is not None
    kept = Reference(DAY, DAY, 5000, {}, {}, {}, auc=before.auc)

    [same], [fallen] = (
        check_expected(one, kept, {"auc": [0.68, 0.67, 0.69]}) for one in (p, worse)
    )

    assert same.verdict is Verdict.OK
    assert fallen.verdict is Verdict.ALARM
