"""Bringing a store to the tables that this release needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from features.errors import KantelpuntError
from serving.store.engine import EVERY_FUND, Connection, Store

MIGRATIONS = Path(__file__).with_name("migrations")


class StoreOutdatedError(KantelpuntError):
    """A store whose tables are not those of this release."""


def upgrade_store(store: Store, revision: str = "head") -> None:
    """Bring the tables up to a revision, or to the newest.

    Raises StoreOutdatedError for those of a newer release, of which this one knows nothing.
    """
    store.make_file()
    with store.reading() as connection:
        _check_known(_find_revision(connection))
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
        found = _find_revision(connection)
    _check_known(found)
    if found != newest:
        raise StoreOutdatedError(
            f"the store has tables of revision {found or 'none'}, this release needs {newest}: "
            "run `kantelpunt db upgrade`"
        )


def _find_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _check_known(found: str | None) -> None:
    known = {one.revision for one in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if found is not None and found not in known:
        raise StoreOutdatedError(
            f"the store has tables of revision {found}, which a newer release made: install that "
            "release, or put back the backup from before it with `kantelpunt db restore`"
        )


def _configure(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
