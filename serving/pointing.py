"""Whether an alias may have moved, asked so cheaply that it can be asked all day.

A server has a question for it in its REST API. A registry in a file is asked anew once the file
changed. What can be asked in neither way, such as a database, is asked by the short process, but
seldom.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from models.bundle import CHAMPION
from serving.registry import is_reachable
from serving.registry_process import RegistryGoneError
from serving.settings import Settings

NOBODY = "nobody"  # the sign of an alias that no version has
SELDOM = timedelta(minutes=5)
# a file that was written just now may be written again within the same tick of its clock
SETTLED = timedelta(seconds=2)


def find_sign(settings: Settings, now: datetime, alias: str = CHAMPION) -> str | None:
    """Return what differs once the alias moved; None where only asking MLflow can tell.

    Over HTTP it is the name of the folder of the version, or NOBODY. Raises RegistryGoneError.
    """
    # where MLflow itself would look for versions
    uri = os.environ.get("MLFLOW_REGISTRY_URI") or settings.tracking_uri
    if uri.startswith(("http://", "https://")):
        return _ask_server(uri, settings.model_name, alias, now)
    if not is_reachable(uri):
        raise RegistryGoneError("MLflow does not answer: check MLFLOW_TRACKING_URI")
    if uri.startswith("sqlite:///"):
        return _look_at_file(Path(uri.removeprefix("sqlite:///")), now)
    return _wait_long(now)


def _wait_long(now: datetime) -> str:
    return f"since {now.timestamp() // SELDOM.total_seconds():.0f}"


def _look_at_file(path: Path, now: datetime) -> str | None:
    """Return size and moment of a database and its log; it is not opened, which could free locks.

    Closing a file that SQLite holds in this process as well would give up its locks.
    """
    found = []
    for one in (path, path.with_name(f"{path.name}-wal")):
        try:
            known = one.stat()
        except OSError:
            continue
        if abs(now.timestamp() - known.st_mtime) < SETTLED.total_seconds():
            return None
        found.append(f"{known.st_ino}/{known.st_size}/{known.st_mtime_ns}")
    return " ".join(found)


def _ask_server(uri: str, model: str, alias: str, now: datetime) -> str:
    from serving.registry_server import NotLetInError, ask_server

    try:
        return ask_server(uri, model, alias) or NOBODY
    except NotLetInError:
        return _wait_long(now)
