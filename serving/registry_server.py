"""MLflow's own question for an alias, over its REST API.

`GET /api/2.0/mlflow/registered-models/alias` with `name` and `alias` answers the version, or an
error with a code. Apart, because its HTTP client is loaded only where there is a server to ask.
"""

import json
import os
import ssl
from urllib.parse import urlencode

from serving.asking import NoAnswerError, ask
from serving.registry import NOT_THERE
from serving.registry_process import RegistryGoneError
from serving.whole_bundle import name_folder

ADDRESS = "/api/2.0/mlflow/registered-models/alias"
_FOUND, _NOT_LET_IN = 200, (401, 403)
# what comes of an answer that is no JSON, or not what MLflow says
_UNREADABLE = (NoAnswerError, OSError, ValueError, LookupError, TypeError, RecursionError)


class NotLetInError(RegistryGoneError):
    """A server that asks for a way in that only MLflow's own client knows."""


def ask_server(uri: str, model: str, alias: str) -> str | None:
    """Return the name of the folder of the version that an alias points at; None for no version.

    Raises RegistryGoneError.
    """
    question = urlencode({"name": model, "alias": alias})
    try:
        answer = ask(
            "GET",
            f"{uri.rstrip('/')}{ADDRESS}?{question}",
            headers=_build_headers(),
            auth=_find_account(),
            trust=_find_trust(),
        )
        if answer.status in _NOT_LET_IN:
            raise NotLetInError("MLflow asks who we are: check MLFLOW_TRACKING_USERNAME")
        told = json.loads(answer.body)
        if answer.status == _FOUND:
            found = told["model_version"]
            return name_folder(str(found["version"]), str(found.get("run_id", "")))
        if told["error_code"] in NOT_THERE:
            return None
    except _UNREADABLE as error:
        kind = type(error).__name__
        raise RegistryGoneError(f"MLflow gives no answer that can be read ({kind})") from None
    raise RegistryGoneError(f"MLflow answers with status {answer.status}")


# the names that MLflow's own client reads
def _build_headers() -> dict[str, str]:
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token and _find_account() is None else {}


def _find_account() -> tuple[str, str] | None:
    name = os.environ.get("MLFLOW_TRACKING_USERNAME")
    secret = os.environ.get("MLFLOW_TRACKING_PASSWORD")
    return (name, secret) if name and secret else None


def _find_trust() -> ssl.SSLContext | bool | None:
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        return False
    path = os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
    return ssl.create_default_context(cafile=path) if path else None
