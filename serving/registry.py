"""Fetches the released bundle; the only reader of MLflow.

MLflow takes seconds and hundreds of megabytes to import, so a short process of its own does it:
`python -m serving.registry` answers one line of JSON and ends. The server never imports MLflow.
"""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

import structlog

from features.errors import KantelpuntError
from models.bundle import Bundle, BundleDamagedError, read_bundle
from serving.settings import Settings

CHAMPION = "champion"
SECONDS = 180
MOST_VERSIONS = 200
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306}
log = structlog.get_logger("kantelpunt")
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
# a server that is not there: known after a quarter of a minute rather than after five
_IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3"}


class RegistryError(KantelpuntError):
    """MLflow cannot be reached, or has released nothing yet."""


class RegistryGoneError(RegistryError):
    """MLflow does not answer; what it released before still counts."""


@dataclass(frozen=True)
class Served:
    """A bundle to serve; `from_cache` tells that MLflow was gone, and may have released another."""

    bundle: Bundle
    from_cache: bool = False


@dataclass(frozen=True)
class Registered:
    """A version of which MLflow knows, with the names that it goes by, such as champion."""

    version: str
    made_at: datetime
    aliases: tuple[str, ...]


def open_bundle(settings: Settings) -> Bundle:
    """Return the bundle to serve: the folder in the settings, or else the released one."""
    return find_served(settings).bundle


def find_served(settings: Settings) -> Served:
    """Return what `open_bundle` does, and whether it is the copy of an earlier start."""
    if settings.bundle is not None:
        return Served(read_bundle(settings.bundle))
    try:
        served = Served(_fetch_whole(settings))
    except RegistryGoneError as error:
        folder, version = _find_last(settings, error)
        log.warning("MLflow is gone: serving the model of an earlier start", version=version)
        return Served(read_bundle(folder, version), from_cache=True)
    return served


def _fetch_whole(settings: Settings) -> Bundle:
    wanted = (settings.tracking_uri, settings.model_name, settings.cache)
    folder, version = fetch_champion(*wanted)
    try:
        bundle = read_bundle(folder, version)
    except BundleDamagedError:
        # the copy of an earlier fetch may have suffered: what MLflow keeps decides
        shutil.rmtree(folder)
        folder, version = fetch_champion(*wanted)
        bundle = read_bundle(folder, version)
    _note_last(settings, folder, version)
    return bundle


def _note_last(settings: Settings, folder: Path, version: str) -> None:
    """Note which bundle is served, for a start without MLflow; whole or not at all."""
    note = _get_note(settings)
    half = note.with_suffix(".half")
    note.parent.mkdir(parents=True, exist_ok=True)
    half.write_text(json.dumps({"folder": folder.name, "version": version}), "utf-8")
    half.replace(note)


def _find_last(settings: Settings, error: RegistryGoneError) -> tuple[Path, str]:
    try:
        last = json.loads(_get_note(settings).read_text("utf-8"))
    except (OSError, ValueError):
        raise error from None
    return settings.cache / last["folder"], last["version"]


def _get_note(settings: Settings) -> Path:
    """Return where the last bundle of this model of this MLflow is noted."""
    of = f"{settings.tracking_uri} {settings.model_name}"
    return settings.cache / f"last-{hashlib.sha256(of.encode()).hexdigest()[:16]}.json"


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


def fetch_champion(tracking_uri: str, model: str, cache: Path) -> tuple[Path, str]:
    """Return the folder and the version of the champion, fetched by a process of its own."""
    answer = _ask("champion", tracking_uri, model, str(cache))
    return Path(answer["folder"]), str(answer["version"])


def fetch_versions(tracking_uri: str, model: str) -> list[Registered]:
    """Return the versions that MLflow knows, the newest first; raises RegistryError."""
    if not is_reachable(tracking_uri):
        raise RegistryGoneError("MLflow does not answer: check MLFLOW_TRACKING_URI")
    return [
        Registered(one["version"], datetime.fromtimestamp(one["made"], UTC), tuple(one["aliases"]))
        for one in _ask("versions", tracking_uri, model)["versions"]
    ]


def _ask(what: str, *given: str) -> dict[str, Any]:
    """Return what a process of its own answers; raises RegistryError."""
    command = [sys.executable, "-m", "serving.registry", what, *given]
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
    try:
        done = subprocess.run(  # noqa: S603  # our own module, no shell
            command,
            env=_IMPATIENT | os.environ | _QUIET | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        raise RegistryGoneError(
            f"MLflow gave no answer within {SECONDS} seconds, or none that can be read: "
            "check MLFLOW_TRACKING_URI, or give a folder with KANTELPUNT_BUNDLE"
        ) from None
    if "error" in answer:
        raise (RegistryGoneError if answer["gone"] else RegistryError)(answer["error"])
    return answer


def find_champion(tracking_uri: str, model: str, cache: Path) -> tuple[Path, str]:
    """Return the folder and the version of the champion; imports MLflow."""
    import mlflow
    from mlflow.exceptions import MlflowException

    if tracking_uri.startswith("sqlite:///"):
        _check_file(tracking_uri)
    mlflow.set_tracking_uri(tracking_uri)
    try:
        found = mlflow.MlflowClient().get_model_version_by_alias(model, CHAMPION)
        folder = cache / f"{found.version}-{found.run_id}"
        if not folder.is_dir():
            _download(str(found.source), folder)
    except (MlflowException, OSError) as error:
        raise _build_error(error, model) from error
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

    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(dir=folder.parent, prefix="fetch-"))
    try:
        fetched = mlflow.artifacts.download_artifacts(source, dst_path=str(work))
        # whole or not at all: a fetch that is cut short leaves nothing under the final name
        Path(fetched).rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _build_error(error: Exception, model: str) -> RegistryError:
    code = getattr(error, "error_code", type(error).__name__)
    if code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
        return RegistryError(
            f"no version of model {model!r} is the champion yet: train with `kantelpunt train`, "
            "then run `kantelpunt release VERSION`"
        )
    return RegistryGoneError(f"MLflow could not be read ({code}): check MLFLOW_TRACKING_URI")


def main() -> None:
    """Answer the champion, or every version, or what is wrong, as one line of JSON."""
    os.environ.update(_QUIET)
    what, tracking_uri, model, *more = sys.argv[1:]
    answer: dict[str, Any]
    try:
        if what == "versions":
            answer = {"versions": list_versions(tracking_uri, model)}
        else:
            folder, version = find_champion(tracking_uri, model, Path(more[0]))
            answer = {"folder": str(folder.resolve()), "version": version}
    except RegistryError as error:
        answer = {"error": str(error), "gone": isinstance(error, RegistryGoneError)}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
