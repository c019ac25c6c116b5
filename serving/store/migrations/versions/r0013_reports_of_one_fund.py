"""On PostgreSQL the reports of watching get the policy that rows of cases have.

Who reaches one fund sees the reports about that fund. A report about every fund names none, and an
empty fund equals no other: it takes the reach of every fund.
"""

from alembic import op

from serving.store.migrations.versions.r0007_rows_of_one_fund import SEES

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "monitor_reports"


def upgrade() -> None:
    """Add the policy."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(f"alter table {TABLE} enable row level security")
    op.execute(f"alter table {TABLE} force row level security")
    op.execute(f"create policy rows_of_one_fund on {TABLE} using ({SEES}) with check ({SEES})")


def downgrade() -> None:
    """Remove the policy."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(f"drop policy rows_of_one_fund on {TABLE}")
    op.execute(f"alter table {TABLE} no force row level security")
    op.execute(f"alter table {TABLE} disable row level security")
