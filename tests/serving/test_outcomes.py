from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from features.tables import Extract, read_extract
from serving.outcomes import keep_outcomes
from serving.permissions import Scope
from serving.store.engine import EVERY_FUND
from serving.store.outcomes import OUTCOME_TABLES
from tests.factories import make_extract_tables, write_extract
from tests.running_service import FUND, NOW, OTHER_FUND, TODAY, Service, make_own_case
from tests.serving.referred_cases import (
    PERSON_NUMBER,
    get_state,
    list_audit,
    make_sent_case,
    post,
    step,
)

AGO = {days: (TODAY - timedelta(days=days)).isoformat() for days in (0, 1, 2, 3, 300)}
PATHWAY = {"case_id": "C-0001", "referred_on": AGO[0]}


def report(service: Service, user: str = "systeem", **tables: Any) -> Any:
    return post(service, "/api/v1/outcomes", tables, user)


def list_rows(service: Service, table: str) -> list[dict[str, Any]]:
    with service.store.reading(EVERY_FUND) as connection:
        return [dict(row) for row in connection.execute(select(OUTCOME_TABLES[table])).mappings()]


def test_what_a_fund_reports_is_kept_and_reported_again_replaces_it(
    either_service: Service,
) -> None:
    either_service.post(make_own_case())
    work = {"case_id": "C-0001", "started_on": AGO[3]}

    for ended_on in (None, AGO[1]):
        answer = report(either_service, work_periods=[work | {"ended_on": ended_on}])

    assert answer.status_code == 200
    assert answer.json() == {
        "message_nl": "Elke rij is bewaard.",
        "kept_count": 1,
        "refused_count": 0,
        "kept": {"pathways": 0, "work_periods": 1, "follow_up": 0},
        "moved": 0,
        "refused": [],
    }
    kept = list_rows(either_service, "work_periods")
    assert [row["ended_on"].isoformat() for row in kept] == [AGO[1]]
    assert list_audit(either_service)[-1] == ("report_outcomes", {"work_periods": 1, "refused": 0})


def test_rows_that_cannot_be_kept_hold_up_no_other(either_service: Service) -> None:
    either_service.post(make_own_case())
    either_service.post(make_own_case(2, sickness_fund=OTHER_FUND), user="arts.b")
    good = {"case_id": "C-0001", "observed_until": AGO[0], "exit": "pension", "exited_on": AGO[1]}

    answer = report(
        either_service,
        follow_up=[good, {"case_id": "C-0002", "observed_until": AGO[0]}],
        work_periods=[{"case_id": "C-0001", "started_on": AGO[1], "ended_on": AGO[2]}, 7],
        pathways=[{"case_id": "C-0001", "referred_on": "gisteren", "ssin": PERSON_NUMBER}],
    )

    told = {(r["table"], r["index"]): (r["key"], r["errors"]) for r in answer.json()["refused"]}
    assert answer.json()["kept"] == {"pathways": 0, "work_periods": 0, "follow_up": 1}
    assert told["follow_up", 1] == ("unknown-case", [])
    assert (answer.json()["kept_count"], answer.json()["refused_count"]) == (1, 4)
    assert answer.json()["message_nl"] == "Bewaard: 1. Geweigerd, en dus niet bewaard: 4."
    assert "geen dossier" in answer.json()["refused"][0]["reason_nl"]
    assert [e["field"] for e in told["work_periods", 0][1]] == ["ended_on"]
    assert told["work_periods", 1][0] == "wrong-fields"
    assert {e["field"] for e in told["pathways", 0][1]} == {"referred_on", "body"}
    assert "gisteren" not in answer.text
    assert PERSON_NUMBER not in answer.text


@pytest.mark.parametrize(
    ("table", "row", "field"),
    [
        ("pathways", {"referred_on": AGO[1], "started_on": AGO[2]}, "started_on"),
        ("pathways", {"referred_on": AGO[1], "ended_on": AGO[2]}, "started_on"),
        ("pathways", {"referred_on": AGO[2], "ended_on": AGO[1]}, "started_on"),
        (
            "pathways",
            {"referred_on": AGO[3], "started_on": AGO[1], "ended_on": AGO[2]},
            "ended_on",
        ),
        ("work_periods", {"started_on": "2026-04-16"}, "started_on"),
        ("work_periods", {"started_on": "1900-01-01"}, "started_on"),
        ("follow_up", {"observed_until": AGO[300]}, "observed_until"),
        ("follow_up", {"observed_until": AGO[0], "exit": "death"}, "exited_on"),
        ("follow_up", {"observed_until": AGO[0], "exited_on": AGO[1]}, "exit"),
        (
            "follow_up",
            {"observed_until": AGO[1], "exit": "death", "exited_on": AGO[0]},
            "exited_on",
        ),
    ],
)
def test_days_that_contradict_each_other_are_named(
    service: Service, table: str, row: dict[str, Any], field: str
) -> None:
    service.post(make_own_case())

    rows: dict[str, Any] = {table: [{"case_id": "C-0001"} | row]}
    answer = report(service, **rows).json()

    assert [error["field"] for error in answer["refused"][0]["errors"]] == [field]
    assert list_rows(service, table) == []


def test_a_report_of_which_nothing_was_kept_says_so(service: Service) -> None:
    answer = report(service, work_periods=[{"case_id": "C-9", "started_on": AGO[1]}])

    told = answer.json()
    assert (answer.status_code, told["kept_count"], told["refused_count"]) == (200, 0, 1)
    assert told["message_nl"] == "Er is niets bewaard: elke rij is geweigerd."
    assert report(service).json()["message_nl"] == "Er waren geen rijen."


def test_a_reported_pathway_moves_its_referral_as_far_as_it_can(either_service: Service) -> None:
    make_sent_case(either_service)

    started = report(either_service, pathways=[PATHWAY | {"started_on": AGO[0]}]).json()
    both = PATHWAY | {"started_on": AGO[0], "ended_on": AGO[0], "partner": "GTB"}
    ended = report(either_service, pathways=[both]).json()
    again = report(either_service, pathways=[both]).json()

    assert [answer["moved"] for answer in (started, ended, again)] == [1, 1, 0]
    assert get_state(either_service) == ("ended", 4)
    referral = either_service.get("/api/v1/cases/C-0001/referral").json()
    assert (referral["started_on"], referral["ended_on"]) == (AGO[0], AGO[0])
    assert referral["partner"] == "GTB"
    moves = [
        d["event"] for a, d in list_audit(either_service) if a == "report_outcomes" and "event" in d
    ]
    assert moves == ["start", "end"]


def test_an_earlier_pathway_or_one_nobody_sent_moves_nothing(service: Service) -> None:
    make_sent_case(service)
    service.post(make_own_case(2))
    earlier = {"referred_on": AGO[300], "started_on": AGO[300], "ended_on": AGO[1]}

    answer = report(
        service, pathways=[{"case_id": c} | earlier for c in ("C-0001", "C-0002")]
    ).json()

    assert (answer["kept"]["pathways"], answer["moved"]) == (2, 0)
    assert get_state(service) == ("referred", 2)
    assert step(service, "accept").status_code == 200


def test_more_than_a_thousand_rows_or_another_list_is_refused_whole(service: Service) -> None:
    service.post(make_own_case())

    many = report(service, work_periods=[{"case_id": "C-0001", "started_on": AGO[1]}] * 1001)
    other = report(service, groups=[])

    assert (many.status_code, other.status_code) == (422, 422)
    assert many.json()["errors"][0]["expected"] == "hoogstens 1000 in de lijst"
    assert report(service, user="arts").status_code == 403


def read_made_extract(folder: Any) -> Extract:
    tables = make_extract_tables(30, seed=2)
    return read_extract(write_extract(folder / "extract", tables))


def test_the_other_tables_of_an_extract_are_kept_for_cases_that_are_known(
    either_service: Service, tmp_path: Any
) -> None:
    extract = read_made_extract(tmp_path)
    for place, row in extract.cases.head(6).iterrows():
        number = int(place) + 1
        user = {FUND: "arts", OTHER_FUND: "arts.b"}[row["sickness_fund"]]
        made = make_own_case(
            number,
            sickness_fund=row["sickness_fund"],
            absence_started_on=row["absence_started_on"].date().isoformat(),
            screened_on=row["screened_on"].date().isoformat(),
        )
        assert either_service.post(made, user=user).status_code == 201

    given: Any = {"store": either_service.store, "user_key": "import", "now": NOW}
    own = keep_outcomes(extract, scope=Scope(FUND), **given)
    first = keep_outcomes(extract, scope=None, **given)
    second = keep_outcomes(extract, scope=None, **given)

    assert first == second
    assert dict(first.kept) == {"pathways": 2, "work_periods": 3, "follow_up": 6, "groups": 6}
    assert 0 < own.kept["follow_up"] < 6
    assert {row.key for row in first.refused} == {"unknown-case"}
    groups = list_rows(either_service, "groups")
    assert all(row["groups"]["sex"] in ("f", "m") for row in groups)
    assert [row["exit"] for row in list_rows(either_service, "follow_up")] == [None] * 6
