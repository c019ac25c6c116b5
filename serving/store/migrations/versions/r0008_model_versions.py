"""An index from which the versions of the model can be counted without reading estimates."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAME, TABLE = "assessments_by_model", "assessments"


def upgrade() -> None:
    """Add the index."""
    op.create_index(NAME, TABLE, ["sickness_fund", "model_version", "made_at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_index(NAME, TABLE)
