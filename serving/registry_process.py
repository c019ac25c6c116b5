"""The short process that asks MLflow, so that the server itself never imports it."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

from features.errors import KantelpuntError

SECONDS, TURN_SECONDS, LAST_SECONDS = 180.0, 0.2, 2
# at a start that has the model of an earlier one: `deploy/roll.sh` gives a worker a minute
START_SECONDS = 30.0
QUIET = {
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


class NotFetchedError(RegistryGoneError):
    """MLflow knows a version, but its files cannot be had."""


_KINDS = {kind.__name__: kind for kind in (RegistryError, RegistryGoneError, NotFetchedError)}


def ask_process(
    what: str,
    tracking_uri: str,
    *given: str,
    stopped: Event | None = None,
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """Return what a process of its own answers; raises RegistryError.

    The address goes by the environment: it may hold a password, and anybody on a machine can read
    the words with which a process was started.
    """
    command = [sys.executable, "-m", "serving.registry", what, *given]
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
    asked = {"PYTHONPATH": path, "MLFLOW_TRACKING_URI": tracking_uri}
    try:
        with subprocess.Popen(  # noqa: S603  # our own module, no shell
            command,
            env=_IMPATIENT | _list_given() | QUIET | asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            said = _listen(process, stopped or Event(), seconds)
        answer: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise RegistryGoneError(
            f"MLflow gave no answer within {seconds:.0f} seconds, or none that can be read: "
            "check MLFLOW_TRACKING_URI, or give a folder with KANTELPUNT_BUNDLE"
        ) from None
    if "error" in answer:
        raise _KINDS[answer["kind"]](answer["error"])
    return answer


def _list_given() -> dict[str, str]:
    """Return the environment without what is ours: what asks MLflow needs no other secret."""
    ours = ("KANTELPUNT_", "DATABASE_URL")
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(ours)}


def _listen(process: subprocess.Popen[str], stopped: Event, seconds: float) -> str:
    """Return what a process says; nothing where that takes too long, or nobody waits any more."""
    for _ in range(round(seconds / TURN_SECONDS)):
        try:
            return process.communicate(timeout=TURN_SECONDS)[0]
        except subprocess.TimeoutExpired:
            if stopped.is_set():
                break
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(LAST_SECONDS)
    process.kill()
    return ""
