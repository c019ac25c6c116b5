"""Logging on to the pages with an identity provider: authorization code with PKCE, state, nonce."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote_plus, urlencode

from serving.claims import build_user
from serving.issuer import Issuer
from serving.permissions import User
from serving.sessions import CALLBACK, FLOW_SECONDS, Seal
from serving.settings import Settings
from serving.tokens import TokenRefusedError, Tokens


@dataclass(frozen=True)
class Flow:
    """A log-on that was begun: where to send the browser, and what it keeps meanwhile."""

    address: str
    cookie: str


class CodeFlow:
    """Begins and ends log-ons at one identity provider.

    The browser keeps only a signed state. Nonce and verifier follow from it with our secret, so
    that a code that is caught on its way is worth nothing.
    """

    def __init__(self, settings: Settings, tokens: Tokens, seal: Seal) -> None:
        """Prepare for the client of the settings."""
        self._settings = settings
        self._tokens = tokens
        self._seal = seal
        self._key = settings.check_secret().encode()

    @property
    def issuer(self) -> Issuer:
        """Return who vouches."""
        return self._tokens.issuer

    def begin(self, onward: str) -> Flow:
        """Return where to send the browser; raises IssuerGoneError."""
        endpoint = self.issuer.get_endpoints().authorization
        state = secrets.token_urlsafe(32)
        challenge = _encode(sha256(self._derive("verifier", state).encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._settings.oidc_scopes,
            "state": state,
            "nonce": self._derive("nonce", state),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in endpoint else "?"
        return Flow(f"{endpoint}{joint}{urlencode(asked)}", self._seal.close([state, onward]))

    def finish(self, cookie: str | None, answer: Mapping[str, str]) -> tuple[User, str]:
        """Return who logged on, and where to go on to.

        Raises TokenRefusedError, AccountUnusableError or IssuerGoneError.
        """
        kept = self._seal.find(cookie, FLOW_SECONDS)
        if kept is None or not _is_same(kept[0], answer.get("state", "")):
            raise TokenRefusedError("an answer to no log-on of this browser")
        state, onward = str(kept[0]), str(kept[1])
        endpoints = self.issuer.get_endpoints()
        named = answer.get("iss", "" if endpoints.names_itself else self.issuer.address)
        if named != self.issuer.address or not answer.get("code"):
            raise TokenRefusedError("an answer without a code, or of another issuer")
        claims = self._tokens.check(self._change_code(answer["code"], state), self._client)
        if not _is_same(self._derive("nonce", state), claims.get("nonce")):
            raise TokenRefusedError("a token of another log-on")
        if claims.get("azp", self._client) != self._client:
            raise TokenRefusedError("a token for another client")
        return build_user(claims, self._settings), onward

    def build_log_off(self) -> str | None:
        """Return where one logs off at the identity provider as well, if it told."""
        address = self.issuer.find_end_session()
        if address is None:
            return None
        back = self._settings.public_url.rstrip("/") + "/login"
        asked = {"client_id": self._client, "post_logout_redirect_uri": back}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    @property
    def _client(self) -> str:
        return self._settings.oidc_client_id

    @property
    def _redirect_uri(self) -> str:
        # from the settings: a Host header is whatever the asker makes of it
        return self._settings.public_url.rstrip("/") + CALLBACK

    def _derive(self, purpose: str, state: str) -> str:
        return _encode(hmac.digest(self._key, f"oidc-{purpose}\0{state}".encode(), "sha256"))

    def _change_code(self, code: str, state: str) -> str:
        """Return the identity token for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": self._derive("verifier", state),
        }
        secret = self._settings.oidc_client_secret.get_secret_value()
        endpoints, auth = self.issuer.get_endpoints(), None
        if secret and endpoints.takes_basic:
            # RFC 6749, 2.3.1: both are form-encoded first
            auth = (quote_plus(self._client), quote_plus(secret))
        else:
            form |= {"client_id": self._client} | ({"client_secret": secret} if secret else {})
        found = self.issuer.post(endpoints.token, form, auth)
        token = found.get("id_token") if found is not None else None
        if not isinstance(token, str):
            raise TokenRefusedError("no identity token for this code")
        return token


def _encode(given: bytes) -> str:
    return urlsafe_b64encode(given).rstrip(b"=").decode()


def _is_same(expected: str, given: Any) -> bool:
    return hmac.compare_digest(expected.encode(), str(given).encode("utf-8", "replace"))
