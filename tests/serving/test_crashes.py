"""The real server and the real import, killed at random moments: KANTELPUNT_CRASHES rounds."""

import http.client
import json
import os
import random
import time
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from sqlalchemy import text

from serving.audit_trail import verify_audit
from serving.store.engine import EVERY_FUND, Store
from tests.factories import make_extract_tables, write_extract
from tests.running_processes import build_environment, call, running_server, start
from tests.running_service import FUND, make_own_case
from tests.waiting import AGES, wait_until

# for server and import together; `make gentest` asks for 50
ROUNDS = int(os.environ.get("KANTELPUNT_CRASHES", "6"))
ROWS = 1500


def work(port: int, first: int, confirmed: list[tuple[str, str]]) -> None:
    """Assess and decide until the server is gone; note what it confirmed."""
    with suppress(OSError, http.client.HTTPException, ValueError):
        for number in range(first, first + 5000):
            case = json.dumps(make_own_case(number)).encode()
            status, made = call(port, "POST", "/assessments", case)
            if status != 201:  # busy: nothing was confirmed
                continue
            confirmed.append(("assessments", made["assessment_id"]))
            body = {"kind": "not_opportune", "state_version": 0}
            body |= {"assessment_id": made["assessment_id"]}
            path = f"/cases/{made['case_id']}/decisions"
            status, decided = call(port, "POST", path, json.dumps(body).encode())
            if status == 201:
                confirmed.append(("decisions", decided["decision"]["decision_id"]))


def upload(port: int, content: bytes, confirmed: list[tuple[str, str]]) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n'
    with suppress(OSError, http.client.HTTPException, ValueError):
        body, kind = part + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"
        status, made = call(port, "POST", "/imports", body, kind)
        if status == 202:
            confirmed.append(("imports", made["import_id"]))


HALF_WRITTEN = {
    "an assessment without its audit line": """
        select count(*) from assessments a where not exists (
            select 1 from audit l where l.case_id = a.case_id and l.action = 'assess'
            and l.sickness_fund = a.sickness_fund)""",
    "an assessment without its case": """
        select count(*) from assessments a where not exists (
            select 1 from cases c where c.case_id = a.case_id)""",
    "a case without its assessment": """
        select count(*) from cases c where not exists (
            select 1 from assessments a where a.assessment_id = c.assessment_id)""",
    "a decision without its audit line": """
        select (select count(*) from decisions)
             - (select count(*) from audit where action = 'decide')""",
    "a decision without its state": """
        select (select count(*) from decisions)
             - (select coalesce(sum(state_version), 0) from cases)""",
}
KEYS = {"assessments": "assessment_id", "decisions": "decision_id", "imports": "import_id"}


def find_faults(url: str, confirmed: list[tuple[str, str]]) -> list[str]:
    faults = []
    with closing(Store(url)) as store:
        verdict = verify_audit(store)
        with store.reading(EVERY_FUND) as connection:
            for name, query in HALF_WRITTEN.items():
                if connection.execute(text(query)).scalar_one():
                    faults.append(name)
            for table, key in KEYS.items():
                query = f"select {key} from {table}"  # noqa: S608 - our own names
                kept = set(connection.execute(text(query)).scalars())
                faults += [
                    f"lost {t} {one}" for t, one in confirmed if t == table and one not in kept
                ]
            rows = connection.execute(text("select rows_done, counts from imports")).all()
            for done, counts in rows:
                told = json.loads(counts) if isinstance(counts, str) else counts
                if sum(told.values()) - told["rejected"] != done:
                    faults.append("counts of an import that differ from its rows")
    return faults if verdict.is_whole else [*faults, verdict.fault]


def make_content(folder: Path, seed: int, rows: int = ROWS) -> bytes:
    tables = make_extract_tables(rows, seed=seed, sickness_fund=FUND)
    tables["cases"]["case_id"] = f"F{seed}-" + tables["cases"]["case_id"]
    write_extract(folder, {"cases": tables["cases"]})
    return (folder / "cases.csv").read_bytes()


def test_a_server_that_is_killed_loses_nothing_that_it_confirmed(
    store_url: str, tmp_path: Path
) -> None:
    chance = random.Random()  # noqa: S311 - new moments each time
    environment = build_environment(store_url, tmp_path)
    confirmed: list[tuple[str, str]] = []
    rounds = max(1, ROUNDS // 3)
    for number in range(rounds):
        content = make_content(tmp_path / f"f{number}", number + 1)
        with running_server(environment) as (process, port):
            jobs = [
                Thread(target=work, args=(port, 10_000 * (2 * number + i), confirmed))
                for i in (0, 1)
            ]
            jobs.append(Thread(target=upload, args=(port, content, confirmed)))
            for job in jobs:
                job.start()
            if number == 0:
                wait_until(lambda: any(table == "decisions" for table, _ in confirmed))
            time.sleep(chance.uniform(0.2, 1.5))
            process.kill()
            for job in jobs:
                job.join()

        assert find_faults(store_url, confirmed) == []

    with running_server(environment) as (_, port):
        wait_for_imports(port)
    assert find_faults(store_url, confirmed) == []
    print(f"killed {rounds} times: {len(confirmed)} answers, all kept")  # noqa: T201


def wait_for_imports(port: int) -> None:
    """Wait until every file that was confirmed is in, whole."""

    def are_done() -> bool:
        return all(one["status"] == "done" for one in list_imports(port))

    wait_until(are_done)
    assert all(one["rows_done"] == ROWS for one in list_imports(port))


def list_imports(port: int) -> list[dict[str, Any]]:
    _, found = call(port, "GET", "/imports")
    listed: list[dict[str, Any]] = found["imports"]
    return listed


def count_done(url: str) -> int:
    with closing(Store(url)) as store, store.reading(EVERY_FUND) as connection:
        query = text("select coalesce(sum(rows_done), 0) from imports")
        return int(connection.execute(query).scalar_one())


def test_an_import_that_is_killed_goes_on_where_it_was(sqlite_url: str, tmp_path: Path) -> None:
    chance = random.Random()  # noqa: S311 - new moments each time
    environment = build_environment(sqlite_url, tmp_path)
    rounds = max(1, ROUNDS // 3)
    rows = 1500 * (rounds + 1)
    make_content(tmp_path / "x", 1, rows)
    words = ["import", str(tmp_path / "x" / "cases.csv"), "--rejected-to", str(tmp_path)]

    for number in range(rounds):
        process, before = start(words, environment), count_done(sqlite_url)
        wait_until(lambda: count_done(sqlite_url) > before or process.poll() is not None)  # noqa: B023
        time.sleep(chance.uniform(0, 0.2))
        process.kill()
        process.communicate()

        assert find_faults(sqlite_url, []) == [], number
    left = rows - count_done(sqlite_url)
    last, _ = start(words, environment).communicate(timeout=AGES)
    again, _ = start(words, environment).communicate(timeout=AGES)

    # nothing is left where this process stood still until the import came to its end
    assert "goes on after" in last or left == 0
    assert f"known already {rows:,}" in again
    assert "saved 0" in again
    with closing(Store(sqlite_url)) as store, store.reading(EVERY_FUND) as connection:
        kept = connection.execute(text("select count(*) from assessments")).scalar_one()
    assert kept == rows
    assert find_faults(sqlite_url, []) == []
    print(f"killed {rounds} times; the last run said: {last.strip()}")  # noqa: T201
