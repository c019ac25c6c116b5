"""What people do with a case: own estimates, decisions, consents, referrals, requests."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.DateTime(timezone=True)
TABLES = ("own_estimates", "decisions", "consents", "referrals", "requests")


def upgrade() -> None:
    """Make the tables."""
    _make_decisions()
    _make_referrals()
    _make_requests()


def _make_decisions() -> None:
    op.create_table(
        "own_estimates",
        sa.Column("assessment_id", sa.Text, primary_key=True),
        sa.Column("user_key", _KEY, primary_key=True),
        sa.Column("sickness_fund", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("is_possible", sa.Text, nullable=False),
        sa.Column("is_needed", sa.Text, nullable=False),
    )
    op.create_index("own_estimates_of_case", "own_estimates", ["sickness_fund", "case_id"])
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.Text, primary_key=True),
        sa.Column("sickness_fund", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("assessment_id", sa.Text, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("made_by", _KEY, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("suggestion", sa.Text),
        sa.Column("deviates", sa.Boolean),
        sa.Column("reason", sa.Text),
        sa.Column("reason_text", sa.Text),
        sa.Column("look_again_on", sa.Date),
    )
    op.create_index("decisions_of_case", "decisions", ["sickness_fund", "case_id", "made_at"])


def _make_referrals() -> None:
    op.create_table(
        "consents",
        sa.Column("consent_id", sa.Text, primary_key=True),
        sa.Column("sickness_fund", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("given_on", sa.Date, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("recorded_by", _KEY, nullable=False),
        sa.Column("recorded_role", sa.Text, nullable=False),
        sa.Column("withdrawn_at", _MOMENT),
        sa.Column("withdrawn_by", _KEY),
    )
    op.create_index("consents_of_case", "consents", ["sickness_fund", "case_id", "recorded_at"])
    op.create_table(
        "referrals",
        sa.Column("referral_id", sa.Text, primary_key=True),
        sa.Column("sickness_fund", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("decision_id", sa.Text, nullable=False),
        sa.Column("consent_id", sa.Text, nullable=False),
        sa.Column("form", sa.JSON, nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=False),
        sa.Column("sent_by", _KEY, nullable=False),
        sa.Column("accepted_on", sa.Date),
        sa.Column("started_on", sa.Date),
        sa.Column("ended_on", sa.Date),
        sa.Column("stopped_on", sa.Date),
        sa.Column("stopped_why", sa.Text),
        sa.Column("partner", sa.Text),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.decision_id"]),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.consent_id"]),
    )
    op.create_index("referrals_of_case", "referrals", ["sickness_fund", "case_id", "sent_at"])


def _make_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("sickness_fund", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("recorded_by", _KEY, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("handled_at", _MOMENT),
        sa.Column("handled_by", _KEY),
        sa.Column("outcome", sa.Text),
        sa.Column("outcome_text", sa.Text),
    )
    op.create_index("requests_of_case", "requests", ["sickness_fund", "case_id", "made_at"])


def downgrade() -> None:
    """Remove the tables, and everything in them."""
    for table in reversed(TABLES):
        op.drop_table(table)
