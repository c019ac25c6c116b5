"""Intake files in the store: how far each is, what became of its rows, and which were rejected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from features.errors import KantelpuntError
from serving.permissions import Scope
from serving.store.audit import AuditEvent, save_audit
from serving.store.reach import in_reach
from serving.store.work_tables import import_rejects, imports

MOST_REJECTS = 100_000
MOST_LISTED = 100
_PER_READ = 5000


class ImportTakenError(KantelpuntError):
    """An import that another process carries on with."""


class ImportStatus(StrEnum):
    """How far an import is; one that is `running` may have been cut off and goes on later."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Imported:
    """What became of the cases of a file.

    `known` were assessed before with the same inputs by the same model; `elsewhere` belong to
    another sickness fund or region; `untimely` lie after today or before the first limits;
    of `blocked` the person objects, so nothing is estimated; `other_case` came under a number that
    stands for another person, absence or region, and are among the rejected rows with the reason.
    """

    saved: int = 0
    known: int = 0
    elsewhere: int = 0
    untimely: int = 0
    blocked: int = 0
    rejected: int = 0
    other_case: int = 0

    def __add__(self, other: "Imported") -> "Imported":
        """Return both together."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Imported(*(a + b for a, b in pairs))


@dataclass(frozen=True)
class Import:
    """One file that came in; `scope` is None where cases of every fund are kept."""

    import_id: str
    fingerprint: str
    model_version: str
    scope: Scope | None
    began_at: datetime
    began_by: str
    status: ImportStatus = ImportStatus.WAITING
    ended_at: datetime | None = None
    rows_total: int = 0
    rows_done: int = 0
    counts: Imported = Imported()
    problem: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Reject:
    """A fault of one row of a file; never what the row holds."""

    table: str
    row: int
    field: str
    reason: str


def save_import(connection: Connection, made: Import, *, audit: AuditEvent) -> None:
    """Keep that a file came in."""
    connection.execute(insert(imports), _to_row(made))
    save_audit(connection, [audit])


def _to_row(made: Import) -> dict[str, Any]:
    row = {k: v for k, v in vars(made).items() if k != "scope"}
    scope = made.scope
    return row | {
        "sickness_fund": scope.sickness_fund if scope else None,
        "region": scope.region if scope else None,
        "status": made.status.value,
        "counts": asdict(made.counts),
    }


def find_unfinished(
    connection: Connection, fingerprint: str, model_version: str, scope: Scope | None
) -> Import | None:
    """Return an import of the same file by the same model that was cut off, if there is one."""
    c = imports.c
    query = select(imports).where(
        c.fingerprint == fingerprint,
        c.model_version == model_version,
        c.status == ImportStatus.RUNNING.value,
        c.sickness_fund.is_not_distinct_from(scope.sickness_fund if scope else None),
        c.region.is_not_distinct_from(scope.region if scope else None),
    )
    return _read_first(connection, query.order_by(c.began_at.desc()))


def find_import(
    connection: Connection, import_id: str, scope: Scope | None = None
) -> Import | None:
    """Return an import, only one in reach where a scope is given."""
    query = select(imports).where(imports.c.import_id == import_id)
    if scope is not None:
        query = query.where(in_reach(imports, scope))
    return _read_first(connection, query)


def _read_first(connection: Connection, query: Select[Any]) -> Import | None:
    row = connection.execute(query.limit(1)).mappings().first()
    return None if row is None else _to_import(row)


def list_imports(connection: Connection, scope: Scope) -> list[Import]:
    """Return the latest imports in reach of a scope, latest first."""
    query = select(imports).where(in_reach(imports, scope))
    ordered = query.order_by(imports.c.began_at.desc(), imports.c.import_id).limit(MOST_LISTED)
    return [_to_import(row) for row in connection.execute(ordered).mappings()]


def list_unfinished(connection: Connection) -> list[Import]:
    """Return every import that waits or was cut off, first come first."""
    wanted = (ImportStatus.WAITING.value, ImportStatus.RUNNING.value)
    query = select(imports).where(imports.c.status.in_(wanted)).order_by(imports.c.began_at)
    return [_to_import(row) for row in connection.execute(query).mappings()]


def _to_import(row: RowMapping) -> Import:
    values = {k: row[k] for k in row if k not in ("sickness_fund", "region")}
    fund = row["sickness_fund"]
    return Import(
        **values
        | {
            "scope": None if fund is None else Scope(fund, row["region"]),
            "status": ImportStatus(row["status"]),
            "counts": Imported(**row["counts"]),
        }
    )


def begin_rows(
    connection: Connection, begun: Import, rejects: Sequence[Reject], *, audit: AuditEvent
) -> None:
    """Note that the rows of a file were read, which were rejected, and that the work begins."""
    row = _to_row(begun)
    _change(connection, row.pop("import_id"), **row)
    _save_rejects(connection, begun.import_id, rejects)
    save_audit(connection, [audit])


def _save_rejects(connection: Connection, import_id: str, rejects: Sequence[Reject]) -> None:
    connection.execute(delete(import_rejects).where(import_rejects.c.import_id == import_id))
    add_rejects(connection, import_id, rejects)


def add_rejects(connection: Connection, import_id: str, rejects: Sequence[Reject]) -> None:
    """Keep more rejected rows of an import, in the transaction of the rows; it counts them."""
    kept = [
        {
            "import_id": import_id,
            "table_name": r.table,
            "row": r.row,
            "field": r.field,
            "reason": r.reason,
        }
        for r in rejects[:MOST_REJECTS]
    ]
    if kept:
        connection.execute(insert(import_rejects), kept)


def advance_import(
    connection: Connection, import_id: str, seen: int, rows_done: int, counts: Imported
) -> None:
    """Note how far an import is, in the transaction of the rows; raises ImportTakenError.

    `seen` is how far it was: whoever else moved it on meanwhile did these rows already. Call this
    before `save_audit`. It writes no audit line of its own: every row has one.
    """
    moved = connection.execute(
        update(imports)
        .where(imports.c.import_id == import_id, imports.c.rows_done == seen)
        .values(rows_done=rows_done, counts=asdict(counts))
    )
    if moved.rowcount != 1:
        raise ImportTakenError("another process imports this file: let it end, or stop it")


def end_import(
    connection: Connection,
    import_id: str,
    *,
    at: datetime,
    problem: Mapping[str, Any] | None = None,
    rejects: Sequence[Reject] | None = None,
    audit: AuditEvent,
) -> None:
    """Note that an import is done or, with a problem, that it failed; one that ended stays so."""
    status = ImportStatus.FAILED if problem else ImportStatus.DONE
    found = find_import(connection, import_id)
    if found is None or found.ended_at is not None:
        return
    _change(connection, import_id, status=status.value, ended_at=at, problem=problem)
    if rejects is not None:
        rejected = len({(r.table, r.row) for r in rejects})
        _change(connection, import_id, counts=asdict(Imported(rejected=rejected)))
        _save_rejects(connection, import_id, rejects)
    save_audit(connection, [audit])


def _change(connection: Connection, import_id: str, **values: Any) -> None:
    connection.execute(update(imports).where(imports.c.import_id == import_id).values(**values))


def list_rejects(connection: Connection, import_id: str) -> Iterator[Reject]:
    """Yield the rejected rows of an import, in order, a few thousand at a time."""
    c, last = import_rejects.c, -1
    while True:
        query = select(import_rejects).where(c.import_id == import_id, c.reject_id > last)
        rows = connection.execute(query.order_by(c.reject_id).limit(_PER_READ)).mappings().all()
        if not rows:
            return
        yield from (Reject(r["table_name"], r["row"], r["field"], r["reason"]) for r in rows)
        last = rows[-1]["reject_id"]
