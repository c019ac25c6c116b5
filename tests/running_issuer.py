"""A small identity provider of our own, on loopback: signs whatever a test wants, and can fall."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.running_http import Handler, run_http
from tests.running_service import Service

CLIENT, AUDIENCE = "kantelpunt-paginas", "kantelpunt-api"
CLIENT_SECRET = "Wq8-Rz3_Tn6Yb1Vk9"  # noqa: S105
CLAIMS = {
    "sub": "subject-1",
    "name": "Dr. Van Elders",
    "kantelpunt_role": "advising_physician",
    "sickness_fund": "fonds-a",
}


@cache
def make_key(kid: str) -> RSAKey:
    """Return a key to sign with, always the same for an id: making one is slow."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class RunningIssuer:
    """What the identity provider answers with; a test changes it as it goes."""

    address: str = ""
    keys: list[RSAKey] = field(default_factory=lambda: [make_key("first")])
    claims: dict[str, Any] = field(default_factory=lambda: dict(CLAIMS))
    asked: list[str] = field(default_factory=list)
    posted: list[dict[str, str]] = field(default_factory=list)
    described: dict[str, Any] = field(default_factory=dict)
    is_down: bool = False
    # what it answers with instead, by path: status, headers and body
    lies: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    # paths on which it waits until `goes_on` is set, and what comes meanwhile
    held: tuple[str, ...] = ()
    goes_on: threading.Event = field(default_factory=threading.Event)
    trickle: bytes = b""
    challenge: str = ""
    nonce: str = ""
    id_token: str | None = None

    def sign(self, *, kid: str | None = "first", key: Any = None, **changes: Any) -> str:
        """Return a token for the API; `changes` replace claims, and None leaves one out."""
        now = int(time.time())
        claims = {"iss": self.address, "aud": AUDIENCE, "iat": now, "exp": now + 300}
        claims |= self.claims | changes
        header = {"alg": "RS256"} | ({"kid": kid} if kid else {})
        kept = {k: v for k, v in claims.items() if v is not None}
        return jwt.encode(header, kept, key or self.keys[0])

    def authorise(self, address: str) -> dict[str, str]:
        """Return what the browser comes back with, for the address that it was sent to."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        self.challenge, self.nonce = asked["code_challenge"], asked["nonce"]
        assert asked["code_challenge_method"] == "S256"
        assert asked["response_type"] == "code"
        return {"state": asked["state"], "code": "a-code"}

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        """Return the status and the body of an answer."""
        if self.is_down:
            return 500, {}
        if path == "/.well-known/openid-configuration":
            return 200, self._describe()
        if path == "/keys":
            return 200, {"keys": [key.as_dict(private=False) for key in self.keys]}
        if path == "/token":
            return self._give_token(form)
        return 404, {}

    def _describe(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "end_session_endpoint": f"{self.address}/end",
        } | self.described

    def _give_token(self, form: dict[str, str]) -> tuple[int, Any]:
        self.posted.append(form)
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        proven = urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge
        if not proven or form.get("code") != "a-code":
            return 400, {"error": "invalid_grant"}
        made = self.sign(aud=CLIENT, nonce=self.nonce)
        return 200, {"token_type": "Bearer", "id_token": self.id_token or made}


@contextmanager
def run_issuer() -> Iterator[RunningIssuer]:
    """Run the identity provider beside the caller."""
    issuer = RunningIssuer()

    class Answering(Handler):
        def get(self) -> None:
            issuer.asked.append(self.path)
            self._answer({})

        def post(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {k: v[0] for k, v in parse_qs(body).items()}
            self._answer(form | {"authorization": self.headers.get("authorization", "")})

        def _answer(self, form: dict[str, str]) -> None:
            with suppress(OSError):  # who asked may have gone
                self._hold()
                status, found = issuer.answer(self.path, form)
                lie = issuer.lies.get(self.path, (status, {}, json.dumps(found).encode()))
                status, headers, body = lie
                self.give(status, body, headers)

        def _hold(self) -> None:
            while self.path in issuer.held and not issuer.goes_on.wait(0.02):
                self.wfile.write(issuer.trickle)

    with run_http(Answering, issuer.goes_on) as port:
        issuer.address = f"http://127.0.0.1:{port}"
        yield issuer


def build_oidc_settings(issuer: RunningIssuer) -> dict[str, Any]:
    """Return the settings of a service that believes this identity provider."""
    return {
        "oidc_issuer": issuer.address,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": CLIENT_SECRET,
        "oidc_api_audience": AUDIENCE,
        "public_url": "https://kantelpunt.example",
    }


def ask(service: Service, token: str, path: str = "/api/v1/cases") -> Any:
    """Ask something of the API with a token."""
    return service.client.get(path, headers={"authorization": f"Bearer {token}"})


def begin(service: Service, onward: str = "/") -> Any:
    """Ask to log on at the identity provider."""
    return service.client.get("/login/oidc", params={"naar": onward}, follow_redirects=False)


def come_back(service: Service, answer: dict[str, str]) -> Any:
    """Come back from the identity provider with what it gave."""
    return service.client.get("/login/oidc/terug", params=answer, follow_redirects=False)


def log_on(service: Service, issuer: RunningIssuer, onward: str = "/", **changes: str) -> Any:
    """Log on at our own identity provider; `changes` replace what the browser brings back."""
    return come_back(
        service, issuer.authorise(begin(service, onward).headers["location"]) | changes
    )


def read_users(service: Service) -> list[tuple[Any, ...]]:
    """Return what is kept of users for whom an identity provider vouches."""
    with service.store.reading() as connection:
        query = (
            "select user_key, name, role, sickness_fund, password_hash, issuer, "
            "last_seen_at is not null from users where issuer is not null"
        )
        return [tuple(row) for row in connection.exec_driver_sql(query)]
