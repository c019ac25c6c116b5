import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import create_engine, make_url, text
from typer.testing import CliRunner

import kantelpunt
from serving.audit_trail import verify_audit
from serving.store.assessments import count_assessments
from serving.store.backup import BackupError, backup_store, restore_store
from serving.store.engine import EVERY_FUND, Store
from serving.store.upgrade import check_store
from tests.running_postgres import ADMIN, USER, Postgres, find_binary
from tests.running_service import Service, make_own_case


def count(store: Store) -> int:
    with store.reading(EVERY_FUND) as connection:
        return count_assessments(connection)


def test_a_backup_is_whole_while_others_write_and_can_be_put_back(
    service: Service, tmp_path: Path
) -> None:
    for number in range(5):
        service.post(make_own_case(number))
    stop, written = Event(), [5]

    def write() -> None:
        while not stop.is_set():
            written[0] += 1
            assert service.post(make_own_case(written[0])).status_code == 201

    writer = Thread(target=write)
    writer.start()
    lines = backup_store(service.store, tmp_path / "copy.db")
    stop.set()
    writer.join()

    where = restore_store(tmp_path / "copy.db", f"sqlite:///{tmp_path / 'new' / 'store.db'}")
    with closing(Store(f"sqlite:///{where}")) as restored:
        check_store(restored)
        verdict = verify_audit(restored)
        kept = count(restored)
    assert verdict.is_whole
    assert verdict.lines == lines
    assert 5 <= kept <= written[0]
    assert where.stat().st_mode & 0o777 == 0o600


def test_a_copy_that_is_being_put_back_is_for_its_owner_from_the_first_byte(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_store(service.store, tmp_path / "copy.db")
    store, seen, copy = tmp_path / "store-2.db", list[int](), shutil.copyfile

    def look(source: Path, target: Path) -> None:
        copy(source, target)
        seen.append(target.stat().st_mode & 0o777)

    monkeypatch.setattr("serving.store.backup.shutil.copyfile", look)
    restore_store(tmp_path / "copy.db", f"sqlite:///{store}")

    assert seen == [0o600]


def test_a_store_that_is_put_back_is_on_disk_before_it_has_its_name(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, store = tmp_path / "copy.db", tmp_path / "store-2.db"
    backup_store(service.store, copy)
    flushed = list[tuple[int, bool]]()

    def flush(file: int) -> None:
        flushed.append((os.fstat(file).st_ino, store.exists()))

    monkeypatch.setattr(os, "fsync", flush)
    restore_store(copy, f"sqlite:///{store}")

    assert flushed == [(store.stat().st_ino, False), (tmp_path.stat().st_ino, True)]


def test_a_backup_never_overwrites_anything(service: Service, tmp_path: Path) -> None:
    backup_store(service.store, tmp_path / "copy.db")

    with pytest.raises(BackupError, match="there already"):
        backup_store(service.store, tmp_path / "copy.db")
    with pytest.raises(BackupError, match="stop the service"):
        restore_store(tmp_path / "copy.db", f"sqlite:///{service.store.engine.url.database}")
    with pytest.raises(BackupError, match="cannot be written"):
        backup_store(service.store, tmp_path / "none" / "copy.db")


def test_what_is_no_backup_is_not_put_back(service: Service, tmp_path: Path) -> None:
    backup_store(service.store, tmp_path / "copy.db")
    damaged = bytearray((tmp_path / "copy.db").read_bytes())
    damaged[8192:16384] = bytes(8192)
    (tmp_path / "damaged.db").write_bytes(damaged)
    (tmp_path / "text.db").write_text("geen opslag")

    for name in ("damaged.db", "text.db", "none.db"):
        with pytest.raises(BackupError):
            restore_store(tmp_path / name, f"sqlite:///{tmp_path / 'back.db'}")

    assert not (tmp_path / "back.db").exists()


def test_the_commands_back_up_and_restore(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, copy = CliRunner().invoke, str(tmp_path / "copy.db")
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    kept = run(kantelpunt.app, ["db", "backup", "--out", copy])
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'again.db'}")

    restored = run(kantelpunt.app, ["db", "restore", copy])
    verified = run(kantelpunt.app, ["audit", "verify"])

    assert "audit lines" in kept.output
    assert "kantelpunt audit verify" in restored.output
    assert "all whole" in verified.output


def test_postgresql_is_left_to_its_own_tools(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.make_database()

    with closing(Store(url)) as store, pytest.raises(BackupError, match=r"docs/beheer\.md"):
        backup_store(store, tmp_path / "copy.db")
    with pytest.raises(BackupError, match=r"docs/beheer\.md"):
        restore_store(tmp_path / "copy.db", url)


def call(postgres: Postgres, tool: str, *words: str, options: str = "") -> tuple[int, str]:
    """Run a tool of PostgreSQL as the owner of the tables, as docs/beheer.md says."""
    where = ("-h", "127.0.0.1", "-p", str(postgres.port), "-U", USER)
    done = subprocess.run(
        [find_binary(tool), *where, *words],
        env=os.environ | {"PGOPTIONS": options},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


EVERY_ROW = "-c kantelpunt.every_fund=yes"


def test_a_dump_of_postgresql_holds_every_row_and_can_be_put_back(
    start_service: Callable[..., Service],
    postgres: Postgres,
    postgres_template: str,
    tmp_path: Path,
) -> None:
    url = postgres.make_database(postgres_template)
    service = start_service(url)
    for number in range(3):
        service.post(make_own_case(number))
    name, dump = str(make_url(url).database), str(tmp_path / "store.dump")

    refused, _ = call(postgres, "pg_dump", "-Fc", "-f", dump, name)
    done = call(
        postgres, "pg_dump", "--enable-row-security", "-Fc", "-f", dump, name, options=EVERY_ROW
    )
    new = postgres.make_database("template0")
    words = ("--exit-on-error", "--no-owner", "--single-transaction", dump)
    back = call(postgres, "pg_restore", "-d", str(make_url(new).database), *words)

    assert refused != 0
    assert done == (0, "")
    assert back == (0, "")
    with closing(Store(new)) as restored:
        check_store(restored)
        assert count(restored) == 3
        assert verify_audit(restored).is_whole
        with restored.reading("fonds-b") as connection:
            assert count_assessments(connection) == 0


def test_a_dump_that_forgets_the_setting_holds_no_cases(
    start_service: Callable[..., Service],
    postgres: Postgres,
    postgres_template: str,
    tmp_path: Path,
) -> None:
    url = postgres.make_database(postgres_template)
    start_service(url).post(make_own_case())
    name, dump = str(make_url(url).database), str(tmp_path / "store.dump")

    done = call(postgres, "pg_dump", "--enable-row-security", "-Fc", "-f", dump, name)
    new = postgres.make_database("template0")
    call(postgres, "pg_restore", "-d", str(make_url(new).database), dump)

    admin = create_engine(postgres.address(str(make_url(new).database), ADMIN))
    with admin.connect() as connection:
        kept = connection.execute(text("select count(*) from assessments")).scalar_one()
    admin.dispose()
    assert done == (0, "")
    assert kept == 0
