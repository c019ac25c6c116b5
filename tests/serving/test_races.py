from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from models.suggestion import read_limits
from serving import assess, intake_file, reassess
from serving.assess import Desk
from serving.intake_file import Intake
from serving.states import StaleError
from serving.store.assessments import save_assessments
from tests.running_service import (
    FUND,
    NOW,
    PASSWORD,
    USERS,
    Service,
    get_bundle,
    make_assessment,
    make_own_case,
)
from tests.serving.case_work import open_case, post, read_rows
from tests.serving.meanwhile import Meanwhile, all_at_once
from tests.serving.whole_import import import_cases


def object_to(service: Service) -> Any:
    return post(service, "C-0001/requests", {"kind": "objection"}).status_code


def check_nothing_estimated_after(service: Service) -> None:
    lines = read_rows(service, "select action from audit order by audit_id")
    assert ("record_request",) in lines
    assert ("assess",) not in lines[lines.index(("record_request",)) :]


def test_who_objects_while_an_estimate_is_saved_is_estimated_no_more(
    either_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_case(either_service)
    objection = Meanwhile(monkeypatch, assess, "find_bars", lambda: object_to(either_service))

    saved = either_service.post(make_own_case(age_years=44))

    assert (saved.status_code, objection.join()) == (201, 201)
    assert read_rows(either_service, "select is_blocked from cases") == [(True,)]
    assert either_service.post(make_own_case(age_years=45)).status_code == 409
    check_nothing_estimated_after(either_service)


def test_who_objects_while_a_file_is_imported_is_estimated_no_more(
    either_service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    open_case(either_service)
    pd.DataFrame([make_own_case(age_years=44)]).to_csv(tmp_path / "cases.csv", index=False)
    intake = Intake(either_service.store, get_bundle(), read_limits(), NOW)
    objection = Meanwhile(monkeypatch, intake_file, "find_bars", lambda: object_to(either_service))

    done = import_cases(tmp_path / "cases.csv", intake)

    assert (done.saved, objection.join()) == (1, 201)
    check_nothing_estimated_after(either_service)


def test_what_comes_late_changes_nothing_of_a_case_under_an_objection(
    either_service: Service,
) -> None:
    open_case(either_service)
    object_to(either_service)
    row = read_rows(either_service, "select * from cases")

    with either_service.store.writing(FUND) as connection:
        save_assessments(connection, [make_assessment(age_years=44)], audit=())

    assert read_rows(either_service, "select * from cases") == row


def test_two_batches_of_the_same_cases_in_reverse_are_both_saved(either_service: Service) -> None:
    batch = [make_own_case(number) for number in range(1, 101)]

    def send(items: list[Any]) -> int:
        address = "/api/v1/assessments/batch"
        sent = either_service.client.post(address, json=items, auth=("arts", PASSWORD))
        return int(sent.status_code)

    codes = [
        code
        for _ in range(3)
        for code in all_at_once([lambda: send(batch), lambda: send(batch[::-1])])
    ]

    assert codes == [200] * 6
    assert read_rows(either_service, "select count(*) from assessments") == [(600,)]


def test_a_case_that_is_assessed_again_twice_at_once_is_assessed_once(
    either_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen_id = open_case(either_service)["latest"]["assessment_id"]
    desk = Desk(USERS[0], get_bundle(), read_limits(), NOW)

    def again() -> bool:
        try:
            store = either_service.store
            reassess.reassess_case("C-0001", seen_id, {"age_years": 44}, desk=desk, store=store)
        except StaleError:
            return False
        return True

    colleague = Meanwhile(monkeypatch, reassess, "list_assessments", again)

    assert sorted([again(), colleague.join()]) == [False, True]
    assert read_rows(either_service, "select count(*) from assessments") == [(2,)]
