"""Connections to PostgreSQL: how many a process holds, and how long anything on one may take."""

import math
import secrets
import time
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import DisconnectionError

ASIDE = 2  # threads that need a connection beside requests: of imports, and of a version on trial
RESTED_SECONDS = 5  # how long a connection is trusted without a question
WAIT_SECONDS = 5  # for a connection that is free: as long as a caller is asked to wait by then
OLDEST_SECONDS = 600  # after a switch to another server, when none is left to the one before
READ_ONLY = "25006"  # what PostgreSQL answers to a write where it takes none
# a server or a firewall that is silent is left after some 20 seconds, and no firewall forgets a
# connection that is asked something each 10
_NETWORK = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}


@dataclass(frozen=True)
class Terms:
    """How many connections a process holds at most, and how long what it asks may take.

    Those of a command are the default: it may take as long as it needs. In 0 seconds nothing ends.
    """

    most: int = 4  # no command has more threads
    statement_seconds: int = 0
    lock_seconds: int = 0
    idle_seconds: int = 0
    name: str = "kantelpunt"

    @classmethod
    def of_service(cls, threads: int) -> Self:
        """Return those of a process that works at so many requests at the same moment.

        A thread needs one connection and never two, so that none is waited for: a larger pool
        would stand idle, and have PostgreSQL work at more at once than it has cores.
        """
        most = threads + ASIDE
        return cls(
            most,
            statement_seconds=30,  # whoever asked has left after 20: see patience
            lock_seconds=5,  # as long as SQLite has a writer wait for another
            idle_seconds=60,  # who stops halfway would have all others wait for its locks
            name=f"kantelpunt serve, most {most}, {secrets.token_hex(4)}",
        )

    @property
    def timeouts(self) -> dict[str, int]:
        """Return the limits that there are in milliseconds, as PostgreSQL calls them."""
        found = {
            "statement_timeout": self.statement_seconds,
            "lock_timeout": self.lock_seconds,
            "idle_in_transaction_session_timeout": self.idle_seconds,
        }
        return {name: 1000 * seconds for name, seconds in found.items() if seconds}


OF_COMMAND = Terms()


def build_postgresql(url: URL, terms: Terms, *, through_pgbouncer: bool) -> Engine:
    """Return the engine of an address of PostgreSQL, or of pgbouncer in front of it.

    Pgbouncer gives another connection to each transaction: nothing may stay on one from the
    transaction before, and it refuses limits that are asked for at the start.
    """
    # a service on SQLite does without the driver
    from serving.store.postgresql import connect

    given: dict[str, Any] = {"application_name": terms.name, **_NETWORK}
    if through_pgbouncer:
        given["prepare_threshold"] = None
    else:
        limits = [f"-c {name}={ms}" for name, ms in terms.timeouts.items()]
        given["options"] = " ".join([*limits, str(url.query.get("options", ""))]).strip()
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=terms.most,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        pool_recycle=OLDEST_SECONDS,
        pool_use_lifo=True,  # the one that was used last needs no question
        hide_parameters=True,
        connect_args=given,
    )
    event.listen(engine, "do_connect", connect)
    event.listen(engine, "handle_error", _leave_read_only)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", partial(_check_rested, engine.dialect))
    if through_pgbouncer and terms.timeouts:
        event.listen(engine, "begin", partial(_limit_transaction, terms.timeouts))
    return engine


def _limit_transaction(timeouts: dict[str, int], connection: Connection) -> None:
    limits = [f"set local {name} = {ms}" for name, ms in timeouts.items()]
    connection.exec_driver_sql("; ".join(limits))


def _leave_read_only(context: ExceptionContext) -> None:
    """Connect anew after a write that was refused: the address may lead to another server by now.

    A pool that was opened while servers changed places would hold on to the one that only reads.
    """
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True


def _note_rest(_connection: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _check_rested(dialect: Any, connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that rested whether it lives still; to ask each time is a round trip each.

    Where it does not, another is opened in its place.
    """
    if time.monotonic() - record.info.get("rests_since", math.inf) < RESTED_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error:
        raise DisconnectionError from None
