"""A store that was filled before keeps everything, and gets what later tables need."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest
from sqlalchemy import select, text

from models.estimate import GainStatus
from serving.audit_trail import verify_audit
from serving.permissions import Scope
from serving.states import CaseState
from serving.store.assessments import list_assessments, save_assessments
from serving.store.audit import AuditEvent, save_audit
from serving.store.cases import CaseFilter, list_cases
from serving.store.engine import EVERY_FUND, Store
from serving.store.tables import audit
from serving.store.upgrade import downgrade_store, upgrade_store
from tests.running_service import FUND, NOW, get_bundle, make_assessment

BEFORE_STATES = "0003"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with closing(Store(store_url)) as opened:
        yield opened


def fill(store: Store, lines: int) -> None:
    made = [
        make_assessment(1, status=GainStatus.ESTIMATED, labour_status="employee"),
        make_assessment(2, status=GainStatus.SAME_FOR_ALL, labour_status="unemployed"),
    ]
    events = [AuditEvent(NOW, f"u{i}", "assess", FUND, f"C-{i}", {"n": i}) for i in range(lines)]
    with store.writing(EVERY_FUND) as connection:
        save_assessments(connection, made, audit=events)


def test_a_filled_store_gets_states_order_and_days(store: Store) -> None:
    fill(store, 3)
    downgrade_store(store, BEFORE_STATES)

    upgrade_store(store)
    with store.reading(EVERY_FUND) as connection:
        wanted = CaseFilter(labour_status="employee")
        [found] = list_cases(connection, Scope(FUND), wanted, limit=5)
        everybody = list_cases(connection, Scope(FUND), CaseFilter(), limit=5)
        [kept] = list_assessments(connection, Scope(FUND), "C-0001")

    assert found.case_id == "C-0001"
    assert found.state is CaseState.OPEN
    assert found.gain is not None
    assert found.gain_order == -found.gain.value
    assert [one.gain_order == 0 for one in everybody].count(True) == 1
    assert found.reassess_on is not None
    assert found.reassess_on > date(2026, 1, 1)
    assert kept.estimate.usual.value == found.usual.value


def test_the_lines_that_are_there_are_chained_and_found_whole(store: Store) -> None:
    fill(store, 2500)  # more than are chained at once
    downgrade_store(store, BEFORE_STATES)

    upgrade_store(store)
    with store.writing(EVERY_FUND) as connection:
        save_audit(connection, [AuditEvent(NOW, "u", "later")])
    verdict = verify_audit(store)
    with store.reading(EVERY_FUND) as connection:
        hashes = connection.execute(select(audit.c.hash)).scalars().all()

    assert verdict.is_whole
    assert len(set(hashes)) == len(hashes) > 2500
    assert all(len(one) == 64 for one in hashes)


@pytest.mark.parametrize("verb", ["update audit set user_key = 'x'", "delete from audit"])
def test_the_database_refuses_to_change_the_log_after_an_upgrade(store: Store, verb: str) -> None:
    fill(store, 2)
    downgrade_store(store, BEFORE_STATES)
    upgrade_store(store)

    with pytest.raises(Exception, match="append-only"), store.writing() as connection:
        connection.execute(text(verb))


def test_an_assessment_from_before_bundles_were_kept_has_none(store: Store) -> None:
    fill(store, 1)
    downgrade_store(store, "0008")

    upgrade_store(store)
    with store.reading(EVERY_FUND) as connection:
        [old] = list_assessments(connection, Scope(FUND), "C-0001")
    with store.writing(FUND) as connection:
        save_assessments(connection, [make_assessment(3)], audit=[])
    with store.reading(EVERY_FUND) as connection:
        [new] = list_assessments(connection, Scope(FUND), "C-0003")

    assert old.bundle_digest is None
    assert new.bundle_digest == get_bundle().digest
