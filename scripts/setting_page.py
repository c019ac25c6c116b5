"""docs/settings.md: every setting of the service, as the environment gives it."""

from typing import Any

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo

from scripts.markdown import build_table
from serving.settings import Settings

INTRO = """# Settings

The service reads its settings from the environment, in `serving/settings.py` and nowhere else.
Training takes its numbers from `training/config.toml` and, like MLflow itself, its tracking address
from `MLFLOW_TRACKING_URI`.
"""


def build_setting_page() -> str:
    """Return docs/settings.md."""
    rows = [
        [f"`{_name(name, field)}`", _default(field.default), field.description or ""]
        for name, field in Settings.model_fields.items()
    ]
    return INTRO + "\n" + build_table(["variable", "without it", "what"], rows)


def _name(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    prefix = Settings.model_config.get("env_prefix", "")
    return str(alias or f"{prefix}{name}".upper())


def _default(value: Any) -> str:
    shown = value.get_secret_value() if isinstance(value, SecretStr) else value
    return "" if shown in (None, "") else f"`{shown}`"
