"""The short process that asks MLflow, so that the server itself never imports it."""

import json
import os
from threading import Event
from typing import Any

from features.errors import KantelpuntError
from serving.own_process import run_beside

SECONDS = 180.0
# at a start that has the model of an earlier one: `deploy/roll.sh` gives a worker a minute
START_SECONDS = 30.0
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
# how it gets out, and what MLflow reads
_ALLOWED = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
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
    more = _IMPATIENT | _list_given() | QUIET | {"MLFLOW_TRACKING_URI": tracking_uri}
    said, _ = run_beside(
        "serving.registry", what, *given, seconds=seconds, more=more, stopped=stopped
    )
    try:
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
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _ALLOWED or name.upper().startswith("MLFLOW_")
    }
