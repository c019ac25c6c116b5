"""Since when a person waits for an answer, so that the list can show who waits longest."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INDEX = "to_answer"
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ZONE = ZoneInfo("Europe/Brussels")
Place = tuple[str, str]


def upgrade() -> None:
    """Add the days; a request of before was received when it was noted."""
    op.add_column("requests", sa.Column("received_on", sa.Date))
    op.add_column("cases", sa.Column("asked_on", sa.Date))
    _fill()
    there = sa.text("asked_on is not null")
    columns = ["sickness_fund", "state", "asked_on", "case_id"]
    op.create_index(INDEX, "cases", columns, sqlite_where=there, postgresql_where=there)


def _fill() -> None:
    asked = sa.table(
        "requests",
        sa.column("request_id", sa.Text),
        *_name_place(),
        sa.column("made_at", sa.DateTime(timezone=True)),
        sa.column("outcome", sa.Text),
        sa.column("received_on", sa.Date),
    )
    names = ("request_id", "sickness_fund", "case_id", "made_at", "outcome")
    rows = op.get_bind().execute(sa.select(*(asked.c[name] for name in names))).all()
    waits: dict[Place, date] = {}
    for request_id, fund, case_id, made_at, outcome in rows:
        day = _find_day(made_at)
        change = sa.update(asked).where(asked.c.request_id == request_id)
        op.get_bind().execute(change.values(received_on=day))
        if outcome is None:
            waits[fund, case_id] = min(day, waits.get((fund, case_id), day))
    cases = sa.table("cases", *_name_place(), sa.column("asked_on", sa.Date))
    for (fund, case_id), day in waits.items():
        is_it = (cases.c.sickness_fund == fund, cases.c.case_id == case_id)
        op.get_bind().execute(sa.update(cases).where(*is_it).values(asked_on=day))


def _name_place() -> list[sa.ColumnClause[str]]:
    return [sa.column(name, _KEY) for name in ("sickness_fund", "case_id")]


def _find_day(made_at: datetime) -> date:
    # SQLite keeps moments in UTC and does not say so
    moment = made_at if made_at.tzinfo else made_at.replace(tzinfo=ZoneInfo("UTC"))
    return moment.astimezone(_ZONE).date()


def downgrade() -> None:
    """Remove the days."""
    op.drop_index(INDEX, "cases")
    op.drop_column("cases", "asked_on")
    op.drop_column("requests", "received_on")
