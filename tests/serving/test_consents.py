from datetime import timedelta

import pytest
from sqlalchemy import select

from serving import consent
from serving.forget import forget_cases
from serving.store.forget import list_tables_of_cases
from serving.store.work_tables import consents
from tests.running_service import FUND, NOW, TODAY, Service
from tests.serving.case_work import read_rows
from tests.serving.meanwhile import Meanwhile, all_at_once
from tests.serving.referred_cases import CASE, agree, make_case_to_refer, post, send


def test_a_consent_of_before_it_was_withdrawn_does_not_come_back(either_service: Service) -> None:
    make_case_to_refer(either_service)
    earlier = (TODAY - timedelta(days=10)).isoformat()
    agree(either_service, given_on=earlier)
    version = post(either_service, f"{CASE}/consent/withdraw").json()["state_version"]

    refused = agree(either_service, given_on=earlier)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "given_on"
    assert send(either_service, state_version=version).status_code == 409


def test_who_agrees_again_on_the_day_of_withdrawing_has_agreed(either_service: Service) -> None:
    make_case_to_refer(either_service)
    agree(either_service)
    # after midnight in Brussels, and not yet in UTC
    either_service.set_clock(NOW.replace(hour=0, minute=30))
    version = post(either_service, f"{CASE}/consent/withdraw").json()["state_version"]

    assert agree(either_service).status_code == 201
    assert send(either_service, state_version=version).status_code == 201


def test_the_same_consent_at_once_is_kept_once(either_service: Service) -> None:
    make_case_to_refer(either_service)

    codes = all_at_once([lambda: agree(either_service).status_code] * 6)

    assert codes == [201] * 6
    assert read_rows(either_service, "select count(*) from consents") == [(1,)]


def test_nothing_is_sent_on_a_consent_that_is_being_withdrawn(
    either_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_case_to_refer(either_service)
    agree(either_service)
    sending = Meanwhile(
        monkeypatch, consent, "list_consents", lambda: send(either_service).status_code
    )

    withdrawn = post(either_service, f"{CASE}/consent/withdraw")

    assert (withdrawn.status_code, sending.join()) == (200, 409)
    assert read_rows(either_service, "select count(*) from referrals") == [(0,)]


def test_a_case_that_is_forgotten_meanwhile_leaves_no_consent(
    either_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_case_to_refer(either_service)

    def forget() -> int:
        return forget_cases(either_service.store, now=NOW, key=(FUND, "C-0001"), remove=True).cases

    forgetting = Meanwhile(monkeypatch, consent, "list_consents", forget)
    agreed = agree(either_service)

    assert (agreed.status_code, forgetting.join()) == (201, 1)
    for table in list_tables_of_cases():
        assert read_rows(either_service, f"select * from {table.name}") == []  # noqa: S608


def test_a_consent_that_was_withdrawn_keeps_that_day(either_service: Service) -> None:
    make_case_to_refer(either_service)
    query = select(consents.c.withdrawn_at).order_by(consents.c.recorded_at)

    for days in (0, 1):
        moment = NOW + timedelta(days=days)
        either_service.set_clock(moment)
        agree(either_service, given_on=moment.date().isoformat())
        post(either_service, f"{CASE}/consent/withdraw")

    with either_service.store.reading(FUND) as connection:
        kept = list(connection.execute(query).scalars())
    assert kept == [NOW, NOW + timedelta(days=1)]
