"""Opening the store for a command: only when its tables are those of this release."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from serving.store.engine import Store
from serving.store.upgrade import check_store


@contextmanager
def open_store(url: str) -> Iterator[Store]:
    """Give the store, whose tables must be those of this release, and let go of it afterwards."""
    with closing(Store(url)) as store:
        check_store(store)
        yield store
