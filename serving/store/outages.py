"""How an outage of the store shows itself: what it is, and what whoever runs the service does."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import RootTransaction
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from features.errors import KantelpuntError
from serving.store.connections import READ_ONLY

_UNDEFINED_TABLE = "42P01"  # of PostgreSQL; SQLite has an OperationalError for it
# what PostgreSQL calls a failed serialization, a deadlock, a lock and an answer waited for too long
_GAVE_WAY = ("40001", "40P01", "55P03", "57014")
_OUTAGES = (OperationalError, InterfaceError, InternalError)


class StoreGoneError(KantelpuntError):
    """The store does not answer; nothing was written."""


class StoreBusyError(StoreGoneError):
    """The store answers, but gave way to somebody else; nothing was written: try once more."""


class StoreRefusesError(StoreGoneError):
    """The store answers, but takes nothing in: it is full, or may not be written."""


class StoreUnsureError(StoreGoneError):
    """The store went silent while it kept something: that is there whole, or not at all."""


_FULL = "the disk of the store is full: make room"
_DAMAGED = "the file of the store is damaged: stop the service and restore a backup of it"
# by the code of PostgreSQL or the name of SQLite
_REFUSALS = {
    "53100": _FULL,
    "SQLITE_FULL": _FULL,
    READ_ONLY: "the database takes no writes: DATABASE_URL names a replica, or it was set so",
    "SQLITE_READONLY": "the file of the store, or its folder, may not be written: mend its rights",
}
_KNOWN = {
    "SQLITE_BUSY": "another process holds the file of the store: end it",
    "SQLITE_CANTOPEN": "the file of the store cannot be opened: look at its folder and rights",
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_IOERR": "the disk of the store cannot be read or written: look at the disk",
}


@contextmanager
def telling_outages() -> Iterator[None]:
    """Tell an outage as one of the errors above, and nothing else."""
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _GAVE_WAY:
            raise StoreBusyError("the store is busy: this had to wait for others") from None
        if is_outage(error):
            raise _build_outage(error) from None
        raise
    except PoolTimeoutError:
        raise StoreBusyError("no connection to the store was free in time") from None


def commit(transaction: RootTransaction) -> None:
    """Keep what was written; raises StoreUnsureError where nobody can tell whether it was kept."""
    try:
        transaction.commit()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnsureError(
                "the store went silent while something was kept: it is there whole, or not at all"
            ) from None
        raise


def is_outage(error: DBAPIError) -> bool:
    """Whether an error is of the store, and not of what was asked of it."""
    # DatabaseError itself, and no kind of it, is a file that is damaged or no database
    if isinstance(error, _OUTAGES) or type(error) is DatabaseError:
        return True
    is_table_gone = getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE
    return is_table_gone or error.connection_invalidated


def _build_outage(error: DBAPIError) -> StoreGoneError:
    # only class and code: the text of a database error repeats the values that were sent
    cause = error.orig
    name = str(getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", ""))
    code = "_".join(name.split("_")[:2])  # SQLite says more after that
    if code in _REFUSALS:
        return StoreRefusesError(_REFUSALS[code])
    if code in _KNOWN:
        return StoreGoneError(_KNOWN[code])
    return StoreGoneError(
        f"the store does not answer ({type(error).__name__}): check DATABASE_URL and that the "
        "database is up with connections left; run `kantelpunt db upgrade` when it is new"
    )
