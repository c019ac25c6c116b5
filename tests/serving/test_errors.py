import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from features.contract import default_contract
from features.requests import CaseRefusedError
from serving.errors import explain
from serving.problem_texts import TEXTS
from serving.sessions import SESSION_COOKIE
from tests.factories import make_contract
from tests.running_service import PASSWORD, USERS, Service, make_own_case

MARK = "9f3gemerkt"


def read_problem(answer: Any) -> dict[str, Any]:
    """Return a problem after a look at what every problem has."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["type"].startswith("urn:kantelpunt:problem:")
    assert body["title"]
    assert body["detail"]
    return body


def test_each_wrong_field_is_named_with_what_is_expected_there(service: Service) -> None:
    case = make_own_case(age_years=120, diagnosis_group="griep", labour_status=..., extra=1)

    problem = read_problem(service.post(case))

    assert problem["status"] == 422
    errors = {e["field"]: e["expected"] for e in problem["errors"]}
    assert errors["age_years"] == "geheel getal van 16 tot 67, in jaar"
    assert errors["diagnosis_group"].startswith("een van burn_out (burn-out)")
    assert errors["labour_status"].endswith("(ontbreekt nu)")
    assert errors["extra"] == "dit veld is onbekend; laat het weg"
    assert "Bij Leeftijd: geheel getal van 16 tot 67" in problem["detail"]


REFUSED = [
    ("case_id", {"case_id": ".".join(["93", "05", "18-223", "61"])}, "rijksregisternummer"),
    ("person_key", {"person_key": "a b"}, "pseudoniem"),
    ("screened_on", {"screened_on": "2026-01-01"}, "op of na het begin"),
    ("absence_started_on", {"absence_started_on": "gisteren"}, "JJJJ-MM-DD"),
    ("absent_days", {"absence_started_on": "1999-01-01"}, "geheel getal van 0 tot 1500"),
    ("region", {"region": ""}, "tekst van 1 tot 64"),
    ("sickness_fund", {"sickness_fund": "\ud800"}, ""),
    ("weekly_hours", {"weekly_hours": "veel"}, "getal van 0 tot 60"),
    ("permitted_work", {"permitted_work": "ja"}, "ja (true) of nee (false)"),
    ("insz", {"insz": "9305" * 2}, "rijksregisternummer"),
]


@pytest.mark.parametrize(("field", "changes", "expected"), REFUSED)
def test_what_is_expected_is_said_in_dutch(
    service: Service, field: str, changes: dict[str, Any], expected: str
) -> None:
    content = json.dumps(make_own_case(**changes))

    answer = service.client.post(
        "/api/v1/assessments",
        content=content,
        headers={"content-type": "application/json"},
        auth=("arts", PASSWORD),
    )

    problem = read_problem(answer)
    assert answer.status_code == 422
    if "errors" in problem:
        assert problem["errors"][0]["field"] == field
        assert expected in problem["errors"][0]["expected"]


BODIES = [
    (b"{}", "text/plain", 415),
    (b"{}", "", 415),
    (b"{", "application/json", 422),
    (b"", "application/json", 422),
    (b"\xff\xfe", "application/json", 422),
    (b'{"age_years": NaN}', "application/json", 422),
    (b'{"age_years": 1e999}', "application/json", 422),
    (b"[" * 100_000, "application/json", 422),
    (b"[]", "application/json", 422),
    (b"null", "application/json", 422),
    (b'"case"', "application/json; charset=utf-8", 422),
    (b"{}", "application/vnd.api+json", 422),
]


@pytest.mark.parametrize(("body", "kind", "status"), BODIES)
@pytest.mark.parametrize("path", ["/api/v1/assessments", "/api/v1/assessments/batch"])
def test_a_body_that_is_no_case_is_a_problem_and_never_a_fault(
    service: Service, path: str, body: bytes, kind: str, status: int
) -> None:
    if path.endswith("batch") and body == b"[]":
        status = 200

    answer = service.client.post(
        path, content=body, headers={"content-type": kind}, auth=("arts", PASSWORD)
    )

    assert answer.status_code == status
    if status != 200:
        read_problem(answer)


def test_a_body_that_is_too_large_is_refused_whether_or_not_it_tells_its_size(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    service = start_service(sqlite_url, most_bytes=1000)
    large = json.dumps(make_own_case()).encode()

    told = service.post(make_own_case())
    untold = service.client.post(
        "/api/v1/assessments",
        content=(large[i : i + 100] for i in range(0, len(large), 100)),
        headers={"content-type": "application/json"},
        auth=("arts", PASSWORD),
    )

    assert [told.status_code, untold.status_code] == [413, 413]
    read_problem(told)


PARAMETERS = [
    "limit=0",
    "limit=201",
    "limit=veel",
    "suggestion=misschien",
    "answered=soms",
    "screened_from=gisteren",
    "region=%00",
    "search=%00",
    "search=a%20b",
]


@pytest.mark.parametrize("query", PARAMETERS)
def test_a_parameter_that_cannot_be_read_is_named(service: Service, query: str) -> None:
    problem = read_problem(service.get(f"/api/v1/cases?{query}"))

    assert problem["status"] == 422
    assert problem["errors"][0]["field"] == query.partition("=")[0]


def test_an_unknown_address_is_a_problem_under_api_and_a_page_elsewhere(service: Service) -> None:
    machine = service.get("/api/v1/bestaat-niet")
    page = service.client.get("/bestaat-niet")

    assert read_problem(machine)["status"] == 404
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "Niet gevonden" in page.text


def test_a_wrong_method_says_which_are_right(service: Service) -> None:
    answer = service.client.delete("/api/v1/model")

    assert read_problem(answer)["status"] == 405
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("number", ["C%00", "a%20b", "%2e%2e%2fx", "x" * 200, "é"])
def test_a_number_that_no_case_can_have_is_not_found(either_service: Service, number: str) -> None:
    assert either_service.get(f"/api/v1/cases/{number}").status_code == 404


def test_a_store_that_is_gone_is_said_with_when_to_try_again(
    start_service: Callable[..., Service],
) -> None:
    service = start_service("postgresql://nobody@127.0.0.1:1/none")
    service.client.cookies.set(SESSION_COOKIE, _open_session(service))

    api, page, ready = (
        service.get("/api/v1/cases"),
        service.client.get("/"),
        service.client.get("/readyz"),
    )

    assert [api.status_code, page.status_code, ready.status_code] == [503, 503, 503]
    assert api.headers["retry-after"] == ready.headers["retry-after"] == "5"
    assert read_problem(api)["title"] == "De dienst is even niet beschikbaar"
    assert "even niet beschikbaar" in page.text
    assert service.client.get("/healthz").status_code == 200


def _open_session(service: Service) -> str:
    session: str = service.app.state.service.gate.open_session(USERS[0])
    return session


def test_a_store_that_comes_back_is_used_again_without_a_restart(service: Service) -> None:
    with service.store.writing() as connection:
        connection.exec_driver_sql("alter table cases rename to gone")
    broken = service.get("/api/v1/cases")

    with service.store.writing() as connection:
        connection.exec_driver_sql("alter table gone rename to cases")

    assert broken.status_code == 503
    assert service.get("/api/v1/cases").status_code == 200


def test_a_fault_of_ours_is_told_without_what_went_wrong(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError(MARK)

    monkeypatch.setattr("serving.routes.api.assess_case", fail)
    monkeypatch.setattr("serving.routes.page_list.list_triage", fail)
    api = service.post(make_own_case())
    service.log_on()
    page = service.client.get("/")

    printed = capsys.readouterr()
    assert read_problem(api)["title"] == "Er ging iets mis bij ons"
    assert page.status_code == 500
    assert "Er ging iets mis" in page.text
    assert MARK not in api.text + page.text + printed.out + printed.err
    assert "ZeroDivisionError" in printed.out + printed.err


def test_no_value_of_a_case_is_in_any_answer_to_a_bad_one_nor_in_any_log(
    service: Service, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts = []
    for name in make_own_case():
        texts.append(service.post(make_own_case(**{name: MARK + "\n"})).text)
        texts.append(service.post(make_own_case(**{name: [MARK]})).text)
        texts.append(service.post(make_own_case(**{name: {MARK: MARK}})).text)
    items = [make_own_case(region=MARK + "\x00"), MARK, {"case_id": MARK}]
    texts.append(
        service.client.post("/api/v1/assessments/batch", json=items, auth=("arts", PASSWORD)).text
    )
    texts += [
        service.client.get(f"/api/v1/{MARK}").text,
        service.get(f"/api/v1/cases/{MARK}").text,
        service.get(f"/api/v1/cases?cursor={MARK}&suggestion={MARK}&region={MARK}%00").text,
        service.client.get("/api/v1/model", auth=(MARK, MARK)).text,
        service.client.get(f"/{MARK}").text,
    ]
    service.post(make_own_case(case_id=MARK, person_key=MARK))
    service.get(f"/api/v1/cases/{MARK}")

    printed = capsys.readouterr()
    # the test's own client logs where it goes
    logged = [r.getMessage() for r in caplog.records if not r.name.startswith("http")]
    said = "".join([*texts, printed.out, printed.err, *logged])
    said += service.client.get("/metrics").text

    assert MARK not in said


def test_every_text_has_a_status_a_title_and_what_to_do() -> None:
    for key, (status, title, what_to_do) in TEXTS.items():
        assert 400 <= status < 600
        assert title
        assert what_to_do or key == "case-refused"


def test_many_faults_are_counted_rather_than_all_spelled_out() -> None:
    contract = make_contract(fields=8)
    faults = [f"{name}: expected a number from 0 to 10" for name in contract.names]

    problem = explain(CaseRefusedError(faults), contract)

    assert "En nog 3 andere velden." in problem.detail
    assert len(problem.errors) == 8


def test_one_fault_more_than_are_spelled_out_is_one_other_field() -> None:
    contract = make_contract(fields=6)
    faults = [f"{name}: expected a number from 0 to 10" for name in contract.names]

    problem = explain(CaseRefusedError(faults), contract)

    assert problem.detail.endswith("En nog 1 ander veld.")


def test_what_we_did_not_expect_is_a_fault_of_ours() -> None:
    assert explain(RuntimeError(MARK), default_contract()).status == 500


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    structlog.reset_defaults()
