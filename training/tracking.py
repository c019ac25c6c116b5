"""The only writer to MLflow: runs, versions and the champion."""

import os

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
# a server that is not there: known after a quarter of a minute rather than after five
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from features.errors import KantelpuntError
from training.config import RegistryConfig

CHAMPION = "champion"
BUNDLE = "bundle"
for _noisy in ("mlflow", "alembic"):
    logging.getLogger(_noisy).setLevel(logging.WARNING)


class RegistryError(KantelpuntError):
    """MLflow does not know what was asked for, or cannot be reached."""


@dataclass(frozen=True)
class Registered:
    """A registered version and the run that made it."""

    version: str
    run_id: str


def resolve_uri(uri: str | None) -> str:
    """Return the tracking address: given, from MLFLOW_TRACKING_URI, or mlflow.db in this folder."""
    found = uri or os.environ.get("MLFLOW_TRACKING_URI")
    return found or f"sqlite:///{Path('mlflow.db').resolve()}"


def log_run(
    files: Path,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    registry: RegistryConfig,
    uri: str,
) -> Registered:
    """Keep a run with everything in `files`, and register its bundle as a new version.

    `files` is a folder with a folder `bundle`. Inside `mlflow run` the run is the one under way.
    """
    with _telling_outages(uri):
        mlflow.set_tracking_uri(uri)
        _enter_experiment(registry.experiment, uri)
        with mlflow.start_run(run_id=os.environ.get("MLFLOW_RUN_ID")) as run:
            known = set(run.data.params)
            mlflow.log_params({k: v for k, v in parameters.items() if k not in known})
            mlflow.log_metrics(dict(metrics))
            mlflow.log_artifacts(str(files))
            return Registered(_register(run.info, registry.model), run.info.run_id)


@contextmanager
def _telling_outages(uri: str, wanted: str | None = None) -> Iterator[None]:
    """Turn what a store of MLflow raises, from whatever library, into what the user can do.

    Without anything `wanted` the store is written to, and may be new.
    """
    check_address(uri, may_be_new=wanted is None)
    try:
        yield
    except RegistryError:
        raise
    except Exception as error:
        raise RegistryError(_explain(error, uri, wanted)) from error


def _enter_experiment(name: str, uri: str) -> None:
    """Keep artefacts beside an SQLite store, instead of wherever the command was started."""
    if os.environ.get("MLFLOW_RUN_ID"):
        return
    if mlflow.get_experiment_by_name(name) is None and uri.startswith("sqlite:///"):
        folder = Path(uri.removeprefix("sqlite:///")).resolve().parent / "mlartifacts"
        mlflow.create_experiment(name, artifact_location=folder.as_uri())
    mlflow.set_experiment(name)


def _register(run: Any, model: str) -> str:
    client = MlflowClient()
    try:
        client.create_registered_model(model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    made = client.create_model_version(model, f"{run.artifact_uri}/{BUNDLE}", run.run_id)
    return str(made.version)


def set_champion(version: str, registry: RegistryConfig, uri: str) -> None:
    """Let the service use this version from now on; raises RegistryError for an unknown one."""
    with _telling_outages(uri, version):
        mlflow.set_tracking_uri(uri)
        MlflowClient().set_registered_model_alias(registry.model, CHAMPION, version)


def find_latest(registry: RegistryConfig, uri: str) -> str:
    """Return the newest version; raises RegistryError when nothing was registered yet."""
    with _telling_outages(uri, "latest"):
        mlflow.set_tracking_uri(uri)
        versions = MlflowClient().search_model_versions(f"name = '{registry.model}'")
    if not versions:
        raise RegistryError(f"no version is registered at {uri}: train with `kantelpunt train`")
    return str(max(int(version.version) for version in versions))


def fetch_bundle(wanted: str, registry: RegistryConfig, uri: str) -> tuple[Path, str]:
    """Return the folder of a bundle and its version.

    `wanted` is an alias such as "champion", a version number, or the folder of a bundle itself.
    """
    if Path(wanted).is_dir():
        return Path(wanted), ""
    with _telling_outages(uri, wanted):
        mlflow.set_tracking_uri(uri)
        client = MlflowClient()
        found = (
            client.get_model_version(registry.model, wanted)
            if wanted.isdigit()
            else client.get_model_version_by_alias(registry.model, wanted)
        )
        folder = mlflow.artifacts.download_artifacts(found.source)
    return Path(folder), str(found.version)


def check_address(uri: str, *, may_be_new: bool) -> None:
    """Refuse what MLflow would try again for a minute, or quietly make an empty database of."""
    if not uri.startswith("sqlite:"):
        return
    path = Path(uri.removeprefix("sqlite:").removeprefix("///").partition("?")[0])
    if not (path.is_file() or (may_be_new and not path.exists() and path.parent.is_dir())):
        raise RegistryError(
            f"MLflow has no database at {uri}: train first with `kantelpunt train`, or give the "
            "right --tracking-uri, such as sqlite:///mlflow.db"
        )


_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


def _explain(error: Exception, uri: str, wanted: str | None = None) -> str:
    where = uri if uri.startswith("sqlite:") else "the MLflow server in MLFLOW_TRACKING_URI"
    code = getattr(error, "error_code", type(error).__name__)
    if wanted is None or code not in _ABSENT:
        return f"MLflow at {where} could not be used ({code}): check --tracking-uri"
    return (
        f"MLflow at {where} has no model {wanted!r} ({code}): train with `kantelpunt train`, "
        "release with `kantelpunt release VERSION`, or give the right --tracking-uri"
    )
