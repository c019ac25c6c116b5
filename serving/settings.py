"""Settings of the service, from the environment: each is declared and read here only."""

from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableError

from features.errors import KantelpuntError
from serving.permissions import Role

SHORTEST_SECRET = 32
SHORTEST_FOLLOW = 1  # seconds: asked more often, the registry is all that is worked on
_PLACEHOLDERS = ("change", "secret", "placeholder", "example", "password")


class OwnEstimateMode(StrEnum):
    """Whether a physician answers both questions before seeing what was estimated."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class SettingsError(KantelpuntError):
    """A setting that is missing or cannot be used, with how to set it."""


class Settings(BaseSettings):
    """What a deployment can set: KANTELPUNT_…, DATABASE_URL and MLFLOW_TRACKING_URI."""

    model_config = SettingsConfigDict(env_prefix="KANTELPUNT_", extra="ignore")

    database_url: str = Field(
        "sqlite:///var/kantelpunt.db",
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        repr=False,  # may hold a password
        description="address of the store: sqlite:///path or postgresql://user:password@host/name, "
        "with ?pgbouncer=true where pgbouncer is in between",
    )
    tracking_uri: str = Field(
        "sqlite:///mlflow.db",
        validation_alias=AliasChoices("MLFLOW_TRACKING_URI", "tracking_uri"),
        repr=False,
        description="address of MLflow, from which the released model is fetched",
    )
    bundle: Path | None = Field(
        None, description="folder of a bundle to serve instead of the released one"
    )
    cache: Path = Field(Path("var/bundles"), description="where fetched bundles are kept")
    limits: Path | None = Field(None, description="limits.toml to use instead of ours")
    offers: Path | None = Field(None, description="offers.toml to use instead of ours")
    capacities: Path | None = Field(
        None, description="capacities.toml to use instead of ours: the choices of the referral form"
    )
    medical: Path | None = Field(
        None, description="medical.toml to use instead of ours: what a referral form may never hold"
    )
    fund_contact: str = Field(
        "",
        max_length=200,
        description="whom VDAB and the person can contact at the sickness fund; stands on letters",
    )
    targets: Path | None = Field(
        None, description="TOML with the yearly targets of planning; without it ours"
    )
    fund_names: dict[str, str] = Field(
        {}, description="JSON of sickness funds and the names to show of them on letters"
    )
    dpo_contact: str = Field(
        "",
        max_length=200,
        description="how to reach the DPO of the sickness fund, in access reports and letters",
    )
    session_secret: SecretStr = Field(
        SecretStr(""), description="32 characters or more that sign the sessions"
    )
    session_hours: float = Field(8, gt=0, le=24, description="how long a session lasts at most")
    idle_minutes: float = Field(
        30, gt=0, le=1440, description="how long a session lasts when nothing is done in it"
    )
    secure_cookies: bool = Field(
        True, description="send cookies over https only, and ask browsers to keep to https"
    )
    local_accounts: bool = Field(
        True, description="let accounts of `kantelpunt user add` log on with a password"
    )
    log_on_per_minute: int = Field(
        10,
        ge=1,
        description="failed attempts to log on per minute and name; three times per address",
    )
    api_per_minute: int = Field(1200, ge=1, description="requests to the API per minute and user")
    public_url: str = Field(
        "", description="address under which people reach the service, as https://host"
    )
    oidc_issuer: str = Field(
        "",
        description="address of the identity provider (OpenID Connect); without it there is none",
    )
    oidc_client_id: str = Field("", description="our name at the identity provider, for the pages")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="our secret at the identity provider; a public client has none"
    )
    oidc_api_audience: str = Field(
        "", description="`aud` of tokens for the API; without it the API takes no bearer tokens"
    )
    oidc_scopes: str = Field("openid profile", description="scopes that a log-on asks for")
    oidc_role_claim: str = Field(
        "kantelpunt_role", description="claim with the role; a dot goes one level down"
    )
    oidc_roles: dict[str, Role] = Field(
        {}, description="JSON of values of the role claim and our roles; without it the role names"
    )
    oidc_fund_claim: str = Field("sickness_fund", description="claim with the sickness fund")
    oidc_region_claim: str = Field("region", description="claim with the region, if there is one")
    oidc_name_claim: str = Field("name", description="claim with the name to show")
    oidc_label: str = Field(
        "uw organisatie", description="what the log-on page calls the identity provider"
    )
    own_estimate: OwnEstimateMode = Field(
        OwnEstimateMode.OPTIONAL,
        description="own estimate of the physician: off, optional, or required before any number",
    )
    retention_months: int = Field(
        120,
        ge=1,
        le=1200,
        description="months after its last screening until `kantelpunt forget` removes a case",
    )
    export_key: SecretStr = Field(
        SecretStr(""),
        description="32 characters or more that make the pseudonyms of `kantelpunt export`; "
        "the same key gives the same pseudonyms",
    )
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    trusted_proxies: str = Field(
        "",
        description="addresses or networks of proxies, with commas, whose X-Forwarded-For counts; "
        "without it nobody's does",
    )
    threads: int = Field(
        4,
        ge=1,
        le=200,
        description="requests that are worked on at the same moment; with PostgreSQL a process "
        "opens two connections more than this at most",
    )
    most_bytes: int = Field(5_000_000, ge=1000, description="largest body of a request")
    uploads: Path = Field(
        Path("var/uploads"), description="where uploaded files are kept until they are imported"
    )
    most_upload_bytes: int = Field(
        200_000_000, ge=1000, description="largest file that can be uploaded"
    )
    model_name: str = Field("kantelpunt", description="name of the registered model in MLflow")
    follow_seconds: float = Field(
        30,
        ge=0,
        le=86_400,
        description="after how long a newly released version is served without a restart: how "
        "often MLflow is asked, 1 at least; 0 only at the start",
    )
    shadow: bool = Field(
        True,
        description="let the version under the alias challenger, where there is one, score beside "
        "the champion; nobody is shown what it says",
    )
    maintenance: str = Field(
        "",
        max_length=300,
        description="set it to close the pages and the API for a while, to a sentence in Dutch "
        "that says until when; without it the service is open",
    )
    demo_hint: str = Field("", description="set by `kantelpunt demo`: the account to tell of")
    demo_fund: str = Field("", description="set by `kantelpunt demo`: the fund of its accounts")

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, given: str) -> str:
        try:
            for proxy in filter(None, given.split(",")):
                ip_network(proxy.strip())
        except ValueError:
            raise ValueError("expected addresses or networks, with commas between them") from None
        return given

    @field_validator("follow_seconds")
    @classmethod
    def _check_follow(cls, given: float) -> float:
        if 0 < given < SHORTEST_FOLLOW:
            raise ValueError(f"expected {SHORTEST_FOLLOW} or more, or 0 to ask only at the start")
        return given

    def check_secret(self) -> str:
        """Return the secret that signs sessions; raises SettingsError for none or a placeholder."""
        secret = self.session_secret.get_secret_value()
        if len(secret) < SHORTEST_SECRET or _is_placeholder(secret):
            raise SettingsError(
                f"KANTELPUNT_SESSION_SECRET: expected {SHORTEST_SECRET} random characters or more; "
                'make them with python -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        return secret

    def check_export_key(self) -> str:
        """Return the key of the pseudonyms; raises SettingsError for none or a placeholder."""
        key = self.export_key.get_secret_value()
        if len(key) < SHORTEST_SECRET or _is_placeholder(key):
            raise SettingsError(
                f"KANTELPUNT_EXPORT_KEY: expected {SHORTEST_SECRET} random characters or more, "
                "kept from one export to the next"
            )
        return key

    def check_log_on(self) -> None:
        """Raise SettingsError where nobody could log on, or not safely."""
        if not self.oidc_issuer:
            if not self.local_accounts:
                raise SettingsError(
                    "KANTELPUNT_LOCAL_ACCOUNTS: nobody could log on; "
                    "set KANTELPUNT_OIDC_ISSUER, or leave local accounts on"
                )
            return
        for name in ("oidc_issuer", "public_url"):
            if not is_safe_address(getattr(self, name)):
                raise SettingsError(f"KANTELPUNT_{name.upper()}: expected an https address")
        if not self.oidc_client_id:
            raise SettingsError("KANTELPUNT_OIDC_CLIENT_ID: expected our name at the issuer")
        if self.oidc_api_audience == self.oidc_client_id:
            raise SettingsError(
                "KANTELPUNT_OIDC_API_AUDIENCE: expected another value than the client id, "
                "or what proves a log-on would open the API"
            )
        secret = self.oidc_client_secret.get_secret_value()
        if secret and _is_placeholder(secret):
            raise SettingsError(
                "KANTELPUNT_OIDC_CLIENT_SECRET: this looks like a placeholder; expected the secret "
                "that the issuer made, with 8 different characters or more"
            )


def _is_placeholder(secret: str) -> bool:
    return any(word in secret.lower() for word in _PLACEHOLDERS) or len(set(secret)) < 8


def is_safe_address(address: str) -> bool:
    """Tell whether an address is https, or http on this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_settings(**given: object) -> Settings:
    """Return the settings; what is given counts more than the environment."""
    try:
        return Settings(**given)  # type: ignore[arg-type]  # checked by pydantic, not by mypy
    except UnreadableError as error:
        # its own text names the setting and not the value
        raise SettingsError(f"settings that cannot be used: {error}; expected JSON") from None
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SettingsError("settings that cannot be used: " + "; ".join(wrong)) from None
