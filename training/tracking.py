"""The only writer to MLflow: runs, versions and the champion."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunInfo
from mlflow.entities import Run as MlflowRun
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from features.errors import KantelpuntError
from models.bundle import CHALLENGER, CHAMPION, find_bundle
from training.config import RegistryConfig
from training.record import hide_passwords
from training.tracking_trials import log_trials

BUNDLE, MODEL = "bundle", "model"
RUN_TAG, BY_TAG = "kantelpunt.run", "kantelpunt.by"
# what MLflow answers of a model, a version or a run that it does not know
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
MOST_PARAMETERS, MOST_METRICS = 100, 500  # in one request
for _noisy in ("mlflow", "alembic"):
    logging.getLogger(_noisy).setLevel(logging.WARNING)


class RegistryError(KantelpuntError):
    """MLflow does not know what was asked for, or cannot be reached."""


@dataclass(frozen=True)
class Registered:
    """A registered version and the run that made it; a run without a model has no version."""

    version: str
    run_id: str


def resolve_uri(uri: str | None) -> str:
    """Return the tracking address: given, from MLFLOW_TRACKING_URI, or mlflow.db in this folder."""
    found = uri or os.environ.get("MLFLOW_TRACKING_URI")
    return found or f"sqlite:///{Path('mlflow.db').resolve()}"


@dataclass(frozen=True)
class About:
    """Which run it is, so that it is told once; who made it and when, in milliseconds since 1970.

    `mlflow_run` is the run of MLflow that was under way, inside `mlflow run`.
    """

    run: str
    by: str
    began: int
    ended: int
    revision: str | None = None
    command: str | None = None
    mlflow_run: str | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "About":
        """Return what the record of a run tells of it."""
        began = round(1000 * datetime.fromisoformat(record["began"]).timestamp())
        return cls(
            run=record["run"],
            by=record["by"],
            began=began,
            ended=began + round(1000 * record["seconds"]),
            revision=(record["git"] or {}).get("revision"),
            command=record["command"],
            mlflow_run=os.environ.get("MLFLOW_RUN_ID"),
        )

    @property
    def tags(self) -> dict[str, str]:
        """Ours, and those that MLflow's own pages show."""
        shown = {
            RUN_TAG: self.run,
            BY_TAG: self.by,
            "mlflow.user": self.by,
            "mlflow.source.type": "LOCAL",
            "mlflow.source.name": self.command or "kantelpunt train",
            "mlflow.source.git.commit": self.revision,
        }
        return {name: value for name, value in shown.items() if value}


def log_run(
    files: Path,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    registry: RegistryConfig,
    uri: str,
    about: About | None = None,
    *,
    registers: bool = True,
) -> Registered:
    """Keep a run with everything in `files`, and register its model as a new version.

    `files` has a folder `model` that MLflow can serve, or else a folder `bundle` alone. A run that
    `registers` nothing has no model and no version, as that of a backtest. Inside
    `mlflow run` the run is the one under way. What is `about` a run that MLflow has already, in
    part or whole, completes that one: there is one run and one version of it, and no version before
    everything else is there.
    """
    with telling_outages(uri):
        mlflow.set_tracking_uri(uri)
        client = MlflowClient()
        run = _open_run(client, _find_experiment(client, registry.experiment, uri), about)
        try:
            _log(client, run, parameters, metrics)
            client.log_artifacts(run.info.run_id, str(files))
            log_trials(client, files, run.info)
            client.set_terminated(run.info.run_id, "FINISHED", about.ended if about else None)
            source = MODEL if (files / MODEL).is_dir() else BUNDLE
            version = _register(client, run.info, registry.model, source) if registers else ""
        except BaseException:
            with suppress(Exception):  # who cannot take the run may not take this either
                client.set_terminated(run.info.run_id, "FAILED")
            raise
        return Registered(version, run.info.run_id)


def _open_run(client: MlflowClient, experiment: str, about: About | None) -> MlflowRun:
    under_way = about.mlflow_run if about else os.environ.get("MLFLOW_RUN_ID")
    if under_way and (run := _find_run(client, under_way)):
        for name, value in (about.tags if about else {}).items():
            client.set_tag(under_way, name, value)
        return run
    if about is None:
        return client.create_run(experiment)
    ours = client.search_runs([experiment], f"tags.`{RUN_TAG}` = '{about.run}'", max_results=1)
    if ours:
        return ours[0]
    return client.create_run(experiment, start_time=about.began, tags=about.tags)


def _find_run(client: MlflowClient, run_id: str) -> MlflowRun | None:
    try:
        return client.get_run(run_id)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":  # that of another store
            return None
        raise


def _log(
    client: MlflowClient,
    run: MlflowRun,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
) -> None:
    """Log what is not logged yet, in parts of a size that every store takes."""
    known = run.data.params
    new = [Param(key, str(value)) for key, value in parameters.items() if key not in known]
    figures = [Metric(key, value, run.info.start_time, 0) for key, value in metrics.items()]
    for start in range(0, len(new), MOST_PARAMETERS):
        client.log_batch(run.info.run_id, params=new[start : start + MOST_PARAMETERS])
    for start in range(0, len(figures), MOST_METRICS):
        client.log_batch(run.info.run_id, metrics=figures[start : start + MOST_METRICS])


@contextmanager
def telling_outages(uri: str, wanted: str | None = None) -> Iterator[None]:
    """Turn what a store of MLflow raises, from whatever library, into what the user can do.

    Without anything `wanted` the store is written to, and may be new.
    """
    check_address(uri, may_be_new=wanted is None)
    try:
        yield
    except RegistryError:
        raise
    except Exception as error:
        # what a library says of an address repeats it, in whatever traceback shows the cause
        cause = error if hide_passwords(uri) == uri else None
        raise RegistryError(_explain(error, uri, wanted)) from cause


def _find_experiment(client: MlflowClient, name: str, uri: str) -> str:
    """Return the experiment, made where it is not there yet.

    Artefacts are beside an SQLite store, instead of wherever the command was started.
    """
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    folder = None
    if uri.startswith("sqlite:///"):
        folder = (Path(uri.removeprefix("sqlite:///")).resolve().parent / "mlartifacts").as_uri()
    return client.create_experiment(name, artifact_location=folder)


def _register(client: MlflowClient, run: RunInfo, model: str, source: str) -> str:
    try:
        client.create_registered_model(model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    ours = client.search_model_versions(f"name = '{model}' and run_id = '{run.run_id}'")
    if ours:
        return str(ours[0].version)
    made = client.create_model_version(model, f"{run.artifact_uri}/{source}", run.run_id)
    return str(made.version)


def set_champion(version: str, registry: RegistryConfig, uri: str) -> None:
    """Let the service use this version from now on; raises RegistryError for an unknown one.

    Where it was the challenger there is none any more: it would score beside itself.
    """
    with telling_outages(uri, version):
        mlflow.set_tracking_uri(uri)
        client = MlflowClient()
        client.set_registered_model_alias(registry.model, CHAMPION, version)
        aliases = client.get_registered_model(registry.model).aliases
        if str(aliases.get(CHALLENGER)) == version:
            client.delete_registered_model_alias(registry.model, CHALLENGER)


def set_challenger(version: str | None, registry: RegistryConfig, uri: str) -> None:
    """Let the service score with this version beside the champion, or with none any more."""
    with telling_outages(uri, version or CHALLENGER):
        mlflow.set_tracking_uri(uri)
        if version is None:
            MlflowClient().delete_registered_model_alias(registry.model, CHALLENGER)
        else:
            MlflowClient().set_registered_model_alias(registry.model, CHALLENGER, version)


def find_latest(registry: RegistryConfig, uri: str) -> str:
    """Return the newest version; raises RegistryError when nothing was registered yet."""
    with telling_outages(uri, "latest"):
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
    with telling_outages(uri, wanted):
        mlflow.set_tracking_uri(uri)
        found = look_up(MlflowClient(), wanted, registry)
        folder = mlflow.artifacts.download_artifacts(found.source)
    return find_bundle(Path(folder)), str(found.version)


def look_up(client: MlflowClient, wanted: str, registry: RegistryConfig) -> ModelVersion:
    """Return the version with a number or an alias; raises MlflowException without one."""
    if wanted.isdigit():
        return client.get_model_version(registry.model, wanted)
    return client.get_model_version_by_alias(registry.model, wanted)


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


def _explain(error: Exception, uri: str, wanted: str | None = None) -> str:
    where = uri if uri.startswith("sqlite:") else "the MLflow server in MLFLOW_TRACKING_URI"
    code = getattr(error, "error_code", type(error).__name__)
    if isinstance(error, OSError):
        code = getattr(error, "strerror", None) or str(error)  # of a disk: such as no space left
    if wanted is None or code not in ABSENT:
        return f"MLflow at {where} could not be used ({code}): check --tracking-uri"
    return (
        f"MLflow at {where} has no model {wanted!r} ({code}): see `kantelpunt versions`, train "
        "with `kantelpunt train`, release with `kantelpunt release VERSION`, or give the right "
        "--tracking-uri"
    )
