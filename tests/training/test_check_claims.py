"""What a check foretells is what training finds, and what an audit finds."""

from dataclasses import replace

import numpy as np
import pytest

from features.matrix import build_matrix
from features.row_order import sort_rows
from features.tables import Extract
from models.fairness import Verdict, audit
from models.fairness_sums import AuditRows
from models.suggestion import Suggestion
from tests.training.conftest import Road
from training.check_gain import look_at_gain
from training.check_groups import can_pass, find_smallest_gap
from training.check_usual import look_at_usual
from training.config import read_config
from training.evaluate import measure
from training.samples import take_samples

PEOPLE, SMALL = 4000, 1000


def test_the_width_that_is_foretold_is_about_that_of_the_release(road: Road) -> None:
    samples = take_samples(sort_rows(road.extract), road.trained.windows, road.config.windows)

    foretold = look_at_usual(samples, road.config, 1)

    matrix = build_matrix(road.extract.cases, road.extract.contract)
    blank = np.isnan(matrix[:, list(road.extract.contract.answers)]).all(axis=1)
    found = road.trained.model.estimate_many(matrix).usual
    half = (found.high - found.low) / 2
    assert foretold.with_answers == pytest.approx(np.median(half[~blank]), rel=0.35)
    assert foretold.without == pytest.approx(np.median(half[blank]), rel=0.35)
    # the twenty draws of the quick settings tell a width to within half of it
    evaluate = replace(road.config.evaluate, resamples=200)
    auc = measure(road.trained.estimated, road.trained.test, evaluate, 1)["auc"]
    assert foretold.around_auc == pytest.approx((auc.high - auc.low) / 2, rel=0.25)


def test_the_people_compared_and_the_interval_of_the_gain_are_those_of_training(road: Road) -> None:
    known = road.trained.gain.known
    assert known is not None

    as_of = road.trained.windows.known_until
    foretold = look_at_gain(sort_rows(road.extract), road.config, 1, as_of=as_of)

    assert foretold.why_not == ""
    assert foretold.comparable == int(known.effects.supported.sum())
    assert foretold.comparable_others == len(known.effects) - foretold.comparable
    assert foretold.wide == pytest.approx((known.mean.high - known.mean.low) / 2, rel=0.15)


def test_a_part_of_a_large_trial_tells_about_the_same(road: Road) -> None:
    config = replace(road.config, refute=replace(road.config.refute, most_rows=2500))
    day = road.trained.windows.known_until

    whole = look_at_gain(road.extract, road.config, 1, as_of=day)
    part = look_at_gain(road.extract, config, 1, as_of=day)

    assert part.is_sampled
    assert not whole.is_sampled
    assert part.comparable == pytest.approx(whole.comparable, rel=0.05)
    assert part.wide == pytest.approx(whole.wide, rel=0.3)


def test_support_for_whom_nobody_can_be_compared_leaves_the_gain_unknown(road: Road) -> None:
    as_of = road.trained.windows.known_until

    found = look_at_gain(support_by_age(road.extract), road.config, 1, as_of=as_of)

    assert "comparable people" in found.why_not
    assert found.comparable is not None
    assert found.comparable < 200 < found.starts


def support_by_age(extract: Extract) -> Extract:
    """Support all of an age band at the screening, and nobody else: no overlap anywhere."""
    cases = extract.cases
    inside = cases[(cases["age_years"] >= 40) & (cases["age_years"] < 50)]
    inside = inside.drop_duplicates("case_id")
    began = inside["screened_on"]
    like = extract.pathways
    made = inside[["case_id"]].assign(referred_on=began, started_on=began)
    return replace(extract, pathways=made.reindex(columns=like.columns).astype(like.dtypes))


def deal(ratio: float, rate: float, seed: int) -> AuditRows:
    """Return people who did not return, of whom the first are wrongly turned away more often."""
    rng = np.random.default_rng(seed)
    chance = np.where(np.arange(PEOPLE) < SMALL, rate * ratio, rate)
    wrong = rng.random(PEOPLE) < chance
    return AuditRows(
        person=np.arange(PEOPLE),
        suggestion=np.where(wrong, Suggestion.OWN_WAY, Suggestion.REFER).astype(object),
        p_usual=np.full(PEOPLE, 0.3),
        gain=np.full(PEOPLE, 0.05),
        priority=np.zeros(PEOPLE),
        returned=np.zeros(PEOPLE),
        weight=np.ones(PEOPLE),
        gain_differs=False,
    )


def test_the_smallest_gap_is_found_by_an_audit_about_four_times_in_five() -> None:
    config = read_config()
    fairness = replace(config.fairness, resamples=20, deals=99)
    alarm = fairness.false_alarms  # one attribute: a single family
    gap = find_smallest_gap(SMALL, PEOPLE - SMALL, alarm, config.check)
    groups = {"group": np.where(np.arange(PEOPLE) < SMALL, "a", "b").astype(object)}

    found = [
        audit(deal(gap, config.check.error_rate, seed), groups, fairness, seed).groups[0].verdict
        for seed in range(40)
    ]

    assert 1.25 < gap < 2
    # four in five of 40, give or take three standard errors
    assert 25 <= sum(verdict is Verdict.FAIL for verdict in found) <= 39


def test_equal_treatment_passes_only_where_the_interval_is_narrow_enough() -> None:
    rate = 0.1

    found = [can_pass(count, 3 * count, 1.25, rate) for count in (200, 20_000)]

    assert found == [False, True]


def test_a_larger_group_shows_a_smaller_gap() -> None:
    check = read_config().check

    gaps = [find_smallest_gap(count, 5000, 0.01, check) for count in (60, 300, 3000)]

    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 2 > gaps[2]
