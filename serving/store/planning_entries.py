"""How many absences began per month and region, as funds report them: kept, and added up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from serving.store.audit import AuditEvent, save_audit
from serving.store.planning_tables import entry_totals

EVERY = "*"  # as the fund of totals of every fund together; in the reach of no fund
OFF = ("off_1m", "off_2m", "off_3m", "off_6m", "off_12m")
COUNTS = ("entered", *OFF)


@dataclass(frozen=True)
class EntryTotal:
    """How many absences began in a month in a region, and how many lasted so many months.

    A count of who is still off is None as long as it is not complete.
    """

    month: date
    region: str
    entered: int
    off_1m: int | None = None
    off_2m: int | None = None
    off_3m: int | None = None
    off_6m: int | None = None
    off_12m: int | None = None


def save_entries(
    connection: Connection,
    rows: Sequence[EntryTotal],
    fund: str,
    *,
    made_at: datetime,
    made_by: str,
    audit: AuditEvent,
) -> None:
    """Keep entries of a fund, or of every fund with EVERY; those of a known month are replaced.

    Of two rows of the same month and region the last one counts.
    """
    told = {"sickness_fund": fund, "reported_at": made_at, "reported_by": made_by}
    by_key = {(one.month, one.region): vars(one) | told for one in rows}
    keys = [column.name for column in entry_totals.primary_key]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(entry_totals)
    fresh = {c.name: statement.excluded[c.name] for c in entry_totals.c if c.name not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=fresh)
    if by_key:
        # in one order: nobody waits for a row in a circle
        connection.execute(statement, [by_key[key] for key in sorted(by_key)])
    save_audit(connection, [audit])


def list_entries(connection: Connection) -> Mapping[str, list[EntryTotal]]:
    """Return the entries in reach by fund, in the order of month and region."""
    c = entry_totals.c
    names = tuple(EntryTotal.__dataclass_fields__)
    query = select(c.sickness_fund, *(c[name] for name in names)).order_by(c.month, c.region)
    found: dict[str, list[EntryTotal]] = {}
    for fund, *values in connection.execute(query):
        found.setdefault(fund, []).append(EntryTotal(*values))
    return found
