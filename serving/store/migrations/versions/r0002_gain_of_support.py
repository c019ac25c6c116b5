"""The gain of support and the return curve; what was kept before has neither."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BOUNDS = ("gain_low", "gain_high", "support_low", "support_high")
ADDED = {
    "cases": ("gain", "p_support", *_BOUNDS),
    "assessments": (*_BOUNDS, "gain_base", "gain_bound"),
}
TEXTS = ("gain_contributions", "curve")


def upgrade() -> None:
    """Add the columns; rows that are there get an unknown gain."""
    for table, numbers in ADDED.items():
        status = sa.Column("gain_status", sa.Text, nullable=False, server_default="unknown")
        op.add_column(table, status)
        for name in numbers:
            op.add_column(table, sa.Column(name, sa.Double))
    for name in TEXTS:
        op.add_column("assessments", sa.Column(name, sa.JSON))


def downgrade() -> None:
    """Remove the columns, and what they held."""
    for name in TEXTS:
        op.drop_column("assessments", name)
    for table, numbers in ADDED.items():
        for name in (*numbers, "gain_status"):
            op.drop_column(table, name)
