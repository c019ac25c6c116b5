"""The reports of watching."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NAME, INDEX = "monitor_reports", "monitor_reports_in_order"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        NAME,
        sa.Column("report_id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("sickness_fund", _KEY),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("alarms", sa.Integer, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
    )
    op.create_index(INDEX, NAME, ["sickness_fund", "made_at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_index(INDEX, NAME)
    op.drop_table(NAME)
