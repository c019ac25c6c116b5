"""The connection to SQLite or PostgreSQL."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from time import time
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy import Connection as Connection  # what use cases pass on between queries
from sqlalchemy.exc import ArgumentError

from features.errors import KantelpuntError
from serving.store import patience
from serving.store.connections import OF_COMMAND, WAIT_SECONDS, Terms, build_postgresql
from serving.store.outages import StoreBusyError as StoreBusyError  # what use cases know of
from serving.store.outages import StoreGoneError as StoreGoneError
from serving.store.outages import commit, telling_outages

EVERY_FUND = "\0every"  # no fund is called so: for the command line, and nobody who logs on
BUSY_SECONDS = 5  # how long whoever writes to SQLite waits for another


class StoreAddressError(KantelpuntError):
    """An address of a store that cannot be used."""


class Store:
    """One database, with a pool of connections; safe to share between threads."""

    def __init__(self, url: str, terms: Terms = OF_COMMAND) -> None:
        """Prepare the connections; none is made before it is needed."""
        self.terms = terms
        self.through_pgbouncer = is_pgbouncer(read_address(url))
        self.engine = build_engine(url, terms)
        self._file = self.engine.url.database if self.engine.dialect.name == "sqlite" else None
        self._inode: int | None = None
        self._turn = Lock()

    @property
    def is_shared(self) -> bool:
        """Tell whether processes on other machines may work on it too."""
        return self._file is None

    @contextmanager
    def reading(self, fund: str | None = None) -> Iterator[Connection]:
        """Give a connection to read with; raises StoreGoneError when the store does not answer.

        On PostgreSQL only rows of `fund` are in reach of it, or of all with EVERY_FUND; without a
        fund no row of any.
        """
        self._check()
        with telling_outages(), self.engine.connect() as connection:
            self._limit(connection, fund)
            yield connection

    @contextmanager
    def writing(self, fund: str | None = None) -> Iterator[Connection]:
        """Give a connection inside one transaction: everything in it is kept, or nothing.

        It reaches the rows that `reading` would reach.
        """
        self._check()
        with self._take_turn(), telling_outages(), self.engine.connect() as connection:
            connection = connection.execution_options(kantelpunt_writes=True)
            with connection.begin() as transaction:
                self._limit(connection, fund)
                yield connection
                commit(transaction)

    @contextmanager
    def _take_turn(self) -> Iterator[None]:
        """Let the writers of this process wait in line: SQLite has each of them sleep and ask."""
        if self._file is None:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise StoreBusyError("somebody else has been writing for too long: try once more")
        try:
            yield
        finally:
            self._turn.release()

    def _limit(self, connection: Connection, fund: str | None) -> None:
        if fund is None or self.engine.dialect.name != "postgresql":
            return
        name, value = ("every_fund", "yes") if fund == EVERY_FUND else ("fund", fund)
        setting = {"name": f"kantelpunt.{name}", "value": value}
        connection.execute(text("select set_config(:name, :value, true)"), [setting])

    def takes_writes(self) -> bool:
        """Tell whether the database would keep anything; raises StoreGoneError.

        PostgreSQL says so itself; of a file only a write would tell.
        """
        if not self.is_shared:
            return True
        with self.reading() as connection:
            found = connection.execute(text("show transaction_read_only")).scalar_one()
        return bool(found == "off")

    def read_clock(self) -> float:
        """Return what time it is in the store, in seconds since 1970; raises StoreGoneError."""
        clock = "extract(epoch from clock_timestamp())" if self.is_shared else "null"
        with self.reading() as connection:
            found = connection.execute(text(f"select {clock}")).scalar_one()
        # a store in a file has the clock of this machine
        return time() if found is None else float(found)

    def find_seconds_ahead(self) -> float:
        """Return by how much the clock of the store is ahead of ours; raises StoreGoneError."""
        found = self.read_clock()
        return found - time() if self.is_shared else 0.0

    def _check(self) -> None:
        if patience.is_out():
            raise StoreGoneError("a request waited too long for its turn, and was not begun")
        self._check_file()

    def _check_file(self) -> None:
        """Leave a file that was removed or replaced: what went into it would be lost unnoticed.

        SQLite would make an empty one in its place, and nobody would see what is missing.
        """
        if self._file is None:
            return
        path = Path(self._file)
        found = path.stat().st_ino if path.exists() else None
        if self._inode not in (None, found):
            self.engine.dispose()
        if found is None:
            raise StoreGoneError(f"{path} is gone: put it back, or restore a backup of it")
        self._inode = found

    def make_file(self) -> None:
        """Make the file of a new store, where the store is a file that is not there yet."""
        if self._file is not None and not Path(self._file).exists():
            Path(self._file).touch()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def read_address(url: str) -> URL:
    """Return the parts of an address; raises StoreAddressError for one that cannot be read."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise StoreAddressError(
            "DATABASE_URL: expected sqlite:///path or postgresql://user@host/name"
        ) from None


def find_path(url: str) -> Path | None:
    """Return the file of a SQLite store, there or not; None where another database has it."""
    parsed = read_address(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return Path(str(parsed.database)) if is_file else None


def build_engine(url: str, terms: Terms) -> Engine:
    """Return the engine of an address; raises StoreAddressError for one that cannot be used."""
    parsed = read_address(url)
    if parsed.get_backend_name() == "sqlite":
        return _build_sqlite(parsed, terms)
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        address = parsed.difference_update_query(["pgbouncer"])
        return build_postgresql(address, terms, through_pgbouncer=is_pgbouncer(parsed))
    raise StoreAddressError("DATABASE_URL: expected an address of SQLite or PostgreSQL")


def is_pgbouncer(url: URL) -> bool:
    """Tell whether an address is that of pgbouncer; raises StoreAddressError."""
    told = url.query.get("pgbouncer", "false")
    if told not in ("true", "false"):
        raise StoreAddressError("DATABASE_URL: expected pgbouncer=true, or nothing of pgbouncer")
    return told == "true"


def _build_sqlite(url: URL, terms: Terms) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StoreAddressError("DATABASE_URL: expected the path of a file after sqlite:///")
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreAddressError(
            f"DATABASE_URL: the folder {folder} cannot be made ({error.strerror}): choose another"
        ) from None
    engine = create_engine(
        url,
        pool_size=terms.most,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        hide_parameters=True,
        # PostgreSQL takes no other JSON: what would fail there has to fail here
        json_serializer=partial(json.dumps, allow_nan=False),
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # the driver would begin transactions late, and not around reads; we begin them ourselves
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={1000 * BUSY_SECONDS}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # a transaction that will write takes its lock at once, or it could fail half-way
    writes = connection.get_execution_options().get("kantelpunt_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
