"""Entry totals, capacities, plans, scenarios and limits on the gain per region: totals only.

Funds see the entries that they report themselves; the other tables hold nothing of one fund.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from serving.store.migrations.versions.r0007_rows_of_one_fund import SEES

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OF_FUND = "entry_totals"
INDEXES = {
    "capacities": ("capacities_in_order", ["region", "valid_from"]),
    "plans": ("plans_in_order", ["made_at"]),
    "scenarios": ("scenarios_in_order", ["made_at"]),
    "gain_limits": ("gain_limits_in_order", ["region", "valid_from"]),
}


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, _BIG, primary_key=True, autoincrement=True)


def _who() -> list[sa.Column[Any]]:
    texts: list[sa.Column[Any]] = [
        sa.Column(name, sa.Text, nullable=False) for name in ("author", "reason")
    ]
    return [*texts, sa.Column("made_at", _MOMENT, nullable=False)]


def upgrade() -> None:
    """Make the tables, and the policy of the one that names funds."""
    op.create_table(
        OF_FUND,
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("region", _KEY, primary_key=True),
        sa.Column("sickness_fund", _KEY, primary_key=True),
        sa.Column("entered", sa.Integer, nullable=False),
        *(sa.Column(f"off_{months}m", sa.Integer) for months in (1, 2, 3, 6, 12)),
        sa.Column("reported_at", _MOMENT, nullable=False),
        sa.Column("reported_by", sa.Text, nullable=False),
    )
    op.create_table(
        "capacities",
        _number("capacity_id"),
        sa.Column("region", _KEY, nullable=False),
        sa.Column("kind", _KEY),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("places", sa.Integer, nullable=False),
        *_who(),
    )
    op.create_table(
        "plans",
        _number("plan_id"),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("flow", sa.JSON, nullable=False),
    )
    op.create_table(
        "scenarios",
        sa.Column("scenario_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("made_by", _KEY, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("change", sa.JSON, nullable=False),
        sa.Column("result", sa.JSON, nullable=False),
    )
    op.create_table(
        "gain_limits",
        _number("limit_id"),
        sa.Column("region", _KEY, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("gain_from", sa.Double),
        *_who(),
    )
    for table, (name, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"alter table {OF_FUND} enable row level security")
        op.execute(f"alter table {OF_FUND} force row level security")
        op.execute(
            f"create policy rows_of_one_fund on {OF_FUND} using ({SEES}) with check ({SEES})"
        )


def downgrade() -> None:
    """Remove the tables, and everything in them."""
    for table in (*INDEXES, OF_FUND):
        op.drop_table(table)
