"""What watching reads from the store: estimates, outcomes and groups, a part at a time."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Connection, Select, Table, Text, cast, select

from serving.store.outcomes import OUTCOME_TABLES
from serving.store.tables import assessments, cases

PART = 5000
Reading = Connection  # a transaction that a use case hands on


class ToldRow(NamedTuple):
    """One estimate as it was kept; `inputs`, `limits` and `curve` are JSON still."""

    sickness_fund: str
    case_id: str
    screened_on: date
    made_at: Any
    model_version: str
    p_usual: float
    gain: float | None
    gain_status: str
    suggestion: str
    inputs: str
    limits: str
    curve: str | None


def stream_told(
    connection: Connection, fund: str | None, fingerprint: str, since: date
) -> Iterator[list[ToldRow]]:
    """Yield the estimates under a contract of screenings since a day, some at a time.

    Reading the JSON is left to who needs it: of half a million that is most of the time.
    """
    a = assessments.c
    query = select(
        a.sickness_fund,
        a.case_id,
        a.screened_on,
        a.made_at,
        a.model_version,
        a.p_usual,
        a.gain,
        a.gain_status,
        a.suggestion,
        cast(a.inputs, Text),
        cast(a.limits, Text),
        cast(a.curve, Text),
    ).where(a.contract_fingerprint == fingerprint, a.screened_on >= since)
    for part in _stream(connection, _of_fund(query, assessments, fund)):
        yield [ToldRow(*row) for row in part]


def has_fund(connection: Connection, fund: str) -> bool:
    """Return whether any case of a sickness fund is kept."""
    query = select(cases.c.case_id).where(cases.c.sickness_fund == fund).limit(1)
    return connection.execute(query).first() is not None


def list_blocked(connection: Connection, fund: str | None) -> set[tuple[str, str]]:
    """Return the cases of which the person objects: nothing is counted of them."""
    query = select(cases.c.sickness_fund, cases.c.case_id).where(cases.c.is_blocked)
    return {(row[0], row[1]) for row in connection.execute(_of_fund(query, cases, fund))}


def stream_outcome(
    connection: Connection, name: str, columns: Sequence[str], fund: str | None
) -> Iterator[Sequence[Any]]:
    """Yield fund, case and some columns of a table of outcomes, some rows at a time.

    What is JSON stays a text.
    """
    table = OUTCOME_TABLES[name]
    wanted = ("sickness_fund", "case_id", *columns)
    query = select(*(_bare(table.c[one]) for one in wanted))
    yield from _stream(connection, _of_fund(query, table, fund))


def _bare(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(column, Text) if isinstance(column.type, JSON) else column


def _of_fund(query: Select[Any], table: Table, fund: str | None) -> Select[Any]:
    return query if fund is None else query.where(table.c.sickness_fund == fund)


def _stream(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    with connection.execution_options(yield_per=PART).execute(query) as found:
        yield from found.partitions()
