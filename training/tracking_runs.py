"""Fetches everything that MLflow keeps of the run behind a version."""

from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow import MlflowClient

from models.bundle import CHAMPION
from training.config import RegistryConfig
from training.tracking import find_latest, look_up, telling_outages

REGISTERED = "registered"


@dataclass(frozen=True)
class FetchedRun:
    """The version made of a run, how it stands, and what MLflow calls the run."""

    version: str
    standing: str
    run_id: str


def fetch_run(wanted: str, folder: Path, registry: RegistryConfig, uri: str) -> FetchedRun:
    """Write all that is kept of the run of a version, an alias or "latest" into a folder.

    `standing` is an alias of the version, or "registered". Raises RegistryError without a version.
    """
    if wanted == "latest":
        wanted = find_latest(registry, uri)
    with telling_outages(uri, wanted):
        mlflow.set_tracking_uri(uri)
        client = MlflowClient()
        found = look_up(client, wanted, registry)
        aliases = sorted(client.get_model_version(registry.model, found.version).aliases)
        standing = CHAMPION if CHAMPION in aliases else next(iter(aliases), REGISTERED)
        client.download_artifacts(str(found.run_id), "", str(folder))
    return FetchedRun(str(found.version), standing, str(found.run_id))
