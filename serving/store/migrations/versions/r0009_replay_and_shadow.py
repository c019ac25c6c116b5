"""What a replay needs: which bundle, and inputs that are whole; and the scores of a challenger."""

import sqlalchemy as sa
from alembic import op

from serving.store.migrations.versions.r0007_rows_of_one_fund import SEES

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_DOUBLES = ("gain", "gain_low", "gain_high", "p_support", "support_low", "support_high")
ADDED = ("bundle_digest", "inputs_digest")
TABLE = "shadow_scores"


def upgrade() -> None:
    """Add the columns, empty for what was made before, and the table with its policy."""
    for name in ADDED:
        op.add_column("assessments", sa.Column(name, sa.Text))
    op.create_table(
        TABLE,
        sa.Column("assessment_id", sa.Text, primary_key=True),
        sa.Column("bundle_digest", sa.Text, primary_key=True),
        sa.Column("sickness_fund", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("seconds", "p_usual")),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("low", "high")),
        sa.Column("gain_status", sa.Text, nullable=False, server_default="unknown"),
        *(sa.Column(name, sa.Double) for name in _DOUBLES),
        sa.Column("gain_hidden", sa.Double, nullable=False, server_default="0"),
        sa.Column("suggestion", sa.Text, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("champion_reasons", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.assessment_id"]),
    )
    op.create_index("shadow_scores_of_case", TABLE, ["sickness_fund", "case_id"])
    op.create_index("shadow_scores_of_bundle", TABLE, ["bundle_digest", "scored_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"alter table {TABLE} enable row level security")
        op.execute(f"alter table {TABLE} force row level security")
        op.execute(f"create policy rows_of_one_fund on {TABLE} using ({SEES}) with check ({SEES})")


def downgrade() -> None:
    """Remove the table and the columns, and what they held."""
    op.drop_table(TABLE)
    for name in reversed(ADDED):
        op.drop_column("assessments", name)
