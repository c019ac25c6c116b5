import json
import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import inspect, text

from features.contract import default_contract
from models.estimate import GainStatus
from serving.assessment import Assessment
from serving.assessment_schemas import AssessmentOut
from serving.permissions import Scope
from serving.store.assessments import list_assessments, save_assessments
from serving.store.cases import CaseFilter, list_cases
from serving.store.engine import EVERY_FUND, Store
from serving.store.upgrade import downgrade_store, upgrade_store
from tests.running_service import FUND, make_assessment

OLD_LIMITS = {
    "valid_from": "1990-01-01",
    "not_yet_below": 0.2,
    "own_way_from": 0.55,
    "author": "Kantelpunt",
    "reason": "starting values",
}


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with closing(Store(store_url)) as made:
        yield made


def save(store: Store, made: Assessment) -> None:
    with store.writing(EVERY_FUND) as connection:
        save_assessments(connection, [made], audit=[])


def read(store: Store, case_id: str = "C-0001") -> Assessment:
    with store.reading(EVERY_FUND) as connection:
        [found] = list_assessments(connection, Scope(FUND), case_id)
    return found


@pytest.mark.parametrize("status", list(GainStatus))
def test_the_gain_and_the_curve_come_back_as_they_were(store: Store, status: GainStatus) -> None:
    made = make_assessment(status=status)

    save(store, made)
    found = read(store)

    assert found == replace(made, estimate=found.estimate, made_at=found.made_at)
    assert found.estimate.gain_status is status
    parts = (
        (made.estimate.gain, found.estimate.gain),
        (made.estimate.support, found.estimate.support),
    )
    for one, other in parts:
        assert (one is None) == (other is None) == (status is GainStatus.UNKNOWN)
        if one is not None and other is not None:
            assert (one.contributions == other.contributions).all()
            assert vars(one) | {"contributions": None} == vars(other) | {"contributions": None}
    assert (made.estimate.hidden > 0) == (status is not GainStatus.UNKNOWN)
    assert found.estimate.hidden == made.estimate.hidden


def test_what_was_kept_before_the_gain_reads_back_as_unknown(store: Store) -> None:
    save(store, make_assessment(status=GainStatus.ESTIMATED))
    downgrade_store(store, "0001")
    with store.writing(EVERY_FUND) as connection:
        connection.execute(
            text("update assessments set limits = :limits"), {"limits": json.dumps(OLD_LIMITS)}
        )

    upgrade_store(store)

    found = read(store)
    with store.reading(EVERY_FUND) as connection:
        [listed] = list_cases(connection, Scope(FUND), CaseFilter(), limit=5)
    assert (found.estimate.gain, found.estimate.support) == (None, None)
    assert found.estimate.gain_status is listed.gain_status is GainStatus.UNKNOWN
    assert (listed.gain, listed.support, found.curve) == (None, None, ())
    assert math.isnan(found.limits.gain_from)
    assert found.limits.valid_from == date(1990, 1, 1)
    assert AssessmentOut.of(found).limits.gain_from is None
    assert len(found.reasons.usual) == len(default_contract().fields)


def test_what_was_kept_before_hidden_confounders_were_told_apart_reads_back_with_none(
    store: Store,
) -> None:
    made = make_assessment(status=GainStatus.ESTIMATED)
    save(store, made)

    downgrade_store(store, "0002")
    columns = {one["name"] for one in inspect(store.engine).get_columns("cases")}
    upgrade_store(store)

    found = read(store)
    with store.reading(EVERY_FUND) as connection:
        [listed] = list_cases(connection, Scope(FUND), CaseFilter(), limit=5)
    assert "gain_hidden" not in columns
    assert found.estimate.hidden == listed.gain_hidden == 0.0
    assert found.estimate.gain is not None
    assert made.estimate.gain is not None
    assert found.estimate.gain.high == made.estimate.gain.high


def test_going_back_and_on_again_keeps_everything_but_the_gain(store: Store) -> None:
    made = make_assessment(status=GainStatus.SAME_FOR_ALL)
    save(store, made)

    downgrade_store(store, "0001")
    columns = {one["name"] for one in inspect(store.engine).get_columns("assessments")}
    upgrade_store(store)
    save(store, make_assessment(2, status=GainStatus.SAME_FOR_ALL))

    assert {"gain_low", "gain_status", "curve"} & columns == set()
    assert read(store).estimate.usual.value == made.estimate.usual.value
    assert read(store).case == made.case
    assert read(store, "C-0002").estimate.gain_status is GainStatus.SAME_FOR_ALL
