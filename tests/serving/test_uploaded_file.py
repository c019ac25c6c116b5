"""A process of its own reads what is uploaded: it costs the service no memory, come what may."""

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from features.contract import default_contract
from features.tables import read_cases
from serving import uploaded_file, uploads
from serving.intake_file import Arrival
from serving.intake_rows import list_rows
from serving.own_process import run_beside
from serving.server import open_port, serve_aside
from serving.store.imports import ImportStatus, find_import
from serving.uploaded_file import read_uploaded
from tests.running_processes import build_environment, call, running_server
from tests.running_service import FUND, Service
from tests.serving.test_hostile_files import write_nested
from tests.serving.test_surroundings import HEAVY
from tests.serving.test_uploads import make_file, send, wait
from tests.waiting import wait_until

PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n%s\r\n--x--\r\n'
# what stands in the place of the reader: each ends in another way than with an answer
ENDS = {
    "killed": (
        "import json\n"
        "half = open(json.load(sys.stdin)['into'] + '/rejected.csv', 'w')\n"
        "half.write('table,row,field,reason\\ncases,1')\n"
        "half.close()\n"
        "os.kill(os.getpid(), 9)",
        "reading-no-room",
        "exit code -9",
    ),
    "greedy": (
        "from serving import intake_reader as r; r._read = lambda asked: bytearray(1 << 45); "
        "r.main()",
        "reading-no-room",
        "MemoryError",
    ),
    "slow": ("import time; time.sleep(600)", "reading-too-long", "exit code None"),
    "fault": ("raise ValueError(sys.stdin.read())", "fault", "exit code 1"),
}


@pytest.fixture
def service(start_service: Callable[..., Service], sqlite_url: str, tmp_path: Path) -> Service:
    return start_service(sqlite_url, uploads=tmp_path / "uploads")


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what puts some code in the place of the process that reads."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(uploaded_file, "_MODULE", "stands_in")
    return lambda code: _write(tmp_path / "stands_in.py", f"import os, sys\n{code}\n")


def _write(path: Path, code: str) -> None:
    path.write_text(code, encoding="utf-8")


def test_a_worker_loads_no_heavy_library_to_take_in_files(sqlite_url: str, tmp_path: Path) -> None:
    content, nested = make_file(tmp_path / "x", 5, sickness_fund=FUND), tmp_path / "nested"
    write_nested(nested)
    environment = build_environment(sqlite_url, tmp_path) | {"PYTHONPROFILEIMPORTTIME": "1"}
    kind, loaded = "multipart/form-data; boundary=x", tmp_path / "loaded"

    with loaded.open("w") as log, running_server(environment, log) as (_, port):
        refused, told = refuse(port, PART % nested.read_bytes(), kind)
        taken, made = call(port, "POST", "/imports", PART % content, kind)
        address = f"/imports/{made['import_id']}"
        wait_until(lambda: call(port, "GET", address)[1]["status"] in ("done", "failed"))
        done = call(port, "GET", address)[1]

    names = {line.rpartition("|")[2].strip() for line in loaded.read_text().splitlines()}
    assert (refused, taken, done["status"]) == (422, 202, "done")
    assert told["type"].endswith("file-nested")
    assert done["rows_done"] == 5
    assert "serving.uploaded_file" in names
    assert not {name.partition(".")[0] for name in names} & set(HEAVY)


def refuse(port: int, body: bytes, kind: str) -> tuple[int, Any]:
    """Return why a file is refused, once a busy machine looked at it in time."""
    said: list[tuple[int, Any]] = []

    def is_in_time() -> bool:
        said.append(call(port, "POST", "/imports", body, kind))
        return said[-1][0] != 202

    wait_until(is_in_time)
    return said[-1]


def test_cases_come_as_a_table_in_memory_gives_them_from_any_place_on(tmp_path: Path) -> None:
    contract = default_contract()
    make_file(tmp_path, 20, work_ability=[None if n % 3 else n / 2 for n in range(20)])
    path = tmp_path / "cases.csv"

    with read(path) as found:
        total = found.total
        all_of_them, rest = ([case for _, case in found.read(start, contract)] for start in (0, 7))

    expected = list(list_rows(read_cases(path, contract, max_rejected_share=1).cases, contract))
    assert total == len(expected)
    assert all_of_them == expected
    assert rest == expected[7:]
    assert list(tmp_path.iterdir()) == [path]


def test_a_worker_that_starts_takes_no_rows_from_one_that_imports_the_same_file(
    tmp_path: Path,
) -> None:
    make_file(tmp_path, 5)
    path = tmp_path / "cases.csv"

    with read(path) as one:
        with read(path) as other:
            assert other.total == 5
        rows = [row for row, _ in one.read(0, default_contract())]

    assert rows == [1, 2, 3, 4, 5]


def read(path: Path) -> AbstractContextManager[Arrival]:
    stopped = Event()
    return read_uploaded(
        path, default_contract(), max_rejected=1, most_bytes=10**6, stopped=stopped
    )


@pytest.mark.parametrize("name", ENDS)
def test_a_file_that_cannot_be_read_to_its_end_fails_with_a_reason(
    name: str,
    service: Service,
    stand_in: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, key, logged = ENDS[name]
    monkeypatch.setattr(uploaded_file, "READ_SECONDS", 1 if name == "slow" else 600)
    stand_in(code)

    failed = wait(service, send(service, make_file(tmp_path / "x", 5, sickness_fund=FUND)))

    assert failed["problem"]["type"].endswith(key)
    told = capsys.readouterr().out
    assert "import failed" in told
    assert logged in told
    wait_until(lambda: not list((tmp_path / "uploads").iterdir()))


def test_a_file_that_takes_long_to_look_at_keeps_nobody_waiting_and_ends_with_the_service(
    start_service: Callable[..., Service],
    sqlite_url: str,
    stand_in: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = tmp_path / "begun"
    stand_in(f"import time; open({str(begun)!r}, 'w'); time.sleep(600)")
    monkeypatch.setattr(uploaded_file, "CHECK_SECONDS", 600)
    service = start_service(sqlite_url, uploads=tmp_path / "uploads", threads=1)
    kind = "multipart/form-data; boundary=x"

    with (
        ThreadPoolExecutor() as beside,
        open_port("127.0.0.1", 0) as opened,
        serve_aside(service.app, opened),
    ):
        port = opened.getsockname()[1]
        sent = beside.submit(call, port, "POST", "/imports", PART % b"PAR1PAR1", kind)
        wait_until(begun.exists)
        status, _ = call(port, "GET", "/imports")
        service.app.state.service.uploads.stop()
        refused, _ = sent.result()

    assert (status, refused) == (200, 503)
    assert not list((tmp_path / "uploads").iterdir())


def test_a_file_that_a_busy_machine_cannot_look_at_in_time_is_looked_at_when_it_is_read(
    service: Service,
    stand_in: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploaded_file, "CHECK_SECONDS", 1)
    write_nested(tmp_path / "nested")
    stand_in(
        "import io, time\n"
        "from serving import intake_reader\n"
        "asked = sys.stdin.read()\n"
        "'contract' in asked or time.sleep(600)\n"
        "sys.stdin = io.StringIO(asked)\n"
        "intake_reader.main()"
    )

    failed = wait(service, send(service, (tmp_path / "nested").read_bytes()))

    assert failed["problem"]["type"].endswith("file-nested")


def test_a_file_that_is_being_read_when_the_service_stops_waits_for_the_next_start(
    service: Service, stand_in: Callable[[str], None], tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    stand_in(f"import time; open({str(begun)!r}, 'w'); time.sleep(600)")
    answer = send(service, make_file(tmp_path / "x", 5, sickness_fund=FUND))
    wait_until(begun.exists)

    service.app.state.service.uploads.stop()

    with service.store.reading() as connection:
        left = find_import(connection, answer.json()["import_id"])
    assert left is not None
    assert left.status is ImportStatus.WAITING


def test_a_file_whose_reading_is_ended_from_outside_is_read_anew(
    service: Service,
    stand_in: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "RETRY_SECONDS", 0.1)
    told = tmp_path / "pid"
    stand_in(
        f"import time\ntold = {str(told)!r}\n"
        "if not os.path.exists(told):\n"
        "    open(told, 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
        "from serving import intake_reader\nintake_reader.main()"
    )
    answer = send(service, make_file(tmp_path / "x", 5, sickness_fund=FUND))
    wait_until(lambda: told.exists() and bool(told.read_text()))

    # as where all processes of a service are told to stop at once
    os.kill(int(told.read_text()), signal.SIGTERM)

    assert wait(service, answer)["counts"]["saved"] == 5


def test_a_file_whose_reading_is_ended_each_time_keeps_no_other_waiting(
    service: Service,
    stand_in: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "RETRY_SECONDS", 0.1)
    stand_in("os.kill(os.getpid(), 15)")

    failed = wait(service, send(service, make_file(tmp_path / "x", 5, sickness_fund=FUND)))

    assert failed["problem"]["type"].endswith("reading-ended")


def test_what_reads_a_file_too_long_ends_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    asked = {"most_bytes": 1 << 40, "most_seconds": 1, "path": "", "most_file_bytes": 1}
    code = "from serving import intake_reader as r\ndef stay(_):\n  while True: pass\n"
    _write(tmp_path / "stays.py", f"{code}r._check = stay\nr.main()")

    _, ended = run_beside("stays", seconds=60, asked=json.dumps(asked))

    assert ended == -signal.SIGXCPU


def test_what_reads_a_file_works_within_a_lower_limit_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    asked = {"most_bytes": 1 << 40, "most_seconds": 600, "path": "", "most_file_bytes": 1}
    _write(
        tmp_path / "limited.py",
        "import resource\nfrom serving import intake_reader as r\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (100, 100))\n"
        "r._check = lambda _: {'found': resource.getrlimit(resource.RLIMIT_CPU)}\nr.main()",
    )

    said, code = run_beside("limited", seconds=60, asked=json.dumps(asked))

    assert code == 0
    assert json.loads(said) == {"found": [100, 100]}
