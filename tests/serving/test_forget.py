from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

import kantelpunt
from serving.deps import get_now
from serving.forget import ForgetError, Forgotten, choose_day, find_last_day, forget_cases
from serving.store.columns import metadata
from serving.store.engine import EVERY_FUND
from serving.store.forget import list_tables_of_cases
from serving.store.shadow import save_scores
from serving.store.tables import cases
from serving.store.work_tables import contacts, fairness_groups, own_estimates
from tests.running_service import FUND, NOW, OTHER_FUND, TODAY, Service, make_own_case
from tests.serving.referred_cases import (
    get_state,
    list_audit,
    make_case_to_refer,
    make_sent_case,
    post,
    step,
)
from tests.serving.shadows import make_score

TOMORROW = TODAY + timedelta(days=1)


def forget(service: Service, **given: Any) -> Forgotten:
    wanted: dict[str, Any] = {"now": NOW, "remove": True} | given
    return forget_cases(service.store, **wanted)


def count_everything(service: Service) -> dict[str, int]:
    with service.store.reading(EVERY_FUND) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in list_tables_of_cases()
        }


def make_full_case(service: Service) -> None:
    """Have a row of one case in every table."""
    make_sent_case(service)
    step(service, "start")
    step(service, "end")
    post(service, "/api/v1/cases/C-0001/requests", {"kind": "access"})
    of = {"case_id": "C-0001"}
    day = TODAY.isoformat()
    rows = {
        "pathways": [of | {"referred_on": day}],
        "work_periods": [of | {"started_on": day}],
        "follow_up": [of | {"observed_until": day}],
    }
    assert post(service, "/api/v1/outcomes", rows, "systeem").json()["refused"] == []
    place = of | {"sickness_fund": FUND}
    with service.store.writing(FUND) as connection:
        connection.execute(insert(fairness_groups), place | {"groups": {"sex": "f"}})
        estimate = {"assessment_id": "a", "user_key": "arts", "made_at": NOW}
        answers = {"is_possible": "yes", "is_needed": "no"}
        contact = {"contact_id": "c", "made_at": NOW, "made_by": "arts", "result": "reached"}
        connection.execute(insert(contacts), place | contact)
        connection.execute(insert(own_estimates), place | estimate | answers)
        named = connection.execute(select(cases.c.assessment_id)).scalar_one()
        save_scores(connection, [make_score(named)])


def test_nothing_of_a_case_is_left_in_any_table_and_its_audit_lines_stay(
    either_service: Service,
) -> None:
    make_full_case(either_service)
    full, lines = count_everything(either_service), len(list_audit(either_service))

    done = forget(either_service, key=(FUND, "C-0001"))

    assert all(full.values())
    assert done == Forgotten(1, full, 0)
    assert set(count_everything(either_service).values()) == {0}
    after = list_audit(either_service)
    assert len(after) == lines + 1
    assert after[-1] == ("forget", full)


def test_every_table_that_names_a_case_is_forgotten_but_the_audit_log() -> None:
    named = {table.name for table in metadata.sorted_tables if "case_id" in table.c}

    assert {table.name for table in list_tables_of_cases()} == named - {"audit"}


def test_without_yes_it_only_counts(either_service: Service) -> None:
    make_full_case(either_service)
    full = count_everything(either_service)

    told = forget(either_service, key=(FUND, "C-0001"), remove=False)

    assert told == Forgotten(1, full, 0)
    assert count_everything(either_service) == full
    assert list_audit(either_service)[-1][0] != "forget"


def test_cases_screened_later_and_pathways_that_run_stay(either_service: Service) -> None:
    make_sent_case(either_service, 1)
    make_case_to_refer(either_service, 2)
    either_service.post(make_own_case(3, screened_on="2026-04-14"))
    either_service.post(make_own_case(2, sickness_fund=OTHER_FUND), user="arts.b")
    day = date(2026, 4, 12)

    done = forget(either_service, before=day)

    with either_service.store.reading(EVERY_FUND) as connection:
        query = select(cases.c.sickness_fund, cases.c.case_id)
        left = {tuple(row) for row in connection.execute(query)}
    assert (done.cases, done.running) == (2, 1)
    assert left == {(FUND, "C-0001"), (FUND, "C-0003")}
    assert get_state(either_service)[0] == "referred"


@pytest.mark.parametrize(("number", "why"), [("C-0001", "pathway"), ("C-0009", "no such case")])
def test_one_case_that_runs_or_is_not_there_is_refused(
    service: Service, number: str, why: str
) -> None:
    make_sent_case(service)

    with pytest.raises(ForgetError, match=why):
        forget(service, key=(FUND, number))

    with pytest.raises(ForgetError, match="either"):
        forget(service)


def test_a_case_stays_while_the_person_waits_for_an_answer(either_service: Service) -> None:
    for number in (1, 2):
        either_service.post(make_own_case(number))
    post(either_service, "/api/v1/cases/C-0001/requests", {"kind": "objection"})

    done = forget(either_service, before=TOMORROW)
    after = count_everything(either_service)
    by_number = forget(either_service, key=(FUND, "C-0001"))

    assert (done.cases, done.running, done.asking) == (1, 0, 1)
    assert (after["cases"], after["requests"]) == (1, 1)
    assert by_number.cases == 1


def test_no_case_goes_by_its_day_within_the_retention_period() -> None:
    over = find_last_day(NOW, 12)

    assert choose_day(NOW, 12, None) == over
    assert choose_day(NOW, 12, over - timedelta(days=1)) == over - timedelta(days=1)
    with pytest.raises(ForgetError, match="retention period"):
        choose_day(NOW, 12, over + timedelta(days=1))


def test_many_cases_go_in_parts_each_with_its_line(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        service.post(make_own_case(number))
    monkeypatch.setattr("serving.forget.BATCH", 2)

    done = forget(service, before=TOMORROW)

    assert (done.cases, done.rows) == (5, {"cases": 5, "assessments": 5})
    assert [action for action, _ in list_audit(service)].count("forget") == 3


def test_the_retention_period_ends_so_many_months_ago() -> None:
    assert find_last_day(NOW, 120) == date(2016, 4, 15)


def test_the_command_forgets_after_the_retention_period_and_only_with_yes(
    monkeypatch: pytest.MonkeyPatch,
    service: Service,
    sqlite_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in (1, 2):
        service.post(make_own_case(number))
    long_ago = find_last_day(get_now(), 12) - timedelta(days=1)
    with service.store.writing(FUND) as connection:
        old = cases.c.case_id == "C-0001"
        connection.execute(update(cases).where(old).values(screened_on=long_ago))
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("KANTELPUNT_RETENTION_MONTHS", "12")

    for more in ([], ["--yes"], ["--case", FUND, "C-0002", "--yes"]):
        kantelpunt.app(["forget", *more], standalone_mode=False)

    told = capsys.readouterr().out
    assert "would remove 1 case:" in told
    assert "add --yes" in told
    assert told.count("\nremoved 1 case:") == 2
    assert count_everything(service)["cases"] == 0
