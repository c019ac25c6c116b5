"""Fetches the released bundle; the only reader of MLflow.

MLflow takes seconds and hundreds of megabytes to import, so a short process of its own does it:
`python -m serving.registry` answers one line of JSON and ends. The server never imports MLflow.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

from features.errors import KantelpuntError
from models.bundle import Bundle, BundleDamagedError, read_bundle
from serving.settings import Settings

CHAMPION = "champion"
SECONDS = 180
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


def open_bundle(settings: Settings) -> Bundle:
    """Return the bundle to serve: the folder in the settings, or else the released one."""
    if settings.bundle is not None:
        return read_bundle(settings.bundle)
    wanted = (settings.tracking_uri, settings.model_name, settings.cache)
    folder, version = fetch_champion(*wanted)
    try:
        return read_bundle(folder, version)
    except BundleDamagedError:
        # the copy of an earlier fetch may have suffered: what MLflow keeps decides
        shutil.rmtree(folder)
        folder, version = fetch_champion(*wanted)
        return read_bundle(folder, version)


def fetch_champion(tracking_uri: str, model: str, cache: Path) -> tuple[Path, str]:
    """Return the folder and the version of the champion, fetched by a process of its own."""
    command = [sys.executable, "-m", "serving.registry", tracking_uri, model, str(cache)]
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
        answer = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        raise RegistryError(
            f"MLflow gave no answer within {SECONDS} seconds, or none that can be read: "
            "check MLFLOW_TRACKING_URI, or give a folder with KANTELPUNT_BUNDLE"
        ) from None
    if "error" in answer:
        raise RegistryError(answer["error"])
    return Path(answer["folder"]), str(answer["version"])


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
        raise RegistryError(_explain(error, model)) from error
    return folder, str(found.version)


def _check_file(tracking_uri: str) -> None:
    """Refuse a database that is not there: MLflow would quietly make an empty one."""
    if not Path(tracking_uri.removeprefix("sqlite:///")).is_file():
        raise RegistryError(
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


def _explain(error: Exception, model: str) -> str:
    code = getattr(error, "error_code", type(error).__name__)
    if code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
        return (
            f"no version of model {model!r} is the champion yet: train with `kantelpunt train`, "
            "then run `kantelpunt release VERSION`"
        )
    return f"MLflow could not be read ({code}): check MLFLOW_TRACKING_URI"


def main() -> None:
    """Answer the folder and version of the champion, or what is wrong, as one line of JSON."""
    os.environ.update(_QUIET)
    tracking_uri, model, cache = sys.argv[1:]
    try:
        folder, version = find_champion(tracking_uri, model, Path(cache))
        answer = {"folder": str(folder.resolve()), "version": version}
    except RegistryError as error:
        answer = {"error": str(error)}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
