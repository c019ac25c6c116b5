"""Opening the store for a command: only one that is there, with the tables of this release."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from serving.store.engine import Store, find_path
from serving.store.upgrade import StoreOutdatedError, check_store


@contextmanager
def open_store(url: str) -> Iterator[Store]:
    """Give the store, whose tables must be those of this release, and let go of it afterwards.

    Raises StoreOutdatedError; a file that is not there is never made.
    """
    path = find_path(url)
    if path is not None and not path.exists():
        raise StoreOutdatedError(
            f"there is no store at {path}: check DATABASE_URL, or make it with "
            "`kantelpunt db upgrade`"
        )
    with closing(Store(url)) as store:
        check_store(store)
        yield store
