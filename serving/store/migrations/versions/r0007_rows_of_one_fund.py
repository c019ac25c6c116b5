"""On PostgreSQL the database itself keeps the rows of another sickness fund out of reach."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = (
    "cases",
    "assessments",
    "own_estimates",
    "decisions",
    "consents",
    "referrals",
    "requests",
    "pathways",
    "work_periods",
    "follow_up",
    "fairness_groups",
)
# what Store.reading and Store.writing set for one transaction; unset, no row is in reach. An
# equality, so that PostgreSQL knows how many rows it lets through, and keeps to its indexes
SEES = (
    "sickness_fund = current_setting('kantelpunt.fund', true) "
    "or current_setting('kantelpunt.every_fund', true) = 'yes'"
)


def upgrade() -> None:
    """Add the policies; they hold for the owner of the tables too, but never for a superuser."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy rows_of_one_fund on {table} using ({SEES}) with check ({SEES})")


def downgrade() -> None:
    """Remove the policies."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in TABLES:
        op.execute(f"drop policy rows_of_one_fund on {table}")
        op.execute(f"alter table {table} no force row level security")
        op.execute(f"alter table {table} disable row level security")
