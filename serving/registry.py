"""Fetches the released bundle; the only reader of MLflow.

MLflow takes seconds and hundreds of megabytes to import, so a short process of its own does it:
`python -m serving.registry` answers one line of JSON and ends. The server never imports MLflow.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import structlog

from models.bundle import (
    CHAMPION,
    DIGEST_TAG,
    Bundle,
    BundleDamagedError,
    BundleMismatchError,
    read_bundle,
)
from serving.following import BundleRefusedError
from serving.last_bundle import find_last, has_last, note_last
from serving.own_process import give_way
from serving.registry_process import (
    QUIET,
    SECONDS,
    START_SECONDS,
    NotFetchedError,
    RegistryError,
    RegistryGoneError,
    ask_process,
)
from serving.settings import Settings
from serving.whole_bundle import (
    keep_whole,
    name_folder,
    note_digest,
    read_released,
    read_whole,
)

__all__ = [
    "MOST_VERSIONS",
    "NOT_THERE",
    "NotFetchedError",
    "Registered",
    "RegistryError",
    "RegistryGoneError",
    "Served",
    "fetch_champion",
    "fetch_version",
    "fetch_versions",
    "find_champion",
    "find_served",
    "is_reachable",
    "list_versions",
    "main",
    "open_bundle",
    "read_whole",
]

# what MLflow answers of a model, a version or an alias that it does not know
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
MOST_VERSIONS = 200
_NOT_SERVED = (RegistryGoneError, BundleDamagedError, BundleMismatchError, BundleRefusedError)
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306}
log = structlog.get_logger("kantelpunt")


@dataclass(frozen=True)
class Served:
    """A bundle to serve, and the folder it came from.

    `from_cache` tells that it is the one of an earlier start: MLflow was gone, or what it releases
    now cannot be served.
    """

    bundle: Bundle
    from_cache: bool = False
    folder: str = ""


@dataclass(frozen=True)
class Registered:
    """A version of which MLflow knows, with the names that it goes by, such as champion."""

    version: str
    made_at: datetime
    aliases: tuple[str, ...]


def open_bundle(settings: Settings) -> Bundle:
    """Return the bundle to serve: the folder in the settings, or else the released one."""
    return find_served(settings).bundle


def find_served(settings: Settings, check: Callable[[Bundle], None] = lambda _: None) -> Served:
    """Return what `open_bundle` does, and whether it is the copy of an earlier start.

    A released bundle for which `check` raises BundleRefusedError is as one that is damaged.
    """
    if settings.bundle is not None:
        bundle = read_bundle(settings.bundle)
        check(bundle)
        return Served(bundle)
    # nobody waits long where there is another to serve meanwhile
    seconds = START_SECONDS if has_last(settings) else SECONDS
    wanted = (settings.tracking_uri, settings.model_name, settings.cache)
    fetch = partial(fetch_champion, *wanted, seconds=seconds)
    try:
        folder, version = fetch()
        bundle = read_whole(folder, version, fetch)
        check(bundle)
    except _NOT_SERVED as error:
        folder, version = find_last(settings, error)
        why = type(error).__name__
        log.warning("no released model: serving that of an earlier start", version=version, why=why)
        bundle = read_released(folder, version)
        check(bundle)
        return Served(bundle, from_cache=True, folder=folder.name)
    note_last(settings, folder, version)
    return Served(bundle, folder=folder.name)


def is_reachable(tracking_uri: str) -> bool:
    """Tell whether MLflow's file is there, or its server takes a connection."""
    if tracking_uri.startswith("sqlite:///"):
        return Path(tracking_uri.removeprefix("sqlite:///")).is_file()
    try:
        parts = urlsplit(tracking_uri)
        if not parts.hostname:
            return Path(parts.path).exists()
        port = parts.port or _PORTS.get(parts.scheme.partition("+")[0], 80)
        socket.create_connection((parts.hostname, port), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True


def fetch_champion(
    tracking_uri: str,
    model: str,
    cache: Path,
    alias: str = CHAMPION,
    stopped: Event | None = None,
    seconds: float = SECONDS,
) -> tuple[Path, str]:
    """Return the folder and the version of the champion, fetched by a process of its own.

    Another `alias` gives what that points at. The process ends when `stopped` is set, or so many
    seconds later.
    """
    given = (model, str(cache), alias)
    answer = ask_process("champion", tracking_uri, *given, stopped=stopped, seconds=seconds)
    return Path(answer["folder"]), str(answer["version"])


def fetch_version(tracking_uri: str, model: str, cache: Path, version: str) -> Path:
    """Return the folder of one version, fetched as the champion is; raises RegistryError."""
    return fetch_champion(tracking_uri, model, cache, version)[0]


def fetch_versions(tracking_uri: str, model: str) -> list[Registered]:
    """Return the versions that MLflow knows, the newest first; raises RegistryError."""
    if not is_reachable(tracking_uri):
        raise RegistryGoneError("MLflow does not answer: check MLFLOW_TRACKING_URI")
    return [
        Registered(one["version"], datetime.fromtimestamp(one["made"], UTC), tuple(one["aliases"]))
        for one in ask_process("versions", tracking_uri, model)["versions"]
    ]


def find_champion(
    tracking_uri: str, model: str, cache: Path, alias: str = CHAMPION
) -> tuple[Path, str]:
    """Return the folder and the version of the champion, or of another alias; imports MLflow.

    No alias is a number: what is one names a version itself.
    """
    import mlflow
    from mlflow.exceptions import MlflowException

    if tracking_uri.startswith("sqlite:///"):
        _check_file(tracking_uri)
    mlflow.set_tracking_uri(tracking_uri)
    try:
        client = mlflow.MlflowClient()
        find = client.get_model_version if alias.isdigit() else client.get_model_version_by_alias
        found = find(model, alias)
    except (MlflowException, OSError) as error:
        raise _build_error(error, model, alias) from error
    folder = cache / name_folder(str(found.version), str(found.run_id))
    try:
        if not folder.is_dir():
            _download(str(found.source), folder)
        if digest := found.tags.get(DIGEST_TAG):
            note_digest(folder, str(digest))
    except (MlflowException, OSError) as error:
        raise NotFetchedError(
            f"the files of version {found.version} cannot be had ({_get_code(error)}): check the "
            "artefacts of MLflow and KANTELPUNT_CACHE"
        ) from error
    return folder, str(found.version)


def list_versions(tracking_uri: str, model: str) -> Sequence[dict[str, Any]]:
    """Return version, moment and aliases of every version, the newest first; imports MLflow."""
    import mlflow
    from mlflow.exceptions import MlflowException

    mlflow.set_tracking_uri(tracking_uri)
    try:
        client = mlflow.MlflowClient()
        found = client.search_model_versions(
            f"name='{model}'", max_results=MOST_VERSIONS, order_by=["version_number DESC"]
        )
        aliases = client.get_registered_model(model).aliases if found else {}
    except (MlflowException, OSError) as error:
        raise _build_error(error, model) from error
    return [
        {
            "version": str(one.version),
            "made": one.creation_timestamp / 1000,
            "aliases": [name for name, of in aliases.items() if str(of) == str(one.version)],
        }
        for one in found
    ]


def _check_file(tracking_uri: str) -> None:
    """Refuse a database that is not there: MLflow would quietly make an empty one."""
    if not Path(tracking_uri.removeprefix("sqlite:///")).is_file():
        raise RegistryGoneError(
            "MLflow's database is not there: check MLFLOW_TRACKING_URI, or train first with "
            "`kantelpunt train` and `kantelpunt release VERSION`"
        )


def _download(source: str, folder: Path) -> None:
    import mlflow

    keep_whole(folder, partial(mlflow.artifacts.download_artifacts, source))


def _get_code(error: Exception) -> str:
    return str(getattr(error, "error_code", type(error).__name__))


def _build_error(error: Exception, model: str, alias: str = CHAMPION) -> RegistryError:
    code = _get_code(error)
    if code in NOT_THERE and alias.isdigit():
        return RegistryError(
            f"version {alias} of model {model!r} is not in the registry (any more): give the "
            "folder of its bundle with --bundle"
        )
    if code in NOT_THERE:
        return RegistryError(
            f"no version of model {model!r} is the {alias} yet: train with `kantelpunt train`, "
            "then run `kantelpunt release VERSION`"
        )
    return RegistryGoneError(f"MLflow could not be read ({code}): check MLFLOW_TRACKING_URI")


def main() -> None:
    """Answer the champion, or every version, or what is wrong, as one line of JSON."""
    os.environ.update(QUIET)
    tracking_uri = os.environ["MLFLOW_TRACKING_URI"]
    what, model, *more = sys.argv[1:]
    answer: dict[str, Any]
    try:
        if what == "versions":
            answer = {"versions": list_versions(tracking_uri, model)}
        else:
            folder, version = find_champion(tracking_uri, model, Path(more[0]), *more[1:])
            answer = {"folder": str(folder.resolve()), "version": version}
    except RegistryError as error:
        answer = {"error": str(error), "kind": type(error).__name__}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    give_way()
    # told to stop, it leaves no half of a fetch behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
