"""Settings of the service, from the environment: each is declared and read here only."""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from features.errors import KantelpuntError

SHORTEST_SECRET = 32
_PLACEHOLDERS = ("change", "secret", "placeholder", "example", "password")


class SettingsError(KantelpuntError):
    """A setting that is missing or cannot be used, with how to set it."""


class Settings(BaseSettings):
    """What a deployment can set: KANTELPUNT_…, DATABASE_URL and MLFLOW_TRACKING_URI."""

    model_config = SettingsConfigDict(env_prefix="KANTELPUNT_", extra="ignore")

    database_url: str = Field(
        "sqlite:///var/kantelpunt.db",
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="address of the store: sqlite:///path or postgresql://user:password@host/name",
    )
    tracking_uri: str = Field(
        "sqlite:///mlflow.db",
        validation_alias=AliasChoices("MLFLOW_TRACKING_URI", "tracking_uri"),
        description="address of MLflow, from which the released model is fetched",
    )
    bundle: Path | None = Field(
        None, description="folder of a bundle to serve instead of the released one"
    )
    cache: Path = Field(Path("var/bundles"), description="where fetched bundles are kept")
    limits: Path | None = Field(None, description="limits.toml to use instead of ours")
    session_secret: SecretStr = Field(
        SecretStr(""), description="32 characters or more that sign the sessions"
    )
    session_hours: float = Field(8, gt=0, le=24, description="how long a session lasts at most")
    secure_cookies: bool = Field(True, description="send cookies over https only")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    most_bytes: int = Field(5_000_000, ge=1000, description="largest body of a request")
    model_name: str = Field("kantelpunt", description="name of the registered model in MLflow")
    demo_hint: str = Field("", description="set by `kantelpunt demo`: the account to tell of")
    demo_fund: str = Field("", description="set by `kantelpunt demo`: the fund of its accounts")

    def check_secret(self) -> str:
        """Return the secret that signs sessions; raises SettingsError for none or a placeholder."""
        secret = self.session_secret.get_secret_value()
        is_placeholder = any(word in secret.lower() for word in _PLACEHOLDERS)
        if len(secret) < SHORTEST_SECRET or is_placeholder or len(set(secret)) < 8:
            raise SettingsError(
                f"KANTELPUNT_SESSION_SECRET: expected {SHORTEST_SECRET} random characters or more; "
                'make them with python -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        return secret


def read_settings(**given: object) -> Settings:
    """Return the settings; what is given counts more than the environment."""
    try:
        return Settings(**given)  # type: ignore[arg-type]  # checked by pydantic, not by mypy
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SettingsError("settings that cannot be used: " + "; ".join(wrong)) from None
