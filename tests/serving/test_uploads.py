from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from serving.store import imports as kept
from serving.store.assessments import count_assessments
from serving.store.engine import EVERY_FUND, StoreGoneError
from serving.uploads import Uploads
from tests.factories import make_extract_tables, write_extract
from tests.running_service import FUND, OTHER_FUND, PASSWORD, Service
from tests.waiting import wait_until

IMPORTS = "/api/v1/imports"


@pytest.fixture
def service(start_service: Callable[..., Service], store_url: str, tmp_path: Path) -> Service:
    return start_service(store_url, uploads=tmp_path / "uploads")


def make_file(folder: Path, count: int = 20, **changes: Any) -> bytes:
    write_extract(folder, {"cases": make_extract_tables(count, **changes)["cases"]})
    return (folder / "cases.csv").read_bytes()


def send(service: Service, content: bytes, user: str = "systeem", field: str = "file") -> Any:
    files = {field: ("meldingen.csv", content, "text/csv")}
    return service.client.post(IMPORTS, files=files, auth=(user, PASSWORD))


def wait(service: Service, answer: Any) -> dict[str, Any]:
    """Return the import once it has ended."""
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = {}

    def has_ended() -> bool:
        found.update(service.get(answer.headers["location"], "systeem").json())
        return found["status"] in ("done", "failed")

    wait_until(has_ended)
    return found


def count(service: Service) -> int:
    with service.store.reading(EVERY_FUND) as connection:
        return count_assessments(connection)


def test_a_file_is_taken_in_and_its_own_cases_are_kept(service: Service, tmp_path: Path) -> None:
    content = make_file(tmp_path / "x", 20)
    own = content.decode().count(FUND)

    done = wait(service, send(service, content))

    assert done["status"] == "done"
    assert done["rows_done"] == done["rows_total"] == 20
    assert done["counts"]["saved"] == own
    assert done["counts"]["elsewhere"] == 20 - own
    assert count(service) == own
    # the row says so first; then the file goes
    wait_until(lambda: not list((tmp_path / "uploads").iterdir()))


def test_the_same_file_twice_changes_nothing(service: Service, tmp_path: Path) -> None:
    content = make_file(tmp_path / "x", 10, sickness_fund=FUND)
    wait(service, send(service, content))

    again = wait(service, send(service, content))

    assert (again["counts"]["saved"], again["counts"]["known"]) == (0, 10)
    assert count(service) == 10


def test_rejected_rows_are_listed_with_field_and_reason_and_no_value(
    service: Service, tmp_path: Path
) -> None:
    tables = make_extract_tables(30, sickness_fund=FUND, age_years=40)
    tables["cases"].loc[3, "age_years"] = 477
    write_extract(tmp_path / "x", {"cases": tables["cases"]})

    done = wait(service, send(service, (tmp_path / "x" / "cases.csv").read_bytes()))
    rejected = service.get(f"{IMPORTS}/{done['import_id']}/rejected.csv", "systeem")

    assert (done["counts"]["saved"], done["counts"]["rejected"]) == (29, 1)
    assert rejected.headers["content-type"].startswith("text/csv")
    header = rejected.content.decode("utf-8-sig").splitlines()[0]
    assert header == "table;row;field;reason;reason_nl"
    assert "cases;4;age_years" in rejected.text
    assert "buiten de grenzen; verwacht: geheel getal van" in rejected.text
    assert "477" not in rejected.text


def test_a_file_that_is_mostly_bad_fails_whole_and_says_which_rows(
    service: Service, tmp_path: Path
) -> None:
    content = make_file(tmp_path / "x", 10, sickness_fund=FUND, age_years=477)

    failed = wait(service, send(service, content))
    rejected = service.get(f"{IMPORTS}/{failed['import_id']}/rejected.csv", "systeem")

    assert failed["status"] == "failed"
    assert failed["problem"]["title"] == "Het bestand is niet aanvaard"
    assert rejected.text.count("age_years") == 10
    assert count(service) == 0


def test_missing_columns_are_named(service: Service) -> None:
    failed = wait(service, send(service, b"case_id,person_key\nC-1,P-1\n"))

    assert "ontbreken" in failed["problem"]["detail"]
    assert "age_years" in {error["field"] for error in failed["problem"]["errors"]}


def test_imports_of_another_fund_are_not_there(service: Service, tmp_path: Path) -> None:
    done = wait(service, send(service, make_file(tmp_path / "x", 4, sickness_fund=FUND)))
    address = f"{IMPORTS}/{done['import_id']}"

    own, other = service.get(IMPORTS, "arts").json(), service.get(IMPORTS, "arts.b").json()

    assert [one["import_id"] for one in own["imports"]] == [done["import_id"]]
    assert other == {"imports": []}
    for path in (address, f"{address}/rejected.csv", f"{IMPORTS}/x", f"{IMPORTS}/{'a' * 32}"):
        assert service.get(path, "arts.b").status_code == 404


def test_a_physician_of_a_region_brings_in_that_region_only(
    service: Service, tmp_path: Path
) -> None:
    content = make_file(tmp_path / "x", 20, sickness_fund=FUND)

    done = wait(service, send(service, content, "arts.antwerpen"))

    assert done["counts"]["saved"] == content.decode().count("antwerpen")
    assert done["counts"]["elsewhere"] == content.decode().count("limburg")


def test_a_physician_of_a_region_sees_imports_of_that_region_only(
    service: Service, tmp_path: Path
) -> None:
    content = make_file(tmp_path / "x", 4, sickness_fund=FUND)
    whole = wait(service, send(service, content))
    own = wait(service, send(service, content, "arts.antwerpen"))

    listed = service.get(IMPORTS, "arts.antwerpen").json()["imports"]
    asked = service.get(f"{IMPORTS}/{whole['import_id']}", "arts.antwerpen")

    assert [one["import_id"] for one in listed] == [own["import_id"]]
    assert asked.status_code == 404


def test_who_may_not_upload_is_told_before_the_file_is_read(service: Service) -> None:
    assert send(service, b"x" * 1000, "coordinator").status_code == 403
    assert service.client.post(IMPORTS, files={"file": b"x"}).status_code == 401


BODIES = [
    ({"json": {"file": "x"}}, "no-file"),
    ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, "no-file"),
    ({"data": {"file": "tekst"}}, "no-file"),
    ({"files": {"andere": b"x"}}, "no-file"),
    ({"files": [("file", b"a,b\n"), ("file", b"a,b\n")]}, "no-file"),
]


@pytest.mark.parametrize(("body", "key"), BODIES)
def test_a_body_without_one_file_is_a_problem(
    service: Service, body: dict[str, Any], key: str
) -> None:
    answer = service.client.post(IMPORTS, **body, auth=("systeem", PASSWORD))

    assert answer.status_code == 422
    assert answer.json()["type"].endswith(key)


def test_a_file_over_its_limit_is_refused_and_other_bodies_keep_theirs(
    start_service: Callable[..., Service], sqlite_url: str, tmp_path: Path
) -> None:
    service = start_service(
        sqlite_url, uploads=tmp_path / "u", most_bytes=2000, most_upload_bytes=50_000
    )
    line = b"a,b\n"

    large, larger = send(service, line * 12_600), send(service, line * 30_000)
    other = service.client.post(
        "/api/v1/assessments", json={"x": "y" * 3000}, auth=("systeem", PASSWORD)
    )

    assert [large.status_code, larger.status_code, other.status_code] == [413, 413, 413]
    assert larger.json()["type"].endswith("file-too-large")
    assert other.json()["type"].endswith(":too-large")


def test_files_wait_for_their_turn_until_there_is_no_room(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads: Uploads = service.app.state.service.uploads
    monkeypatch.setattr(uploads, "start", lambda: None)
    content = make_file(tmp_path / "x", 2, sickness_fund=FUND)

    answers = [send(service, content) for _ in range(9)]
    refused = answers.pop()
    monkeypatch.undo()
    uploads.start()

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "60"
    assert {wait(service, answer)["status"] for answer in answers} == {"done"}
    wait_until(lambda: bool(send(service, content).status_code == 202))


def test_an_import_waits_for_a_store_that_is_gone(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = iter([True, True])

    def fail_twice(*given: Any, **named: Any) -> None:
        if next(gone, False):
            raise StoreGoneError("gone")
        kept.advance_import(*given, **named)

    monkeypatch.setattr("serving.intake_file.advance_import", fail_twice)
    monkeypatch.setattr("serving.uploads.RETRY_SECONDS", 0.01)

    done = wait(service, send(service, make_file(tmp_path / "x", 5, sickness_fund=FUND)))

    assert done["counts"]["saved"] == 5


def test_a_file_that_cannot_even_fail_holds_up_no_other(
    service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = make_file(tmp_path / "x", 5, sickness_fund=FUND)
    values = content.decode().splitlines()[1]
    end = Mock(side_effect=ValueError(values))
    with monkeypatch.context() as broken:
        broken.setattr("serving.uploads.read_uploaded", Mock(side_effect=ValueError(values)))
        broken.setattr("serving.uploads.end_import", end)
        for _ in range(2):
            assert send(service, content).status_code == 202
        wait_until(lambda: len({c.args[1] for c in end.call_args_list}) == 2)

    done = wait(service, send(service, content))

    logged = capsys.readouterr().out
    assert "import could not be ended" in logged
    assert values not in logged
    assert done["counts"]["saved"] == 5


def test_an_import_that_fails_half_way_tells_what_it_kept(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.intake_file.BATCH", 5)
    monkeypatch.setattr(Uploads, "_check_stopped", Mock(side_effect=ValueError))

    failed = wait(service, send(service, make_file(tmp_path / "x", 12, sickness_fund=FUND)))

    assert failed["status"] == "failed"
    assert failed["counts"]["saved"] == failed["rows_done"] == count(service) == 5


def test_a_folder_that_cannot_be_written_is_told(
    start_service: Callable[..., Service], sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    service = start_service(sqlite_url, uploads=tmp_path / "file" / "uploads")

    answer = send(service, b"a,b\n1,2\n")

    assert answer.status_code == 503
    assert answer.json()["type"].endswith("uploads-gone")


def test_rows_of_another_fund_never_enter(service: Service, tmp_path: Path) -> None:
    done = wait(service, send(service, make_file(tmp_path / "x", 5, sickness_fund=OTHER_FUND)))

    assert done["counts"] == {
        **dict.fromkeys(("saved", "known", "untimely", "blocked", "rejected", "other_case"), 0),
        "elsewhere": 5,
    }
    assert count(service) == 0
