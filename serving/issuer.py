"""The identity provider: where its endpoints are, and with which keys it signs."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from threading import Event, Lock, Thread
from typing import Any

import httpx2
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from pydantic_core import from_json

from serving.asking import NoAnswerError, ask
from serving.errors import IssuerGoneError
from serving.settings import is_safe_address

log = structlog.get_logger("kantelpunt")

# how long a log-on waits for endpoints, and a request for a key: that holds one of few threads
PAGE_SECONDS, KEY_SECONDS = 5.0, 1.0
FRESH_SECONDS = 3600.0
# whoever logs on is not sent to an issuer that was not heard of for longer
ALIVE_SECONDS = 60.0
# keys that could not be renewed count this long: an issuer that is down stops nobody for a day
STALE_SECONDS = 24 * 3600.0
# after a failure, and after a key that nobody knew, the issuer is left in peace this long
PAUSE_SECONDS = 10.0
# by how much the clock of the issuer may differ from ours
LEEWAY_SECONDS = 60
WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Endpoints:
    """Where the identity provider does what."""

    authorization: str
    token: str
    jwks: str
    end_session: str | None
    takes_basic: bool
    names_itself: bool

    @classmethod
    def of(cls, found: Mapping[str, Any], issuer: str) -> "Endpoints":
        """Return the endpoints of a discovery document; raises IssuerGoneError."""
        if found.get("issuer") != issuer:
            raise IssuerGoneError("discovery: expected the issuer of KANTELPUNT_OIDC_ISSUER")
        methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        end_session = found.get("end_session_endpoint")
        return cls(
            authorization=_read_address(found, "authorization_endpoint"),
            token=_read_address(found, "token_endpoint"),
            jwks=_read_address(found, "jwks_uri"),
            end_session=end_session if is_safe_address(str(end_session)) else None,
            takes_basic="client_secret_basic" in methods,
            names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        )


def _read_address(found: Mapping[str, Any], name: str) -> str:
    address = found.get(name)
    if not isinstance(address, str) or not is_safe_address(address):
        raise IssuerGoneError(f"discovery: expected an https address as {name}")
    return address


@dataclass(frozen=True)
class _UnderWay:
    """A fetch that began at a moment and tells when it ended."""

    began: float
    ended: Event


class Issuer:
    """Knows the endpoints and keys of one identity provider, and renews them in time.

    A thread aside asks, one at a time: whoever needs the answer waits for it, but not for long.
    """

    def __init__(
        self,
        address: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is fetched before it is needed. `wall` is what tokens are held to."""
        self.address = address
        self._clock, self._wall = clock, wall
        self._lock = Lock()
        self._under_way: _UnderWay | None = None
        self._endpoints: Endpoints | None = None
        self._keys: tuple[tuple[str | None, Key], ...] = ()
        self._fetched_at = self._failed_at = self._asked_at = float("-inf")

    def get_endpoints(self) -> Endpoints:
        """Return the endpoints; raises IssuerGoneError where it does not answer now."""
        is_due = partial(self._is_due, ALIVE_SECONDS)
        if is_due():
            self._fetch_aside(PAGE_SECONDS, begins=is_due)
        if self._endpoints is None or self._clock() - self._fetched_at >= ALIVE_SECONDS:
            raise IssuerGoneError("the identity provider does not answer")
        return self._endpoints

    def find_end_session(self) -> str | None:
        """Return where one logs off at the identity provider, as far as that is known already."""
        return self._endpoints.end_session if self._endpoints else None

    def find_key(self, kid: str | None) -> Key | None:
        """Return the key of this id, or the only key where a token names none.

        For an id that is not known the keys are fetched anew, but not more often than each
        PAUSE_SECONDS: anybody can make up an id. Raises IssuerGoneError where no keys are known.
        """
        is_due = partial(self._is_due, FRESH_SECONDS)
        if is_due():
            # with keys in hand only who comes first waits
            self._fetch_aside(KEY_SECONDS, begins=is_due, joins=not self._keys)
        found = self._pick(kid) or self._ask_for(kid)
        if not self._keys or self._clock() - self._fetched_at > STALE_SECONDS:
            raise IssuerGoneError("the keys of the identity provider are not known")
        untold = self._under_way is not None or self._failed_at > self._fetched_at
        if found is None and kid is not None and untold:
            raise IssuerGoneError("the identity provider does not tell whether it has this key")
        return found

    def _pick(self, kid: str | None) -> Key | None:
        if kid is None:
            return self._keys[0][1] if len(self._keys) == 1 else None
        return next((key for known, key in self._keys if known == kid), None)

    def _ask_for(self, kid: str | None) -> Key | None:
        if kid is None:
            return None
        self._fetch_aside(KEY_SECONDS, begins=partial(self._may_ask_for, kid))
        return self._pick(kid)

    def _may_ask_for(self, kid: str) -> bool:
        """Whether an id is worth a fetch; who comes second may find what the first brought."""
        now = self._clock()
        is_due = now - max(self._asked_at, self._failed_at) >= PAUSE_SECONDS
        if not is_due or self._pick(kid) is not None:
            return False
        self._asked_at = now
        return True

    def _is_due(self, most_age: float) -> bool:
        now = self._clock()
        return now - self._fetched_at >= most_age and now - self._failed_at >= PAUSE_SECONDS

    def _fetch_aside(
        self, seconds: float, *, begins: Callable[[], bool], joins: bool = True
    ) -> None:
        """Wait until a fetch ended, but no longer than some seconds after it began.

        Whether one `begins` is asked where nobody else can begin one: who comes second would find
        none to wait for, or begin another.
        """
        with self._lock:
            one, is_ours = self._under_way, False
            if one is None and begins():
                one = self._under_way = _UnderWay(time.monotonic(), Event())
                is_ours = True
                Thread(target=self._fetch_all, args=(one,), name="issuer", daemon=True).start()
        if one is not None and (joins or is_ours):
            one.ended.wait(max(0.0, one.began + seconds - time.monotonic()))

    def _fetch_all(self, one: _UnderWay) -> None:
        try:
            found = self._fetch(self.address.rstrip("/") + WELL_KNOWN)
            endpoints = Endpoints.of(found, self.address)
            self._keys = read_keys(self._fetch(endpoints.jwks))
            self._endpoints, self._fetched_at = endpoints, self._clock()
        except IssuerGoneError as error:
            self._fail(str(error))
        except Exception as error:
            # or it would be asked without a pause; the text of the error may hold anything
            self._fail(f"something that cannot be used ({type(error).__name__})")
        finally:
            self._under_way = None
            one.ended.set()

    def _fail(self, why: str) -> None:
        self._failed_at = self._clock()
        log.warning("issuer", why=why)

    def _fetch(self, address: str) -> Mapping[str, Any]:
        """Return a JSON object; raises IssuerGoneError."""
        found, date = self._send("GET", address)[1:]
        self._compare_clocks(date)
        return found

    def _compare_clocks(self, date: str) -> None:
        """Say so where the issuer has another time: its tokens are refused then."""
        with suppress(ValueError, OverflowError):
            if abs(parsedate_to_datetime(date).timestamp() - self._wall()) > LEEWAY_SECONDS:
                log.warning("issuer", why=f"its clock and ours differ by over {LEEWAY_SECONDS} s")

    def post(
        self, address: str, form: Mapping[str, str], auth: tuple[str, str] | None
    ) -> Mapping[str, Any] | None:
        """Return the answer to a form, or None where it was refused; raises IssuerGoneError."""
        status, found, _ = self._send("POST", address, data=dict(form), auth=auth)
        return found if status == httpx2.codes.OK else None

    def _send(self, method: str, address: str, **sent: Any) -> tuple[int, Mapping[str, Any], str]:
        try:
            answer = ask(method, address, **sent)
        except NoAnswerError as error:
            raise IssuerGoneError(f"the identity provider does not answer ({error})") from None
        refused = method == "POST" and 400 <= answer.status < 500
        if answer.status != httpx2.codes.OK and not refused:
            raise IssuerGoneError(f"the identity provider answered with {answer.status}")
        return answer.status, {} if refused else _read_object(answer.body), answer.date


def _read_object(body: bytes) -> Mapping[str, Any]:
    try:
        found = from_json(body)
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise IssuerGoneError("the identity provider sent something that cannot be read")
    return found


def read_keys(found: Mapping[str, Any]) -> tuple[tuple[str | None, Key], ...]:
    """Return the keys that can check a signature; raises IssuerGoneError where there are none.

    A shared secret among them is left out: whoever can check with it could sign with it.
    """
    listed = found.get("keys")
    keys = []
    for entry in listed if isinstance(listed, list) else []:
        is_public = isinstance(entry, dict) and entry.get("kty") in ("RSA", "EC", "OKP")
        if not is_public or entry.get("use", "sig") != "sig":
            continue
        try:
            keys.append((entry.get("kid"), JWKRegistry.import_key(entry)))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    if not keys:
        raise IssuerGoneError("the identity provider shows no key that can be used")
    return tuple(keys)
