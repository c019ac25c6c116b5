"""What happened after a screening, as funds and VDAB report it: pathways, work and exits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from serving.permissions import Scope
from serving.store.audit import AuditEvent, save_audit
from serving.store.reach import in_reach
from serving.store.tables import assessments
from serving.store.work_tables import fairness_groups, follow_up, pathways, work_periods

# as an extract calls them
OUTCOME_TABLES = {
    "pathways": pathways,
    "work_periods": work_periods,
    "follow_up": follow_up,
    "groups": fairness_groups,
}
Row = Mapping[str, Any]


def find_first_screenings(
    connection: Connection, scope: Scope, case_ids: Collection[str]
) -> dict[str, date]:
    """Return the first screening day of those of the cases that are in reach."""
    c = assessments.c
    query = (
        select(c.case_id, func.min(c.screened_on))
        .where(in_reach(assessments, scope), c.case_id.in_(sorted(case_ids)))
        .group_by(c.case_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def save_outcomes(
    connection: Connection, reported: Mapping[str, Sequence[Row]], *, audit: Sequence[AuditEvent]
) -> None:
    """Keep the rows of each table and the audit lines; a row with a known key replaces it."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for name, rows in reported.items():
        if not rows:
            continue
        table = OUTCOME_TABLES[name]
        keys = [column.name for column in table.primary_key]
        statement = dialect.insert(table)
        fresh = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=fresh)
        # the last of each key, in the order of the keys: nobody waits for a row in a circle
        by_key = {_key(row, keys): row for row in rows}
        connection.execute(statement, [by_key[key] for key in sorted(by_key)])
    save_audit(connection, audit)


def _key(row: Row, keys: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[key] for key in keys)
