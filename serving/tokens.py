"""Tokens of the identity provider: signature, issuer, audience and times, checked before use."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from serving.errors import NotLoggedOnError
from serving.issuer import LEEWAY_SECONDS, Issuer

# asymmetric ones only: no `none`, and nothing that the public key could sign as a shared secret
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519"),
)
LONGEST = 16_000


class TokenRefusedError(NotLoggedOnError):
    """A token that proves nothing; never with what stands in it."""


class Tokens:
    """Checks tokens of one issuer."""

    def __init__(self, issuer: Issuer, *, clock: Callable[[], float] = time.time) -> None:
        """Check against the keys of an issuer."""
        self.issuer = issuer
        self._clock = clock

    def check(self, token: str, audience: str) -> Mapping[str, Any]:
        """Return the claims of a token that was made for this audience.

        Raises TokenRefusedError, or IssuerGoneError where the keys are not known.
        """
        if not audience or len(token) > LONGEST or not token.isascii():
            raise TokenRefusedError("no token that can be read")
        try:
            claims = jwt.decode(token, self._find_key, algorithms=ALGORITHMS).claims
            self._check_claims(claims, audience)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
            raise TokenRefusedError(
                f"a token that does not hold ({type(error).__name__})"
            ) from None
        return claims

    def _find_key(self, signed: Any) -> Any:
        # called for a header with an allowed algorithm only, so that no other asks the issuer
        key = self.issuer.find_key(signed.headers().get("kid"))
        if key is None:
            raise TokenRefusedError("a key that the issuer does not show")
        return key

    def _check_claims(self, claims: Mapping[str, Any], audience: str) -> None:
        jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer.address},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        ).validate(dict(claims))
