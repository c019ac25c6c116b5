"""What is always true of the audit log: whatever is done to it behind our back is found."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, delete, insert, select, text, update

from serving.audit_trail import Verdict, verify_audit
from serving.store.audit import AuditEvent, save_audit
from serving.store.engine import Store
from serving.store.tables import audit, audit_head
from serving.store.upgrade import upgrade_store
from tests.running_postgres import ADMIN, Postgres, run_postgres

LINES = 6
MOMENT = datetime(2026, 4, 15, 8, 0, tzinfo=UTC)
Change = Callable[[Connection], int]

plain = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
details = st.dictionaries(plain, plain | st.integers(-(10**9), 10**9), max_size=3)
VALUES = {
    "at": st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
        lambda moment: moment.replace(tzinfo=UTC)
    ),
    "user_key": plain,
    "action": plain,
    "sickness_fund": st.none() | plain,
    "case_id": st.none() | plain,
    "detail": details,
    "hash": plain,
}


@cache
def get_template() -> Path:
    path = Path(mkdtemp(prefix="kantelpunt-chain-")) / "chain.db"
    fill(f"sqlite:///{path}")
    return path


def fill(url: str) -> None:
    store = Store(url)
    upgrade_store(store)
    with store.writing() as connection:
        events = [
            AuditEvent(
                MOMENT + timedelta(seconds=n), f"u{n}", "assess", "fonds-a", f"C-{n}", {"n": n}
            )
            for n in range(LINES)
        ]
        save_audit(connection, events)
    if store.engine.dialect.name == "sqlite":
        with store.writing() as connection:
            for verb in ("update", "delete"):
                connection.exec_driver_sql(f"drop trigger audit_no_{verb}")
    # the last connection that closes brings everything into the one file
    store.close()


@contextmanager
def tampered_sqlite(change: Change) -> Iterator[tuple[Store, int]]:
    folder = Path(mkdtemp(prefix="kantelpunt-chain-"))
    shutil.copy(get_template(), folder / "chain.db")
    store = Store(f"sqlite:///{folder / 'chain.db'}")
    try:
        with store.writing() as connection:
            first = change(connection)
        yield store, first
    finally:
        store.close()
        shutil.rmtree(folder)


@st.composite
def changed_columns(draw: st.DrawFn) -> Change:
    number, name = draw(st.integers(1, LINES)), draw(st.sampled_from(sorted(VALUES)))
    value = draw(VALUES[name])

    def change(connection: Connection) -> int:
        column = audit.c[name]
        before = connection.execute(select(column).where(audit.c.audit_id == number)).scalar_one()
        if before == value:
            return 0
        connection.execute(update(audit).where(audit.c.audit_id == number).values({name: value}))
        return number

    return change


@st.composite
def removed_lines(draw: st.DrawFn) -> Change:
    numbers = draw(st.sets(st.integers(1, LINES), min_size=1))

    def change(connection: Connection) -> int:
        connection.execute(delete(audit).where(audit.c.audit_id.in_(numbers)))
        return min(numbers)

    return change


@st.composite
def swapped_lines(draw: st.DrawFn) -> Change:
    first, second = sorted(draw(st.sets(st.integers(1, LINES), min_size=2, max_size=2)))

    def change(connection: Connection) -> int:
        for before, after in ((first, -1), (second, first), (-1, second)):
            moved = update(audit).where(audit.c.audit_id == before)
            connection.execute(moved.values(audit_id=after))
        return first

    return change


@st.composite
def added_lines(draw: st.DrawFn) -> Change:
    number = draw(st.sampled_from([0, LINES + 1, LINES + 5]))

    def change(connection: Connection) -> int:
        row = connection.execute(select(audit).where(audit.c.audit_id == LINES)).mappings().one()
        connection.execute(insert(audit), dict(row) | {"audit_id": number})
        return 1 if number == 0 else LINES + 1

    return change


@st.composite
def moved_heads(draw: st.DrawFn) -> Change:
    lines = draw(st.integers(0, LINES + 3).filter(lambda n: n != LINES))

    def change(connection: Connection) -> int:
        connection.execute(update(audit_head).values(lines=lines))
        return min(lines, LINES) + 1

    return change


CHANGES = changed_columns() | removed_lines() | swapped_lines() | added_lines() | moved_heads()


def check(verdict: Verdict, first: int) -> None:
    if first == 0:
        assert verdict.is_whole
    else:
        assert verdict.broken == first


@given(change=CHANGES)
def test_what_is_changed_in_sqlite_is_found_at_its_first_line(change: Change) -> None:
    with tampered_sqlite(change) as (store, first):
        check(verify_audit(store), first)


@given(raw=st.binary(max_size=6) | plain, number=st.integers(1, LINES))
def test_a_line_that_cannot_even_be_read_is_found(raw: bytes | str, number: int) -> None:
    def change(connection: Connection) -> int:
        filled = "update audit set detail = ?, at = ? where audit_id = ?"
        connection.exec_driver_sql(filled, (raw, raw, number))
        return number

    with tampered_sqlite(change) as (store, first):
        check(verify_audit(store), first)


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[Store, Postgres]]:
    with run_postgres() as server:
        url = server.make_database()
        fill(url)
        store = Store(url)
        yield store, server
        store.close()


@given(change=CHANGES)
def test_what_is_changed_in_postgresql_is_found_too(
    postgres: tuple[Store, Postgres], change: Change
) -> None:
    store, server = postgres
    address = server.address(str(store.engine.url.database), ADMIN)
    admin = create_engine(address)
    try:
        with admin.begin() as connection:
            # as a superuser can: no trigger, no policy
            connection.execute(text("set session_replication_role = replica"))
            lines = connection.execute(select(audit)).mappings().all()
            head = connection.execute(select(audit_head)).mappings().one()
            first = change(connection)

        check(verify_audit(store), first)

        with admin.begin() as connection:
            connection.execute(text("set session_replication_role = replica"))
            connection.execute(delete(audit))
            connection.execute(insert(audit), [dict(line) for line in lines])
            connection.execute(update(audit_head).values(**dict(head)))
    finally:
        admin.dispose()
