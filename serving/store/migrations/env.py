"""What Alembic runs to bring a store up or down; the connection comes from upgrade.py."""

from alembic import context

from serving.store.work_tables import metadata

connection = context.config.attributes["connection"]
# SQLite cannot alter most things in place: batch mode copies the table
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
