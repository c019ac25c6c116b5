"""The first tables: users, contracts, cases, assessments and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _make_users()
    _make_cases()
    _make_assessments()
    _make_audit()


def _make_users() -> None:
    op.create_table(
        "users",
        sa.Column("user_key", _KEY, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("sickness_fund", _KEY),
        sa.Column("region", _KEY),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("session_version", sa.Integer, nullable=False),
    )


def _make_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("sickness_fund", _KEY, primary_key=True),
        sa.Column("case_id", _KEY, primary_key=True),
        sa.Column("person_key", sa.Text, nullable=False),
        sa.Column("region", _KEY, nullable=False),
        sa.Column("absence_started_on", sa.Date, nullable=False),
        sa.Column("screened_on", sa.Date, nullable=False),
        sa.Column("assessment_id", sa.Text, nullable=False),
        sa.Column("suggestion", sa.Text, nullable=False),
        sa.Column("urgency", sa.SmallInteger, nullable=False),
        sa.Column("p_usual", sa.Double, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
    )
    order = ["urgency", "absence_started_on", "case_id"]
    op.create_index("triage", "cases", ["sickness_fund", *order])
    op.create_index("triage_by_region", "cases", ["sickness_fund", "region", *order])


def _make_assessments() -> None:
    op.create_table(
        "contracts",
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "assessments",
        sa.Column("assessment_id", sa.Text, primary_key=True),
        sa.Column("sickness_fund", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("screened_on", sa.Date, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("contract_fingerprint", sa.Text, nullable=False),
        sa.Column("limits", sa.JSON, nullable=False),
        sa.Column("inputs", sa.JSON, nullable=False),
        sa.Column("p_usual", sa.Double, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sa.Column("gain", sa.Double),
        sa.Column("p_support", sa.Double),
        sa.Column("base", sa.Double, nullable=False),
        sa.Column("bound", sa.Double, nullable=False),
        sa.Column("contributions", sa.JSON, nullable=False),
        sa.Column("suggestion", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["contract_fingerprint"], ["contracts.fingerprint"]),
    )
    of_case = ["sickness_fund", "case_id", "screened_on", "made_at"]
    op.create_index("assessments_of_case", "assessments", of_case)


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "audit_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("user_key", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("sickness_fund", _KEY),
        sa.Column("case_id", _KEY),
        sa.Column("detail", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_of_case", "audit", ["sickness_fund", "case_id"])


def downgrade() -> None:
    """Remove the tables, and everything in them."""
    for table in ("audit", "assessments", "contracts", "cases", "users"):
        op.drop_table(table)
