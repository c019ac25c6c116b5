"""What a release keeps in MLflow: the log, waivers beside the version, and the champion.

The log is a registered model of its own, one version per entry. MLflow numbers versions inside the
transaction that writes them, on SQLite and behind a server alike: of two who write at once one has
the lower number, and both can see whose it is.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.utils import time as mlflow_time

from models.bundle import CHAMPION, DIGEST_TAG
from training.config import RegistryConfig
from training.tracking import ABSENT, telling_outages

ENTRY = "entry"
PAGE = 100
NOTE = "release.json"


@dataclass(frozen=True)
class Version:
    """A registered version: its run, where its bundle is, and who MLflow says made it."""

    number: str
    run_id: str
    source: str
    user: str


@dataclass(frozen=True)
class Champion:
    """The version that the alias points at, "" without one; `is_gone` where it was deleted."""

    number: str
    is_gone: bool = False


def find_version(number: str, registry: RegistryConfig, uri: str) -> Version | None:
    """Return a version, None where it was deleted or never was; raises RegistryError."""
    with telling_outages(uri, number):
        client = _connect(uri)
        try:
            found = client.get_model_version(registry.model, number)
        except MlflowException as error:
            if error.error_code in ABSENT:
                return None
            raise
        user = find_user(client, found)
    return Version(str(found.version), str(found.run_id), str(found.source), user)


def find_user(client: MlflowClient, found: ModelVersion) -> str:
    """Return who MLflow says made the run of a version, "" where it does not say."""
    try:
        return str(client.get_run(str(found.run_id)).data.tags.get("mlflow.user", ""))
    except MlflowException as error:
        if error.error_code in ABSENT:
            return ""
        raise


def find_champion(registry: RegistryConfig, uri: str) -> Champion:
    """Return what the alias points at; raises RegistryError where MLflow can't be reached."""
    with telling_outages(uri, CHAMPION):
        try:
            aliases = _connect(uri).get_registered_model(registry.model).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return Champion("")
            raise
    number = str(aliases.get(CHAMPION, ""))
    if not number:
        return Champion("")
    return Champion(number, is_gone=find_version(number, registry, uri) is None)


def read_note(version: Version, name: str, uri: str) -> dict[str, Any] | None:
    """Return a JSON file beside the bundle of a version, None where its run has none."""
    with telling_outages(uri, version.number):
        client = _connect(uri)
        try:
            known = {one.path for one in client.list_artifacts(version.run_id)}
        except MlflowException as error:
            if error.error_code in ABSENT:
                return None
            raise
        if name not in known:
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = client.download_artifacts(version.run_id, name, folder)
            found: dict[str, Any] = json.loads(Path(path).read_text("utf-8"))
    return found


def get_moment() -> str:
    """Return the moment of now in UTC, to the second, as the log keeps it."""
    millis: int = mlflow_time.get_current_time_millis()  # type: ignore[no-untyped-call]
    moment = datetime.fromtimestamp(millis / 1000, UTC)
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def read_entries(registry: RegistryConfig, uri: str) -> dict[int, str]:
    """Return the text of each entry by its number; empty before the first release."""
    with telling_outages(uri, CHAMPION):
        client = _connect(uri)
        found: dict[int, str] = {}
        token: str | None = None
        while True:
            page = client.search_model_versions(
                f"name = '{registry.releases}'", max_results=PAGE, page_token=token
            )
            found |= {int(one.version): one.tags.get(ENTRY, "") for one in page}
            token = page.token
            if not token:
                return found


def append_entry(
    text: str, shown: Mapping[str, str], version: Version, registry: RegistryConfig, uri: str
) -> int:
    """Write an entry and return its number; `shown` are tags for who looks in MLflow itself."""
    with telling_outages(uri, version.number):
        client = _connect(uri)
        try:
            client.create_registered_model(
                registry.releases, description="The log of releases: `kantelpunt history`."
            )
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        made = client.create_model_version(
            registry.releases, version.source, version.run_id, tags={**shown, ENTRY: text}
        )
    return int(made.version)


def keep_note(version: Version, note: Mapping[str, Any], uri: str) -> None:
    """Keep what is told of the releases of a version beside its bundle, in `release.json`."""
    with telling_outages(uri, version.number):
        client = _connect(uri)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / NOTE
            path.write_text(json.dumps(note, indent=1, ensure_ascii=False) + "\n", "utf-8")
            client.log_artifact(version.run_id, str(path))


def tag_waivers(
    version: Version, waivers: Mapping[str, str], by: str, registry: RegistryConfig, uri: str
) -> None:
    """Show waivers as tags of the version."""
    with telling_outages(uri, version.number):
        client = _connect(uri)
        for name, reason in waivers.items():
            told = f"{reason} ({by})"
            client.set_model_version_tag(registry.model, version.number, f"waiver.{name}", told)


def tag_digest(number: str, digest: str, registry: RegistryConfig, uri: str) -> None:
    """Tell the service which bundle was released as a version: it serves no other under it."""
    with telling_outages(uri, number):
        _connect(uri).set_model_version_tag(registry.model, number, DIGEST_TAG, digest)


def _connect(uri: str) -> MlflowClient:
    mlflow.set_tracking_uri(uri)
    return MlflowClient()
