"""How much of the interval of the gain is for hidden confounders; none in what was kept before."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("cases", "assessments")


def upgrade() -> None:
    """Add the column; rows that are there get 0."""
    for table in TABLES:
        hidden = sa.Column("gain_hidden", sa.Double, nullable=False, server_default="0")
        op.add_column(table, hidden)


def downgrade() -> None:
    """Remove the column, and what it held."""
    for table in TABLES:
        op.drop_column(table, "gain_hidden")
