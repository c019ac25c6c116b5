"""How often someone may try, counted for all processes on one store."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "allowances",
        sa.Column("allowance_key", sa.Text, primary_key=True),
        sa.Column("full_at", sa.Double, nullable=False),
    )


def downgrade() -> None:
    """Remove the table: everybody has a whole allowance."""
    op.drop_table("allowances")
