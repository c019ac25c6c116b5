"""What MLflow tells of every version that is registered."""

from dataclasses import dataclass
from datetime import UTC, datetime

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from training.config import RegistryConfig
from training.tracking import ABSENT, telling_outages
from training.tracking_releases import find_user


@dataclass(frozen=True)
class Listed:
    """A registered version: when (UTC), who trained it ("" where nobody knows), its aliases."""

    number: str
    registered: str
    by: str
    aliases: tuple[str, ...]


def list_versions(
    registry: RegistryConfig, uri: str, most: int | None = None
) -> tuple[list[Listed], int]:
    """Return the registered versions, newest first and at most so many, and how many more.

    Raises RegistryError where MLflow cannot be read.
    """
    with telling_outages(uri, registry.model):
        mlflow.set_tracking_uri(uri)
        client = MlflowClient()
        aliases = _read_aliases(client, registry.model)
        known = client.search_model_versions(f"name = '{registry.model}'")
        newest = sorted(known, key=lambda one: int(one.version), reverse=True)
        shown = newest[:most]
        return [_describe(client, one, aliases) for one in shown], len(newest) - len(shown)


def _read_aliases(client: MlflowClient, model: str) -> dict[str, str]:
    try:
        found = client.get_registered_model(model).aliases
    except MlflowException as error:
        if error.error_code in ABSENT:
            return {}
        raise
    return {str(alias): str(number) for alias, number in found.items()}


def _describe(client: MlflowClient, found: ModelVersion, aliases: dict[str, str]) -> Listed:
    number = str(found.version)
    moment = datetime.fromtimestamp(found.creation_timestamp / 1000, UTC)
    own = tuple(sorted(alias for alias, of in aliases.items() if of == number))
    return Listed(number, f"{moment:%Y-%m-%d %H:%M}", find_user(client, found), own)
