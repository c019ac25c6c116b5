"""Errors per group on people whose outcome is known: found where planted, silent about few."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.contract import Outcome, default_contract
from features.tables import Extract
from models.course import ECE, SLOPE
from models.watching import Check, Verdict
from serving.monitor import Watch, watch
from serving.monitor_rows import SUGGESTIONS, Told
from serving.monitor_settled import AUDIT, MOST, Settled, audit_settled, check_fairness, settle
from tests.running_service import NOW, Service, get_bundle, make_own_case
from tests.serving.test_outcomes import report
from tests.told import OWN_WAY, REFER, make_told
from training.config import read_config


def make_settled(count: int, seed: int, worse: float, women: float = 0.5) -> Settled:
    """Return people of whom women are told wrongly "own_way" so much more often."""
    rng = np.random.default_rng(seed)
    woman = rng.random(count) < women
    chance = np.where(woman, 0.12 * worse, 0.12)
    told = make_told(
        count,
        suggestion=np.where(rng.random(count) < chance, OWN_WAY, REFER),
        groups={"sex": np.where(woman, "female", "male").astype(object)},
    )
    return Settled(told, (rng.random(count) < 0.5).astype(float), np.ones(count))


def look(settled: Settled) -> dict[str, Check]:
    return {one.group: one for one in check_fairness(settled, audit_settled(settled))}


def test_a_group_that_meets_more_errors_is_an_alarm_and_the_other_is_in_order() -> None:
    found = look(make_settled(6000, 1, worse=2.0))

    assert (found["female"].verdict, found["male"].verdict) == (Verdict.ALARM, Verdict.OK)
    assert found["female"].figures["ratio"] == pytest.approx(2, abs=0.4)
    assert found["female"].figures["false_own_way"] == pytest.approx(0.24, abs=0.03)


def test_groups_that_are_alike_are_no_alarm() -> None:
    found = [look(make_settled(2000, seed, worse=1.0)) for seed in range(12)]

    assert Verdict.ALARM not in {one.verdict for each in found for one in each.values()}


def test_of_a_group_that_is_too_small_there_is_no_evidence_nor_any_figure() -> None:
    found = look(make_settled(3000, 2, worse=1.0, women=0.005))["female"]

    assert (found.verdict, found.why, found.figures) == (Verdict.INSUFFICIENT, "too_few", {})
    assert "count" not in found.plain()


def test_a_rate_that_rests_on_fewer_than_five_errors_is_not_told() -> None:
    settled = make_settled(3000, 2, worse=0.3, women=0.05)
    women = settled.told.groups["sex"] == "female"
    own_way = (settled.told.suggestion == OWN_WAY) & (settled.returned == 0) & women

    found = look(settled)["female"].plain()

    assert 0 < own_way.sum() < 5
    assert found["figures"] == {}
    assert "size" not in found
    assert found["count"] == int(women.sum()) // 10 * 10


def test_a_missed_gain_counts_where_the_gain_is_one_of_each_person() -> None:
    rng = np.random.default_rng(4)
    settled = make_settled(6000, 4, worse=1.0)
    gain = rng.uniform(0.02, 0.1, 6000)
    missed = rng.random(6000) < np.where(settled.told.groups["sex"] == "female", 0.5, 0.2)
    told = make_told(
        6000,
        gain=gain,
        differs=np.ones(6000, dtype=np.bool_),
        suggestion=np.where(missed, SUGGESTIONS.index("not_yet"), REFER),
        groups=settled.told.groups,
    )

    found = look(Settled(told, settled.returned, settled.weight))["female"]

    assert found.verdict is Verdict.ALARM
    assert found.figures["missed_gain"] == pytest.approx(0.5, abs=0.03)


def make_extract(told: Told, until: str) -> Extract:
    cases = pd.DataFrame(
        {
            "case_id": told.case,
            "screened_on": told.screened_on.astype("datetime64[s]"),
            "absence_started_on": told.began_on.astype("datetime64[s]"),
        }
    )
    nothing = pd.DataFrame({"case_id": np.empty(0, dtype=np.int64)})
    empty = pd.Series([], dtype="datetime64[s]")
    follow_up = pd.DataFrame({"case_id": told.case, "observed_until": pd.Timestamp(until)})
    return Extract(
        contract=default_contract(),
        cases=cases,
        pathways=nothing.assign(started_on=empty),
        work_periods=nothing.assign(started_on=empty, ended_on=empty),
        follow_up=follow_up.assign(exit=None, exited_on=pd.NaT),
        groups=nothing,
        rejected=nothing,
    )


def test_only_who_could_be_settled_by_now_counts() -> None:
    outcome = Outcome()
    first = date(2026, 4, 1) - timedelta(days=outcome.horizon_days + outcome.sustained_days - 1)
    told = make_told(3, [first - timedelta(days=9), first, first + timedelta(days=1)])

    found = settle(told, make_extract(told, "2026-04-01"), outcome)
    none = settle(told, make_extract(told.take(np.arange(0)), "2026-04-01"), outcome)

    assert found.told.case.tolist() == [0, 1]
    assert found.returned.tolist() == [0, 0]
    assert (found.weight > 0).all()
    assert len(none.told) == 0


def test_who_got_support_is_spoken_for_by_those_of_the_same_suggestion() -> None:
    refer = np.arange(800) < 400
    told = make_told(800, suggestion=np.where(refer, REFER, OWN_WAY))
    supported = np.arange(300)
    started = pd.DataFrame({"case_id": supported, "started_on": pd.Timestamp("2024-12-01")})
    extract = replace(make_extract(told, "2026-04-01"), pathways=started)

    weight = settle(told, extract, Outcome()).weight

    assert (weight[:300] == 0).all()
    assert weight[300:400] == pytest.approx(4)
    assert weight[400:] == pytest.approx(1)


def test_the_newest_count_where_there_are_very_many() -> None:
    days = np.datetime64("2023-01-01") + np.arange(MOST + 7) // 100
    told = make_told(MOST + 7, days)

    found = settle(told, make_extract(told, "2026-04-01"), Outcome())

    assert len(found.told) == MOST
    assert found.told.case.tolist() == list(range(7, MOST + 7))


def test_the_audit_is_that_of_a_release_with_fewer_false_alarms() -> None:
    release = read_config().fairness
    same = {name: value for name, value in vars(AUDIT).items() if name != "false_alarms"}

    assert same == {name: value for name, value in vars(release).items() if name in same}
    assert AUDIT.false_alarms < release.false_alarms


def test_calibration_is_watched_from_the_limits_of_a_release_on() -> None:
    gates = read_config().gates

    assert (ECE.watch, ECE.alarm) == (gates.most_ece, gates.most_group_ece)
    assert 1 - SLOPE.watch == pytest.approx(gates.least_slope)
    assert 1 + SLOPE.watch == pytest.approx(gates.most_slope)


def test_what_became_of_people_of_a_store_is_set_beside_what_was_promised(
    either_service: Service,
) -> None:
    followed, worked = [], []
    for number in range(1, 61):
        case = make_own_case(number, screened_on="2024-11-01", absence_started_on="2024-08-01")
        assert either_service.post(case).status_code == 201
        followed.append({"case_id": f"C-{number:04d}", "observed_until": "2026-04-14"})
        if number % 2:
            worked.append({"case_id": f"C-{number:04d}", "started_on": "2024-12-01"})
    answer = report(either_service, follow_up=followed, work_periods=worked)

    found = watch(either_service.store, Watch(get_bundle(), NOW - timedelta(days=30), NOW))

    assert answer.json()["refused_count"] == 0
    assert found.counts["settled"] == 60
    realised = {one.name: one.figures for one in found.checks if one.kind == "realised"}
    assert realised["auc"]["auc"] == pytest.approx(0.5, abs=0.001)  # all were told the same
    assert realised["brier"]["low"] < realised["brier"]["brier"] < realised["brier"]["high"]
