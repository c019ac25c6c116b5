"""What a coordinator reports of a contact with the person."""

import sqlalchemy as sa
from alembic import op

from serving.store.migrations.versions.r0007_rows_of_one_fund import SEES

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = "contacts"
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table, with its policy."""
    op.create_table(
        TABLE,
        sa.Column("contact_id", sa.Text, primary_key=True),
        sa.Column("sickness_fund", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", _KEY, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("call_again_on", sa.Date),
        sa.Column("note", sa.Text),
    )
    op.create_index("contacts_of_case", TABLE, ["sickness_fund", "case_id", "made_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"alter table {TABLE} enable row level security")
        op.execute(f"alter table {TABLE} force row level security")
        op.execute(f"create policy rows_of_one_fund on {TABLE} using ({SEES}) with check ({SEES})")


def downgrade() -> None:
    """Remove the table, and everything in it."""
    op.drop_table(TABLE)
