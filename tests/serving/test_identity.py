"""One number, one person, one absence: on both stores, whoever comes at the same moment."""

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from typer.testing import CliRunner

import kantelpunt
from models.suggestion import read_limits
from serving.intake_file import Intake
from serving.permissions import Scope
from serving.store.assessments import save_assessments
from serving.store.engine import EVERY_FUND
from serving.store.identity import CaseTakenError, OtherCaseError, find_bars, once_more
from serving.store.imports import Imported, list_rejects
from tests.factories import make_extract_tables, write_extract
from tests.running_service import (
    FUND,
    NOW,
    OTHER_FUND,
    PASSWORD,
    Service,
    get_bundle,
    get_bundle_folder,
    make_assessment,
    make_own_case,
)
from tests.serving.case_work import read_rows
from tests.serving.whole_import import import_cases

OTHER: list[tuple[dict[str, Any], list[str]]] = [
    ({"person_key": "P-GEMERKT"}, ["person_key"]),
    ({"absence_started_on": "2026-01-21"}, ["absence_started_on"]),
    (
        {"person_key": "P-GEMERKT", "absence_started_on": "2026-01-21"},
        ["person_key", "absence_started_on"],
    ),
]


def post_batch(service: Service, items: list[Any], user: str = "arts", query: str = "") -> Any:
    address = f"/api/v1/assessments/batch{query}"
    return service.client.post(address, json=items, auth=(user, PASSWORD)).json()


def get_key(problem: dict[str, Any]) -> str:
    return str(problem["type"]).rpartition(":")[2]


@pytest.mark.parametrize(("changes", "fields"), OTHER)
@pytest.mark.parametrize("query", ["", "?save=false"])
def test_another_person_or_absence_under_a_number_is_refused_without_a_value(
    either_service: Service, changes: dict[str, Any], fields: list[str], query: str
) -> None:
    either_service.post(make_own_case())
    before = either_service.get("/api/v1/cases/C-0001").json()["latest"]

    refused = either_service.post(make_own_case(**changes), query=query)

    problem = refused.json()
    assert (refused.status_code, get_key(problem)) == (409, "other-case")
    assert [error["field"] for error in problem["errors"]] == fields
    assert "nieuw dossiernummer" in problem["detail"]
    assert "GEMERKT" not in refused.text
    assert "2026-01" not in refused.text
    after = either_service.get("/api/v1/cases/C-0001").json()
    assert (after["latest"], after["earlier"]) == (before, [])


def test_an_earlier_screening_of_another_person_joins_no_history(either_service: Service) -> None:
    either_service.post(make_own_case(screened_on="2026-04-14"))

    refused = either_service.post(make_own_case(screened_on="2026-04-01", person_key="P-9"))

    assert refused.status_code == 409
    assert read_rows(either_service, "select count(*) from assessments") == [(1,)]


@pytest.mark.parametrize("query", ["", "?save=false"])
def test_in_a_batch_only_the_items_of_another_case_are_refused(
    either_service: Service, query: str
) -> None:
    either_service.post(make_own_case(1))
    items = [
        make_own_case(1, person_key="P-9"),
        make_own_case(2),
        make_own_case(2, person_key="P-9"),
        make_own_case(1, age_years=44),
    ]

    body = post_batch(either_service, items, query=query)

    assert [item["ok"] for item in body["items"]] == [False, True, False, True]
    assert {get_key(body["items"][i]["problem"]) for i in (0, 2)} == {"other-case"}
    if not query:
        people = read_rows(either_service, "select case_id, person_key from cases order by case_id")
        assert people == [("C-0001", "P-0001"), ("C-0002", "P-0002")]


def test_a_physician_of_a_region_draws_no_case_of_another_to_it(either_service: Service) -> None:
    either_service.post(make_own_case(region="limburg"))
    own = make_own_case(region="antwerpen", person_key="P-9")

    answers = [
        either_service.post(own, user="arts.antwerpen", query=query)
        for query in ("", "?save=false")
    ]

    for answer in answers:
        assert (answer.status_code, get_key(answer.json())) == (409, "other-case")
        # nor does it tell whether the person is the same
        assert [error["field"] for error in answer.json()["errors"]] == ["region"]
    assert either_service.get("/api/v1/cases/C-0001", "arts.antwerpen").status_code == 404
    assert read_rows(either_service, "select region from cases") == [("limburg",)]


def test_who_sees_every_region_may_tell_that_a_person_moved(either_service: Service) -> None:
    either_service.post(make_own_case(region="limburg"))

    moved = either_service.post(make_own_case(region="antwerpen"), user="systeem")

    assert moved.status_code == 201
    assert either_service.get("/api/v1/cases/C-0001", "arts.antwerpen").status_code == 200


def test_the_same_number_in_another_fund_is_another_case(either_service: Service) -> None:
    either_service.post(make_own_case())
    other = make_own_case(sickness_fund=OTHER_FUND, person_key="P-9")

    assert either_service.post(other, user="arts.b").status_code == 201


def test_of_many_persons_at_once_under_a_new_number_one_is_kept(either_service: Service) -> None:
    ready = Barrier(6)
    codes: list[str] = []

    def send(person: int) -> None:
        items = [make_own_case(n, person_key=f"P-{person}") for n in range(1, 6)]
        ready.wait()
        body = post_batch(either_service, items[:: 1 if person % 2 else -1])
        codes.extend(
            get_key(item["problem"]) if item["problem"] else "ok" for item in body["items"]
        )

    threads = [Thread(target=send, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == ["ok"] * 5 + ["other-case"] * 25
    kept = read_rows(either_service, "select count(*) from assessments")
    assert kept == [(5,)]


@pytest.mark.parametrize(
    ("changes", "may_move", "is_taken"),
    [
        ({"person_key": "P-9"}, True, True),
        ({"absence_started_on": "2026-01-21"}, True, True),
        ({"screened_on": "2026-04-01", "person_key": "P-9"}, True, True),
        ({"region": "limburg"}, False, True),
        ({"region": "limburg"}, True, False),
        ({"screened_on": "2026-04-01"}, False, False),
    ],
)
def test_the_store_itself_gives_no_number_to_two(
    either_service: Service, changes: dict[str, Any], may_move: bool, is_taken: bool
) -> None:
    either_service.post(make_own_case(region="antwerpen"))
    made = make_assessment(**{"region": "antwerpen"} | changes)

    def save() -> None:
        with either_service.store.writing(EVERY_FUND) as connection:
            save_assessments(connection, [made], audit=[], may_move=may_move)

    if is_taken:
        with pytest.raises(CaseTakenError):
            save()
    else:
        save()

    expected = 1 if is_taken else 2
    assert read_rows(either_service, "select count(*) from assessments") == [(expected,)]


def test_who_comes_second_looks_once_more_and_no_more_often() -> None:
    taken: list[Callable[[], str]] = []

    def step() -> str:
        taken.append(step)
        if len(taken) < 3:
            raise CaseTakenError(["person_key"])
        return "kept"

    with pytest.raises(CaseTakenError):
        once_more(step)
    assert once_more(step) == "kept"


def test_rows_of_an_import_under_the_number_of_another_case_are_set_aside(
    either_service: Service, tmp_path: Path
) -> None:
    tables = make_extract_tables(8, sickness_fund=FUND, age_years=40)
    intake = Intake(either_service.store, get_bundle(), read_limits(), NOW, Scope(FUND))
    write_extract(tmp_path / "a", {"cases": tables["cases"]})
    first = import_cases(tmp_path / "a" / "cases.csv", intake)
    changed = tables["cases"].copy()
    changed.loc[2, "age_years"] = 477
    changed.loc[4, "person_key"] = "P-GEMERKT"
    changed.loc[4, "age_years"] = 41
    write_extract(tmp_path / "b", {"cases": changed})

    second = import_cases(tmp_path / "b" / "cases.csv", intake, max_rejected=0.5)

    assert (first.saved, first.other_case) == (8, 0)
    assert second == Imported(known=6, rejected=1, other_case=1)
    with either_service.store.reading(FUND) as connection:
        ids = read_rows(either_service, "select import_id from imports order by rows_total")
        rejects = list(list_rejects(connection, ids[0][0]))
    assert [(r.row, r.field) for r in rejects] == [(3, "age_years"), (5, "person_key")]
    assert "GEMERKT" not in str(rejects)
    assert read_rows(either_service, "select count(*) from assessments") == [(8,)]


def test_what_became_of_another_person_is_not_told_of_the_case_that_is_kept(
    either_service: Service, tmp_path: Path
) -> None:
    tables = make_extract_tables(8, sickness_fund=FUND)
    intake = Intake(either_service.store, get_bundle(), read_limits(), NOW, Scope(FUND))
    cases = tables["cases"].copy()
    cases["person_key"] = [f"P-ANDER-{n}" for n in range(len(cases))]
    write_extract(tmp_path / "a", {"cases": cases})
    import_cases(tmp_path / "a" / "cases.csv", intake)

    done = import_cases(write_extract(tmp_path / "b", tables), intake)

    assert (done.saved, done.other_case) == (0, 8)
    for table in ("follow_up", "work_periods", "pathways", "fairness_groups"):
        assert read_rows(either_service, f"select count(*) from {table}") == [(0,)]  # noqa: S608


def test_a_bar_names_what_differs_in_the_order_of_the_fields(either_service: Service) -> None:
    either_service.post(make_own_case())
    made = [make_assessment(person_key="P-9"), make_assessment()]

    with either_service.store.reading(FUND) as connection:
        bars = find_bars(connection, made)

    assert list(bars) == [0]
    assert isinstance(bars[0], OtherCaseError)
    assert bars[0].fields == ["person_key"]


def test_an_import_tells_of_the_rows_under_the_number_of_another_case(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("KANTELPUNT_BUNDLE", str(get_bundle_folder()))
    tables = make_extract_tables(10)
    folder = write_extract(tmp_path / "data", tables)
    tables["cases"].loc[4, "person_key"] = "P-GEMERKT"
    changed = write_extract(tmp_path / "changed", tables)
    first, said = (
        CliRunner().invoke(kantelpunt.app, ["import", str(path)]).output
        for path in (folder, changed)
    )

    assert "saved 10;" in first
    assert "known already 9;" in said
    assert (
        f"under the number of another case 1; rejected 0 (see {changed / 'rejected.csv'})" in said
    )
    rejected = (changed / "rejected.csv").read_text()
    assert rejected.startswith("table,row,field,reason\ncases,5,person_key,differs from")
    assert "GEMERKT" not in rejected
