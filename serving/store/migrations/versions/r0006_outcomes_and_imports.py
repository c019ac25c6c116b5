"""What became of cases, and the files that came in."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TABLES = ("pathways", "work_periods", "follow_up", "fairness_groups", "imports", "import_rejects")


def upgrade() -> None:
    """Make the tables."""
    _make_outcomes()
    _make_imports()


def _make_outcomes() -> None:
    op.create_table(
        "pathways",
        sa.Column("sickness_fund", _KEY, primary_key=True),
        sa.Column("case_id", _KEY, primary_key=True),
        sa.Column("referred_on", sa.Date, primary_key=True),
        sa.Column("started_on", sa.Date),
        sa.Column("ended_on", sa.Date),
        sa.Column("kind", sa.Text),
        sa.Column("partner", sa.Text),
    )
    op.create_table(
        "work_periods",
        sa.Column("sickness_fund", _KEY, primary_key=True),
        sa.Column("case_id", _KEY, primary_key=True),
        sa.Column("started_on", sa.Date, primary_key=True),
        sa.Column("ended_on", sa.Date),
    )
    op.create_table(
        "follow_up",
        sa.Column("sickness_fund", _KEY, primary_key=True),
        sa.Column("case_id", _KEY, primary_key=True),
        sa.Column("observed_until", sa.Date, nullable=False),
        sa.Column("exit", sa.Text),
        sa.Column("exited_on", sa.Date),
    )
    op.create_table(
        "fairness_groups",
        sa.Column("sickness_fund", _KEY, primary_key=True),
        sa.Column("case_id", _KEY, primary_key=True),
        sa.Column("groups", sa.JSON, nullable=False),
    )


def _make_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("import_id", sa.Text, primary_key=True),
        sa.Column("sickness_fund", _KEY),
        sa.Column("region", _KEY),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("began_by", _KEY, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("rows_total", sa.Integer, nullable=False),
        sa.Column("rows_done", sa.Integer, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("problem", sa.JSON),
    )
    op.create_index("imports_of_file", "imports", ["fingerprint", "began_at"])
    op.create_table(
        "import_rejects",
        sa.Column("reject_id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("import_id", sa.Text, nullable=False),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.import_id"]),
    )
    op.create_index("rejects_of_import", "import_rejects", ["import_id", "reject_id"])


def downgrade() -> None:
    """Remove the tables, and everything in them."""
    for table in reversed(TABLES):
        op.drop_table(table)
