"""Secrets that can be recognised wherever they turn up: one for each setting that is a secret."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import get_args

from pydantic import SecretStr

from serving.settings import Settings

# in every one of them; no word of a placeholder, and nothing that an address would write otherwise
CORE = "n0tT0BeSeen7QxVw"
# those of others: of MLflow, which we hand on, and of PostgreSQL and whoever else is on the machine
OF_OTHERS = (
    *("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"),
    *("PGPASSWORD", "PGPASSFILE", "SMTP_PASSWORD", "AWS_SECRET_ACCESS_KEY", "VAULT_TOKEN"),
)
# a port on which nothing listens: told at once that there is nobody
NOBODY = "127.0.0.1:9"


def mark(name: str) -> str:
    """Return the secret of a setting: long enough, and another for each."""
    return f"{CORE}-{sha256(name.encode()).hexdigest()[:16]}"


def list_secrets() -> list[str]:
    """Return the settings that are secrets, also those that are to come."""
    fields = Settings.model_fields.items()
    kinds = {name: (field.annotation, *get_args(field.annotation)) for name, field in fields}
    return [name for name, of in kinds.items() if SecretStr in of]


def build_marked(store: str = NOBODY, registry: str = f"http://someone@{NOBODY}") -> dict[str, str]:
    """Return an environment in which every secret is marked, passwords in addresses too.

    `store` is host, port and path of a PostgreSQL.
    """
    return {
        **{f"KANTELPUNT_{name.upper()}": mark(name) for name in list_secrets()},
        **{name: mark(name) for name in OF_OTHERS},
        "DATABASE_URL": f"postgresql+psycopg://marked:{mark('DATABASE_URL')}@{store}",
        "MLFLOW_TRACKING_URI": registry.replace("@", f":{mark('MLFLOW_TRACKING_URI')}@"),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }


def _list_forms() -> list[bytes]:
    """Return the mark as it stands, and as it looks within base64 wherever it begins."""
    forms = [CORE.encode()]
    for before in range(3):
        written = b64encode(b"x" * before + CORE.encode())
        forms.append(written[-(-8 * before // 6) : 8 * (before + len(CORE)) // 6])
    return forms


FORMS = _list_forms()


def is_marked(told: str | bytes) -> bool:
    """Tell whether a secret stands in a text or in a file, in plain or as base64."""
    data = told.encode() if isinstance(told, str) else told
    return any(form in data for form in FORMS)


def list_marked(folders: Iterable[Path]) -> list[str]:
    """Return the files, in folders and below, in which a secret stands."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path.as_posix() for path in files if is_marked(path.read_bytes())]
