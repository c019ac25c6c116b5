"""Where a case stands, who vouches for a user, and an audit log in which no line can change."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from serving.assessment import find_reassess_day
from serving.store.audit import HEAD, START, hash_line
from serving.store.columns import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OLD_ORDER = ("urgency", "absence_started_on", "case_id")
ORDER = ("urgency", "gain_order", "absence_started_on", "case_id")
FILTERED = ("labour_status", "answered", "screened_on", "reassess_on", "is_blocked")
ADDED: dict[str, dict[str, Any]] = {
    "cases": {
        "gain_order": {"type_": sa.Double, "nullable": False, "server_default": "0"},
        "labour_status": {"type_": _KEY},
        "state": {"type_": _KEY, "nullable": False, "server_default": "open"},
        "state_version": {"type_": sa.Integer, "nullable": False, "server_default": "0"},
        "is_open": {"type_": sa.Boolean, "nullable": False, "server_default": sa.true()},
        "assigned_to": {"type_": _KEY},
        "look_again_on": {"type_": sa.Date},
        "reassess_on": {"type_": sa.Date},
        "is_blocked": {"type_": sa.Boolean, "nullable": False, "server_default": sa.false()},
    },
    "users": {"issuer": {"type_": sa.Text}, "last_seen_at": {"type_": _MOMENT}},
    "audit": {"hash": {"type_": sa.Text, "nullable": False, "server_default": ""}},
}


OF_LINE: tuple[sa.ColumnClause[Any], ...] = (
    sa.column("audit_id", _BIG),
    sa.column("at", Instant),
    *(sa.column(name, sa.Text) for name in ("user_key", "action", "sickness_fund", "case_id")),
    sa.column("detail", sa.JSON),
)
LINES = sa.table("audit", *OF_LINE, sa.column("hash", sa.Text))
AT_ONCE = 1000
STATUS = {
    "sqlite": "json_extract(inputs, '$.labour_status')",
    "postgresql": "inputs ->> 'labour_status'",
}


def upgrade() -> None:
    """Add the columns, order the list by gain, and chain the lines that are there."""
    for table, columns in ADDED.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, **kind))
    op.execute("update cases set gain_order = -gain where gain_status = 'estimated'")
    op.execute(
        f"update cases set labour_status = (select {STATUS[op.get_bind().dialect.name]} "  # noqa: S608
        "from assessments where assessments.assessment_id = cases.assessment_id)"
    )
    _say_when_to_reassess()
    _index_list(("state", *ORDER), FILTERED)
    absent_order = ["absence_started_on", "case_id"]
    op.create_index("longest_absent", "cases", ["sickness_fund", "state", *absent_order])
    _index_some("triage_of_user", "assigned_to", "state", *ORDER)
    _index_some("to_look_at_again", "look_again_on", "case_id")
    op.create_index("audit_of_user", "audit", ["user_key", "audit_id"])
    _chain_lines()
    _forbid_changes()


def _index_list(order: tuple[str, ...], filtered: tuple[str, ...] = ()) -> None:
    for name in ("triage", "triage_by_region"):
        op.drop_index(name, "cases")
    op.create_index("triage", "cases", ["sickness_fund", *order, *filtered])
    op.create_index("triage_by_region", "cases", ["sickness_fund", "region", *order])


def _index_some(name: str, first: str, *others: str) -> None:
    there, columns = sa.text(f"{first} is not null"), ["sickness_fund", first, *others]
    op.create_index(name, "cases", columns, sqlite_where=there, postgresql_where=there)


def _say_when_to_reassess() -> None:
    keys = [sa.column(name, _KEY) for name in ("sickness_fund", "case_id")]
    days = [sa.column(name, sa.Date) for name in ("absence_started_on", "screened_on")]
    known = sa.table("cases", *keys, *days, sa.column("reassess_on", sa.Date))
    found = op.get_bind().execute(sa.select(*keys, *days).select_from(known)).all()
    rows = [{"fund": f, "of": c, "due_on": find_reassess_day(*on)} for f, c, *on in found]
    is_same = (known.c.sickness_fund == sa.bindparam("fund"), known.c.case_id == sa.bindparam("of"))
    if rows:
        change = sa.update(known).where(*is_same).values(reassess_on=sa.bindparam("due_on"))
        op.get_bind().execute(change, rows)


def _chain_lines() -> None:
    head = op.create_table(
        "audit_head",
        sa.Column("head_id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("lines", _BIG, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    connection, last, before = op.get_bind(), 0, START
    change = sa.update(LINES).where(LINES.c.audit_id == sa.bindparam("number"))
    while True:
        rest = sa.select(*OF_LINE).where(LINES.c.audit_id > last).order_by(LINES.c.audit_id)
        chained = []
        for row in connection.execute(rest.limit(AT_ONCE)).mappings():
            last, before = row["audit_id"], hash_line(dict(row), before)
            chained.append({"number": last, "hash": before})
        if not chained:
            break
        connection.execute(change, chained)
    op.bulk_insert(head, [{"head_id": HEAD, "lines": last, "hash": before}])


def _forbid_changes() -> None:
    """Let the database itself refuse what the code never does."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(
                f"create trigger audit_no_{verb} before {verb} on audit "
                "begin select raise(abort, 'the audit log is append-only'); end"
            )
        return
    op.execute(
        "create function refuse_audit_change() returns trigger language plpgsql as "
        "$$ begin raise exception 'the audit log is append-only'; end $$"
    )
    op.execute(
        "create trigger audit_no_change before update or delete or truncate on audit "
        "for each statement execute function refuse_audit_change()"
    )


def downgrade() -> None:
    """Remove the columns and the chain, and what they held."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"drop trigger audit_no_{verb}")
    else:
        op.execute("drop trigger audit_no_change on audit")
        op.execute("drop function refuse_audit_change")
    op.drop_table("audit_head")
    op.drop_index("audit_of_user", "audit")
    for name in ("longest_absent", "triage_of_user", "to_look_at_again"):
        op.drop_index(name, "cases")
    _index_list(OLD_ORDER)
    for table, columns in ADDED.items():
        for name in reversed(columns):
            op.drop_column(table, name)
