"""Bringing a store to the tables that this release needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from features.errors import KantelpuntError
from serving.store.engine import EVERY_FUND, Store

MIGRATIONS = Path(__file__).with_name("migrations")


class StoreOutdatedError(KantelpuntError):
    """A store whose tables are not those of this release."""


def upgrade_store(store: Store, revision: str = "head") -> None:
    """Bring the tables up to a revision, or to the newest."""
    with store.writing(EVERY_FUND) as connection:
        command.upgrade(_configure(connection), revision)


def downgrade_store(store: Store, revision: str) -> None:
    """Bring the tables back to an older revision; "base" removes them all."""
    with store.writing(EVERY_FUND) as connection:
        command.downgrade(_configure(connection), revision)


def check_store(store: Store) -> None:
    """Raise StoreOutdatedError unless the tables are those of this release."""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with store.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != newest:
        raise StoreOutdatedError(
            f"the store has tables of revision {found or 'none'}, this release needs {newest}: "
            "run `kantelpunt db upgrade`"
        )


def _configure(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
