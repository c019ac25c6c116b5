import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import kantelpunt
from serving.audit_schemas import FAULTS_NL
from serving.audit_trail import ExportNotKeptError, Fault, export_audit, verify_audit
from serving.permissions import Role, User
from serving.store import audit_trail as reading
from serving.store.audit import START, AuditEvent, save_audit
from serving.store.engine import Store
from serving.store.upgrade import upgrade_store
from serving.store.users import save_user
from tests.running_service import (
    FUND,
    NOW,
    OTHER_FUND,
    TODAY,
    USERS,
    Service,
    get_password_hash,
    make_own_case,
)

AUDIT = "/api/v1/audit"


@pytest.fixture
def busy(either_service: Service) -> Service:
    """A service in which two funds assessed cases, of which one was seen."""
    for number in (1, 2):
        either_service.post(make_own_case(number))
    either_service.post(make_own_case(3, sickness_fund=OTHER_FUND), user="arts.b")
    either_service.get("/api/v1/cases/C-0001", user="coordinator")
    return either_service


def read(service: Service, query: str = "", user: str = "auditor") -> list[dict[str, Any]]:
    answer = service.get(f"{AUDIT}{query}", user)
    assert answer.status_code == 200, answer.text
    lines: list[dict[str, Any]] = answer.json()["lines"]
    return lines


def test_the_log_is_shown_newest_first_page_by_page(busy: Service) -> None:
    address, seen = f"{AUDIT}?limit=4&until={TODAY}", []
    while address:
        page = busy.get(address, "auditor").json()
        seen += [line["number"] for line in page["lines"]]
        address = page["next"]

    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 1
    assert len(set(seen)) == len(seen) > 8


FILTERS = [
    ("?user=coordinator", {"view_case"}),
    ("?user=arts.b", {"assess"}),
    ("?action=view_case", {"view_case"}),
    ("?action=add_user&until=2026-04-14", set()),
    ("?action=assess&from=2026-04-15&until=2026-04-15", {"assess"}),
    (f"?fund={OTHER_FUND}", {"assess"}),
    ("?case=C-0001", {"assess", "view_case"}),
    ("?until=1899-12-31", set()),
    ("?from=9000-01-02", set()),
    ("?action=assess&from=0001-01-01&until=9999-12-31", {"assess"}),
]


@pytest.mark.parametrize(("query", "actions"), FILTERS)
def test_the_log_is_filtered(busy: Service, query: str, actions: set[str]) -> None:
    assert {line["action"] for line in read(busy, query)} == actions


def test_who_saw_a_case_is_found_by_its_number(busy: Service) -> None:
    lines = read(busy, "?case=C-0001&action=view_case")

    assert [(line["user"], line["sickness_fund"]) for line in lines] == [("coordinator", FUND)]


def test_looking_into_the_log_is_in_the_log(busy: Service) -> None:
    read(busy, "?case=C-0001")

    last = read(busy, "?limit=1")[0]

    assert (last["user"], last["action"], last["case_id"]) == ("auditor", "view_audit", "C-0001")
    assert last["detail"] == {"lines": 2}


def test_an_auditor_of_a_fund_sees_only_that_fund(busy: Service) -> None:
    with busy.store.writing() as connection:
        one = User("toezicht.a", "T", Role.AUDITOR, FUND, None, get_password_hash())
        save_user(connection, one, audit=AuditEvent(NOW, "test", "add_user"))

    own = read(busy, user="toezicht.a")
    other = busy.get(f"{AUDIT}?fund={OTHER_FUND}", "toezicht.a")

    assert {line["sickness_fund"] for line in own} == {FUND}
    assert other.status_code == 403


@pytest.mark.parametrize("query", ["before=0", "limit=501", "case=a%20b", "from=gisteren", "user="])
def test_a_filter_that_cannot_be_is_named(service: Service, query: str) -> None:
    answer = service.get(f"{AUDIT}?{query}", "auditor")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_a_whole_log_is_said_to_be_whole_and_its_head_holds_later(busy: Service) -> None:
    first = busy.get(f"{AUDIT}/verify", "auditor").json()
    busy.post(make_own_case(9))

    later = busy.get(f"{AUDIT}/verify?head={first['head']}", "auditor").json()

    assert first["whole"]
    assert later["whole"]
    assert later["lines"] == first["lines"] + 2


def test_a_chain_that_was_made_anew_is_found_by_the_head_that_was_noted(busy: Service) -> None:
    found = busy.get(f"{AUDIT}/verify?head={'a' * 64}", "auditor").json()

    assert not found["whole"]
    assert "komt in dit logboek niet voor" in found["fault"]


def test_the_head_of_a_log_without_lines_says_nothing_of_one_with_lines(
    service: Service, tmp_path: Path
) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'new.db'}")) as new:
        upgrade_store(new)

        empty = verify_audit(new, head=START)
        filled = verify_audit(service.store, head=START)

    assert empty.is_whole
    assert filled.fault == "the head that was noted is not in the chain"


def test_what_is_written_while_the_log_is_checked_does_no_harm(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stream_and_write(*given: Any) -> Any:
        for line in reading.stream_lines(*given):
            yield line
            with service.store.writing() as connection:
                save_audit(connection, [AuditEvent(NOW, "test", "meanwhile")])
            if line is not None and line["audit_id"] > 100:
                return

    monkeypatch.setattr("serving.audit_trail.stream_lines", stream_and_write)

    found = verify_audit(service.store)

    assert found.is_whole
    assert found.lines < 20


def test_every_fault_has_its_dutch() -> None:
    assert set(FAULTS_NL) == set(Fault)


def test_only_an_auditor_checks_the_log(busy: Service) -> None:
    assert busy.get(f"{AUDIT}/verify", "arts").status_code == 403


def test_the_log_can_be_written_out_once(service: Service, tmp_path: Path) -> None:
    service.post(make_own_case())
    out = tmp_path / "audit.jsonl"

    count = export_audit(service.store, out)

    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["audit_id"] for line in lines] == list(range(1, count + 1))
    assert lines[-1]["action"] == "assess"
    assert out.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ExportNotKeptError, match="a new file"):
        export_audit(service.store, out)


def test_the_command_says_where_the_log_breaks_and_ends_with_1(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, start_service: Callable[..., Service]
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    start_service(sqlite_url).post(make_own_case())
    run = CliRunner().invoke
    whole = run(kantelpunt.app, ["audit", "verify"])
    head = whole.output.split()[-1]
    with closing(Store(sqlite_url)) as store, store.writing() as connection:
        connection.exec_driver_sql("drop trigger audit_no_update")
        connection.exec_driver_sql("update audit set user_key = 'x' where audit_id = 3")

    broken = run(kantelpunt.app, ["audit", "verify", "--head", head])

    assert whole.exit_code == 0
    assert f"{len(USERS) + 1} lines, all whole" in whole.output
    assert broken.exit_code == 1
    assert "broken at line 3: it was changed" in broken.output
