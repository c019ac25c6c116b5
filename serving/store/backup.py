"""A copy of a SQLite store in one file, made while it is served, and how it is put back."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from features.errors import KantelpuntError
from features.whole_file import flush_file, flush_names
from serving.store.engine import Store, find_path

_PER_STEP = 2000  # pages; in between, whoever writes goes first


class BackupError(KantelpuntError):
    """A backup that cannot be made or put back."""


def backup_store(store: Store, path: Path) -> int:
    """Write a whole copy to a new file and check it; return the audit lines that it holds."""
    if store.engine.dialect.name != "sqlite":
        raise BackupError("PostgreSQL has its own tools for this: see docs/beheer.md")
    half = path.with_name(f"{path.name}.half")
    try:
        if path.exists():
            raise BackupError(f"{path} is there already: give a new file")
        _make_own(half)
        _copy(store, half)
        lines = _check_copy(half)
        half.rename(path)
        flush_names(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{path} cannot be written ({type(error).__name__})") from None
    finally:
        half.unlink(missing_ok=True)
    return lines


def _make_own(half: Path) -> None:
    """Make an empty file that only its owner reads, from before the first byte is in it."""
    half.unlink(missing_ok=True)
    os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _copy(store: Store, path: Path) -> None:
    with store.reading() as connection, closing(sqlite3.connect(path)) as target:
        source = connection.connection.driver_connection
        if not isinstance(source, sqlite3.Connection):  # pragma: no cover - only one driver is used
            raise BackupError("this driver of SQLite cannot copy")
        source.backup(target, pages=_PER_STEP)
        # one file that stands by itself
        target.execute("PRAGMA journal_mode=DELETE").close()


def _check_copy(path: Path) -> int:
    """Return the audit lines of a copy; raises BackupError when it is not whole."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            (said,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok":
                raise BackupError(f"{path} is damaged: it is no backup to trust")
            (lines,) = copy.execute("select lines from audit_head").fetchone()
    except (sqlite3.Error, TypeError):
        raise BackupError(f"{path} is no backup of a store") from None
    return int(lines)


def restore_store(path: Path, url: str) -> Path:
    """Put a backup where the SQLite store belongs; raises BackupError when one is there."""
    store = find_path(url)
    if store is None:
        raise BackupError("PostgreSQL has its own tools for this: see docs/beheer.md")
    _check_copy(path)
    there = [p for p in (store, *(Path(f"{store}{end}") for end in ("-wal", "-shm"))) if p.exists()]
    if there:
        raise BackupError(f"{there[0]} is there: stop the service and move it away first")
    half = store.with_name(f"{store.name}.half")
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        _make_own(half)
        shutil.copyfile(path, half)
        flush_file(half)
        half.rename(store)
        flush_names(store.parent)
    except OSError as error:
        raise BackupError(f"{store} cannot be written ({error.strerror})") from None
    finally:
        half.unlink(missing_ok=True)
    return store
